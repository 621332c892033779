"""OpenAI's objects for a chat completion, whole and in pieces."""

import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from serving.http.errors import RequestError


@dataclass(frozen=True)
class Completion:
    """The names under which one answer is given."""

    model: str
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    def whole(self, text: str, usage: dict[str, int], facts: dict[str, Any]) -> dict[str, Any]:
        """A `chat.completion`; `memlora` is what the memory says of it."""
        message = {"role": "assistant", "content": text, "refusal": None}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        return self._row("chat.completion", [choice]) | {"usage": usage, "memlora": facts}

    def piece(self, delta: dict[str, str], reason: str | None = None, facts: dict[str, Any] | None = None) -> bytes:
        """An event with a `chat.completion.chunk`."""
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        return event(self._row("chat.completion.chunk", [choice]) | ({"memlora": facts} if facts else {}))

    def usage(self, usage: dict[str, int]) -> bytes:
        """The event that tells the tokens, where they are asked for."""
        return event(self._row("chat.completion.chunk", []) | {"usage": usage})

    def _row(self, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model, "choices": choices}


DONE = b"data: [DONE]\n\n"


def event(row: dict[str, Any]) -> bytes:
    """One server-sent event."""
    return f"data: {json.dumps(row, ensure_ascii=False)}\n\n".encode("utf-8", "replace")


def failure(error: RequestError) -> bytes:
    """The event that ends a stream which failed."""
    return event(error.to_json())


def usage_of(prompt: int, answer: int) -> dict[str, int]:
    """Tokens read and written."""
    return {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}
