"""The messages of a chat request, read once."""

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runtime_py.memory import whole_text
from serving.http.errors import RequestError, wrong

ROLES = ("system", "developer", "user", "assistant")


@dataclass(frozen=True)
class Said:
    """One message: who said it, under which name, its text, and the files of pictures that came with it."""

    role: str
    name: str
    text: str
    images: tuple[bytes, ...] = ()


def read_chat(given: object) -> list[Said]:
    """Messages whose last one is the user's. Raises `RequestError`."""
    if not isinstance(given, list) or not given:
        raise wrong("messages", "a list of messages", given)
    said = [_read(message) for message in given]
    if said[-1].role != "user" or not said[-1].text.strip():
        raise RequestError(400, "nothing to answer: expected the last message to be a user's text, got another")
    if any(message.images for message in said if message.role != "user"):
        raise RequestError(400, "wrong message: expected pictures of the user alone, got another's; leave them out")
    return said


def _read(message: Any) -> Said:
    if not isinstance(message, dict):
        raise wrong("message", "an object", message)
    role, name = message.get("role"), message.get("name") or ""
    if role not in ROLES or not isinstance(name, str):
        raise RequestError(400, f"wrong message: expected a role of {', '.join(ROLES)}, got another; mend it")
    text, images = _split(message.get("content"))
    return Said(role, whole_text(name).strip(), whole_text(join_parts(text)), tuple(map(_picture, images)))


def _split(content: object) -> tuple[object, list[Any]]:
    """The content without its pictures, and these."""
    if not isinstance(content, list):
        return content, []
    is_picture = [isinstance(part, dict) and part.get("type") == "image_url" for part in content]
    both = list(zip(content, is_picture, strict=True))
    return [part for part, is_one in both if not is_one], [part for part, is_one in both if is_one]


def _picture(part: Any) -> bytes:
    """The file in a part `{"image_url": {"url": "data:image/png;base64,.."}}`. Nothing is fetched from elsewhere."""
    held = part.get("image_url")
    url = held.get("url") if isinstance(held, dict) else None
    head, _, data = url.partition(",") if isinstance(url, str) else ("", "", "")
    if not head.startswith("data:") or not head.endswith(";base64"):
        raise RequestError(
            400,
            "wrong image_url: expected a data: URL in base64, got another; send the picture itself, none is fetched",
        )
    try:
        return b64decode(data, validate=True)
    except ValueError:
        raise RequestError(400, "wrong image_url: expected base64, got something else; send it again") from None


def join_parts(content: object) -> str:
    """The text of a message's content, which may stand in parts. Raises `RequestError` for parts of another kind."""
    if content is None or isinstance(content, str):
        return content or ""
    parts: Sequence[Any] = content if isinstance(content, list) else [content]
    texts = [part.get("text") if isinstance(part, dict) and part.get("type") == "text" else None for part in parts]
    if not all(isinstance(text, str) for text in texts):
        raise RequestError(400, "wrong content: expected text, got a part of another kind; send text alone")
    return "\n".join(str(text) for text in texts)
