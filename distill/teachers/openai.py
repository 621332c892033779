"""Any endpoint that speaks the OpenAI chat API as the teacher: hosted, vLLM, llama.cpp, Ollama."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from distill.teachers.asking import Asker
from distill.teachers.cache import AnswerCache
from distill.teachers.endpoint import EndpointConfig
from distill.teachers.pace import Pace
from distill.teachers.teacher import Advance, prompt_for
from runtime_py.files import Example
from runtime_py.operations import AnyOperation


class OpenAITeacher:
    """Bounded concurrency, retries with exponential backoff and full jitter, every answer cached at once.

    A row that the model refuses or has no words for gets an empty text, and is dropped like any other empty one.
    """

    def __init__(self, config: EndpointConfig, cache: Path) -> None:
        self._config = config
        self._cache = AnswerCache(cache)

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
        return asyncio.run(self._ask_all(list(ids), requests, advance))

    def _request(self, prompt: str) -> dict[str, Any]:
        return {"url": self._config.completions_url, **self._config.request(prompt)}

    async def _ask_all(self, ids: list[str], requests: list[dict[str, Any]], advance: Advance | None) -> list[str]:
        texts: list[str] = [""] * len(requests)
        left = iter(range(len(requests)))
        key = self._config.read_key()
        async with Asker.client(self._config, key) as client:
            asker = Asker(self._config, key, client, Pace())

            async def work() -> None:
                for i in left:  # shared: each worker takes the next one
                    text = self._cache.get(requests[i])
                    if text is None:
                        text = await asker.ask(ids[i], requests[i])
                        self._cache.put(requests[i], text)
                    texts[i] = text
                    if advance:
                        advance()

            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(min(self._config.concurrency, len(requests))):
                        group.create_task(work())
            except BaseExceptionGroup as errors:
                raise first_error(errors) from None
        return texts


def first_error(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error that is no group: the others are of the same kind, or come from it."""
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
