"""Any endpoint that speaks the OpenAI chat API: hosted, vLLM, llama.cpp, Ollama."""

import asyncio
import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

from distill.teachers.cache import AnswerCache
from distill.teachers.teacher import Advance, TeacherError, prompt_for
from runtime_py.errors import ConfigError
from runtime_py.files import Example
from runtime_py.operations import Operation

TRANSIENT = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})


@dataclass(frozen=True)
class EndpointConfig:
    """`url` ends before `/chat/completions`; times in seconds; `api_key_env` names the variable with the key."""

    url: str
    model: str
    api_key_env: str = "OPENAI_API_KEY"
    concurrency: int = 8
    attempts: int = 6
    timeout_s: float = 120.0
    backoff_s: float = 1.0
    longest_backoff_s: float = 60.0
    max_tokens: int = 2048
    temperature: float = 0.0

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise ConfigError(f"teacher url: expected http:// or https://, got {self.url!r}")
        if min(self.concurrency, self.attempts, self.max_tokens) < 1:
            raise ConfigError("teacher: expected concurrency, attempts and max_tokens of at least 1")


class _RetryError(Exception):
    """An answer worth asking for again; `wait_s` when the server said how long to wait."""

    def __init__(self, why: str, wait_s: float | None = None) -> None:
        super().__init__(why)
        self.wait_s = wait_s


class OpenAITeacher:
    """Bounded concurrency, retries with exponential backoff and full jitter, every answer cached at once."""

    def __init__(self, config: EndpointConfig, cache: Path) -> None:
        self._config = config
        self._cache = AnswerCache(cache)
        self._jitter = random.Random()

    @property
    def description(self) -> Mapping[str, Any]:
        kept = ("url", "model", "max_tokens", "temperature")
        return {"teacher": "openai", **{key: asdict(self._config)[key] for key in kept}}

    def label(self, operation: Operation, examples: Sequence[Example], advance: Advance | None = None) -> list[str]:
        """Texts for `examples`. Raises `TeacherError` after the last attempt; what is done stays in the cache."""
        requests = [self._request(prompt_for(operation, example)) for example in examples]
        return asyncio.run(self._ask_all([example.id for example in examples], requests, advance))

    def _request(self, prompt: str) -> dict[str, Any]:
        return {
            "url": self._config.url.rstrip("/") + "/chat/completions",
            "model": self._config.model,
            "messages": [{"role": "user", "content": prompt}],
            "temperature": self._config.temperature,
            "max_tokens": self._config.max_tokens,
        }

    async def _ask_all(self, ids: list[str], requests: list[dict[str, Any]], advance: Advance | None) -> list[str]:
        texts: list[str] = [""] * len(requests)
        left = iter(range(len(requests)))
        key = os.environ.get(self._config.api_key_env)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with httpx.AsyncClient(headers=headers, timeout=self._config.timeout_s) as client:

            async def work() -> None:
                for i in left:  # shared: each worker takes the next one
                    text = self._cache.get(requests[i])
                    if text is None:
                        text = await self._ask(client, ids[i], requests[i])
                        self._cache.put(requests[i], text)
                    texts[i] = text
                    if advance:
                        advance()

            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(min(self._config.concurrency, len(requests))):
                        group.create_task(work())
            except* TeacherError as errors:
                raise errors.exceptions[0] from None
        return texts

    async def _ask(self, client: httpx.AsyncClient, row: str, request: dict[str, Any]) -> str:
        for attempt in range(self._config.attempts):
            try:
                return await self._ask_once(client, request)
            except (_RetryError, httpx.TransportError) as e:
                why, cause = str(e) or type(e).__name__, e
                if attempt + 1 < self._config.attempts:
                    await asyncio.sleep(self._wait_s(attempt, getattr(e, "wait_s", None)))
        raise TeacherError(
            f"teacher {self._config.model} at {self._config.url}: expected an answer for row {row} within "
            f"{self._config.attempts} attempts of {self._config.timeout_s:g} s, got {why}; "
            "answers so far are kept, run again to go on"
        ) from cause

    def _wait_s(self, attempt: int, told_s: float | None) -> float:
        longest = self._config.longest_backoff_s
        if told_s is not None:
            return min(told_s, longest)
        return self._jitter.uniform(0, min(longest, self._config.backoff_s * 2.0**attempt))

    async def _ask_once(self, client: httpx.AsyncClient, request: dict[str, Any]) -> str:
        body = {key: value for key, value in request.items() if key != "url"}
        answer = await client.post(request["url"], json=body)
        if answer.status_code in TRANSIENT:
            raise _RetryError(f"HTTP {answer.status_code}", _told_wait_s(answer))
        if answer.status_code != 200:
            raise TeacherError(self._refusal(answer))
        try:
            text = answer.json()["choices"][0]["message"]["content"]
        except (ValueError, KeyError, IndexError, TypeError) as e:
            raise _RetryError(f"something else than a chat completion ({answer.text[:80]!r})") from e
        if not isinstance(text, str):
            raise _RetryError("a message without text")
        return text

    def _refusal(self, answer: httpx.Response) -> str:
        advice = {
            401: f"set a valid key in ${self._config.api_key_env}",
            403: f"use a key in ${self._config.api_key_env} that may use this model",
            404: "check the URL (it ends before /chat/completions) and the model's name",
        }.get(answer.status_code, "see the server's words")
        return (
            f"teacher {self._config.model} at {self._config.url}: expected HTTP 200, got {answer.status_code} "
            f"{' '.join(answer.text.split())[:200]}; {advice}"
        )


def _told_wait_s(answer: httpx.Response) -> float | None:
    value = answer.headers.get("retry-after", "")
    return float(value) if value.isdecimal() else None
