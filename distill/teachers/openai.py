"""Any endpoint that speaks the OpenAI chat API as the teacher: hosted, vLLM, llama.cpp, Ollama."""

import asyncio
import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from distill.teachers.cache import AnswerCache
from distill.teachers.endpoint import HIDDEN, TRANSIENT, Answer, EndpointConfig, RetryError, post
from distill.teachers.teacher import Advance, TeacherError, prompt_for
from runtime_py.files import Example
from runtime_py.operations import AnyOperation

NO_ANSWER = frozenset({"content_filter", "context_length_exceeded"})
"""Codes of refusals that are about one row: it has no text."""
_INSTEAD = {"max_tokens": "max_completion_tokens", "temperature": None}
"""What is sent instead of a parameter that a model does not take."""


class OpenAITeacher:
    """Bounded concurrency, retries with exponential backoff and full jitter, every answer cached at once.

    A row that the model refuses or has no words for gets an empty text, and is dropped like any other empty one.
    """

    def __init__(self, config: EndpointConfig, cache: Path) -> None:
        self._config = config
        self._cache = AnswerCache(cache)
        self._jitter = random.Random()
        self._not_taken: set[str] = set()
        self._key: str | None = None

    @property
    def description(self) -> Mapping[str, Any]:
        c = self._config
        return {
            "teacher": "openai",
            "url": c.url,
            "model": c.model,
            "max_tokens": c.max_tokens,
            "temperature": c.temperature,
        }

    def label(self, operation: AnyOperation, examples: Sequence[Example], advance: Advance | None = None) -> list[str]:
        """Texts for `examples`. Raises `TeacherError` after the last attempt; what is done stays in the cache."""
        prompts = [prompt_for(operation, example) for example in examples]
        return self.answer([example.id for example in examples], prompts, advance)

    def answer(self, ids: Sequence[str], prompts: Sequence[str], advance: Advance | None = None) -> list[str]:
        """Texts for `prompts`, whose `ids` errors name. Raises `TeacherError` as `label` does."""
        requests = [self._request(prompt) for prompt in prompts]
        self._key = self._config.read_key()
        return asyncio.run(self._ask_all(list(ids), requests, advance))

    def _request(self, prompt: str) -> dict[str, Any]:
        return {
            "url": self._config.completions_url,
            "model": self._config.model,
            "messages": [{"role": "user", "content": prompt}],
            "temperature": self._config.temperature,
            "max_tokens": self._config.max_tokens,
        }

    async def _ask_all(self, ids: list[str], requests: list[dict[str, Any]], advance: Advance | None) -> list[str]:
        texts: list[str] = [""] * len(requests)
        left = iter(range(len(requests)))
        headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {self._key}"} if self._key else {})
        async with httpx.AsyncClient(headers=headers, timeout=self._config.timeout_s) as client:

            async def work() -> None:
                for i in left:  # shared: each worker takes the next one
                    text = self._cache.get(requests[i])
                    if text is None:
                        text = self._hide(await self._ask(client, ids[i], requests[i]))
                        self._cache.put(requests[i], text)
                    texts[i] = text
                    if advance:
                        advance()

            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(min(self._config.concurrency, len(requests))):
                        group.create_task(work())
            except BaseExceptionGroup as errors:
                raise _first(errors) from None
        return texts

    async def _ask(self, client: httpx.AsyncClient, row: str, request: dict[str, Any]) -> str:
        cause: RetryError | None = None
        for attempt in range(self._config.attempts):
            try:
                return await self._ask_once(client, request)
            except RetryError as e:
                cause = e
                if attempt + 1 < self._config.attempts:
                    await asyncio.sleep(self._wait_s(attempt, e.wait_s))
        raise TeacherError(
            f"teacher {self._config.model} at {self._config.url}: expected an answer for row {row} within "
            f"{self._config.attempts} attempts of {self._config.timeout_s:g} s, got {self._hide(str(cause))}; "
            "answers so far are kept, run again to go on"
        ) from None

    def _wait_s(self, attempt: int, told_s: float | None) -> float:
        longest = self._config.longest_backoff_s
        if told_s is not None:
            return min(told_s, longest)
        return self._jitter.uniform(0, min(longest, self._config.backoff_s * 2.0**attempt))

    async def _ask_once(self, client: httpx.AsyncClient, request: dict[str, Any]) -> str:
        while True:
            body = self._body(request)
            answer = await post(client, request["url"], body, self._config.timeout_s)
            if answer.status in TRANSIENT:
                raise RetryError(f"HTTP {answer.status}", _told_wait_s(answer))
            if answer.status == 200:
                return _text_of(answer)
            error = _error_of(answer)
            if answer.status == 400 and error.get("code") in NO_ANSWER:
                return ""
            named = next((name for name in _INSTEAD if name in body and _names(error, name)), None)
            if answer.status != 400 or named is None:
                raise TeacherError(self._refusal(answer))
            self._not_taken.add(named)  # at most one round for each

    def _body(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The request without the parameters that the model has refused."""
        body = {key: value for key, value in request.items() if key != "url"}
        for name in self._not_taken:
            value, instead = body.pop(name), _INSTEAD[name]
            if instead is not None:
                body[instead] = value
        return body

    def _refusal(self, answer: Answer) -> str:
        advice = {
            401: f"set a valid key in ${self._config.api_key_env}",
            403: f"use a key in ${self._config.api_key_env} that may use this model",
            404: "check the URL (it ends before /chat/completions) and the model's name",
        }.get(answer.status, "see the server's words")
        return (
            f"teacher {self._config.model} at {self._config.url}: expected HTTP 200, got {answer.status} "
            f"{self._hide(answer.words)}; {advice}"
        )

    def _hide(self, text: str) -> str:
        """`text` without the key: servers write it back."""
        return text.replace(self._key, HIDDEN) if self._key else text


def _text_of(answer: Answer) -> str:
    """The answer's text; empty where the model has none (it refused, or thought until its tokens were used up)."""
    try:
        content = json.loads(answer.body)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as e:
        raise RetryError(f"something else than a chat completion ({answer.words[:80]!r})") from e
    if content is None:
        return ""
    if not isinstance(content, str):
        raise RetryError("a message without text")
    return content.encode("utf-8", "replace").decode()  # JSON can write half of a surrogate pair, files cannot


def _error_of(answer: Answer) -> Mapping[str, Any]:
    """The `error` object of a refusal; empty where there is none."""
    try:
        error = json.loads(answer.body)["error"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return error if isinstance(error, dict) else {"message": error}


def _names(error: Mapping[str, Any], parameter: str) -> bool:
    return error.get("param") == parameter or f"'{parameter}'" in str(error.get("message"))


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error that is no group: the others are of the same kind, or come from it."""
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _told_wait_s(answer: Answer) -> float | None:
    value = answer.headers.get("retry-after", "")
    return float(value) if value.isdecimal() and len(value) < 10 else None
