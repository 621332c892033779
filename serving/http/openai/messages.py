"""The messages of a chat request, read once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runtime_py.memory import whole_text
from serving.http.errors import RequestError, wrong

ROLES = ("system", "developer", "user", "assistant")


@dataclass(frozen=True)
class Said:
    """One message: who said it, under which name, and its text."""

    role: str
    name: str
    text: str


def read_chat(given: object) -> list[Said]:
    """Messages whose last one is the user's. Raises `RequestError`."""
    if not isinstance(given, list) or not given:
        raise wrong("messages", "a list of messages", given)
    said = [_read(message) for message in given]
    if said[-1].role != "user" or not said[-1].text.strip():
        raise RequestError(400, "nothing to answer: expected the last message to be a user's text, got another")
    return said


def _read(message: Any) -> Said:
    if not isinstance(message, dict):
        raise wrong("message", "an object", message)
    role, name = message.get("role"), message.get("name") or ""
    if role not in ROLES or not isinstance(name, str):
        raise RequestError(400, f"wrong message: expected a role of {', '.join(ROLES)}, got another; mend it")
    return Said(role, whole_text(name).strip(), whole_text(join_parts(message.get("content"))))


def join_parts(content: object) -> str:
    """The text of a message's content, which may stand in parts. Raises `RequestError` for images and the like."""
    if content is None or isinstance(content, str):
        return content or ""
    parts: Sequence[Any] = content if isinstance(content, list) else [content]
    texts = [part.get("text") if isinstance(part, dict) and part.get("type") == "text" else None for part in parts]
    if not all(isinstance(text, str) for text in texts):
        raise RequestError(400, "wrong content: expected text, got a part of another kind; send text alone")
    return "\n".join(str(text) for text in texts)
