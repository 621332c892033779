"""One question to an endpoint and its answer: attempts, waiting as told, parameters that it does not take, refusals."""

import asyncio
import json
import random
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from distill.teachers.endpoint import HIDDEN, TRANSIENT, Answer, EndpointConfig, RetryError, post
from distill.teachers.pace import Pace, tokens_in
from distill.teachers.teacher import TeacherError

NO_ANSWER = frozenset({"content_filter", "context_length_exceeded"})
"""Codes of refusals that are about one row: it has no text."""
ABOUT_ONE_ROW = frozenset({400, 413, 422})
LONGEST_TOLD_S = 3600.0
_INSTEAD = {"max_tokens": "max_completion_tokens", "temperature": None}
"""What is sent instead of a parameter that a model does not take."""


class UnansweredError(TeacherError):
    """One row without an answer after the last attempt; others may have one."""


class RefusedError(TeacherError):
    """One row that the server will not read."""


class Asker:
    """Asks one endpoint with one key; `requests` and tokens count what it was asked for.

    `pace` holds this asker's requests back; a server that says when to come again holds all of them back.
    """

    def __init__(self, config: EndpointConfig, key: str | None, client: httpx.AsyncClient, pace: Pace) -> None:
        self._config, self._key, self._client, self._pace = config, key, client, pace
        self._jitter = random.Random()
        self._not_taken: set[str] = set()
        self.requests = self.prompt_tokens = self.answer_tokens = 0

    @staticmethod
    def client(config: EndpointConfig, key: str | None) -> httpx.AsyncClient:
        """A client whose header carries the key."""
        headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {key}"} if key else {})
        most = httpx.Limits(max_connections=None, max_keepalive_connections=config.concurrency)
        return httpx.AsyncClient(headers=headers, timeout=config.timeout_s, limits=most)

    async def ask(self, row: str, request: Mapping[str, Any], name: str = "") -> str:
        """The text for `request`, empty where the model has none.

        `name` says which request this is, over and over: a server that knows the header `Idempotency-Key` gives the
        answer that it made for a process that died, instead of another one. Some also keep what went wrong under it, so
        the name changes where the server itself has ended an attempt.

        Raises:
            UnansweredError: no answer within the attempts.
            RefusedError: the server refuses this request.
            TeacherError: it refuses every one (the key, the model, the address).
        """
        cause: RetryError | None = None
        ended = 0
        for attempt in range(self._config.attempts):
            try:
                headers = {"Idempotency-Key": f"{name}-{ended}"} if name else None
                return self.hide(await self._ask_once(request, headers))
            except RetryError as e:
                cause = e
                ended += e.was_answered
                if e.wait_s is not None:
                    self._pace.pause(min(e.wait_s, LONGEST_TOLD_S))
                elif attempt + 1 < self._config.attempts:
                    await asyncio.sleep(self._backoff_s(attempt))
        raise UnansweredError(
            f"teacher {self._config.model} at {self._config.url}: expected an answer for row {row} within "
            f"{self._config.attempts} attempts of {self._config.timeout_s:g} s, got {self.hide(str(cause))}; "
            "answers so far are kept, run again to go on"
        ) from None

    def hide(self, text: str) -> str:
        """`text` without the key: servers write it back."""
        return text.replace(self._key, HIDDEN) if self._key else text

    def _backoff_s(self, attempt: int) -> float:
        return self._jitter.uniform(0, min(self._config.longest_backoff_s, self._config.backoff_s * 2.0**attempt))

    async def _ask_once(self, request: Mapping[str, Any], headers: Mapping[str, str] | None) -> str:
        prompt = sum(tokens_in(message["content"]) for message in request["messages"])
        while True:
            body = self._body(request)
            await self._pace.wait(prompt)
            self.requests += 1
            answer = await post(self._client, self._config.completions_url, body, self._config.timeout_s, headers)
            if answer.status in TRANSIENT:
                raise RetryError(f"HTTP {answer.status}", told_wait_s(answer), was_answered=True)
            if answer.status == 200:
                text = _text_of(answer)
                self._count(answer, prompt, tokens_in(text))
                return text
            error = _error_of(answer)
            if answer.status == 400 and error.get("code") in NO_ANSWER:
                return ""
            named = next((name for name in _INSTEAD if name in body and _names(error, name)), None)
            if answer.status != 400 or named is None:
                raise (RefusedError if answer.status in ABOUT_ONE_ROW else TeacherError)(self._refusal(answer))
            self._not_taken.add(named)  # at most one round for each

    def _count(self, answer: Answer, prompt: int, text: int) -> None:
        """By the server's own counts where it tells them."""
        usage = json.loads(answer.body).get("usage")
        told = usage if isinstance(usage, dict) else {}
        prompt_tokens, answer_tokens = told.get("prompt_tokens"), told.get("completion_tokens")
        self.prompt_tokens += prompt_tokens if isinstance(prompt_tokens, int) else prompt
        spent = answer_tokens if isinstance(answer_tokens, int) else text
        self.answer_tokens += spent
        self._pace.spend(spent)

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
            f"{self.hide(answer.words)}; {advice}"
        )


def told_wait_s(answer: Answer) -> float | None:
    """Seconds that `Retry-After` asks for, as a number or as a date; None where it says neither."""
    value = answer.headers.get("retry-after", "")
    if value.isdecimal() and len(value) < 10:
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _text_of(answer: Answer) -> str:
    """The answer's text; empty where the model has none (it refused, or thought until its tokens were used up)."""
    try:
        content = json.loads(answer.body)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as e:
        raise RetryError(f"something else than a chat completion ({answer.words[:80]!r})", was_answered=True) from e
    if content is None:
        return ""
    if not isinstance(content, str):
        raise RetryError("a message without text", was_answered=True)
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
