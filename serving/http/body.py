"""Bodies: read within limits, then looked at field by field."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, TypeVar

from serving.http.errors import RequestError, wrong
from serving.http.settings import Settings

T = TypeVar("T")
Body = Mapping[str, Any]


async def read_body(request: Any, settings: Settings) -> Body:
    """The JSON object of a request. Raises `RequestError` for one that is too long, too slow, or something else."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":  # what a form of another page can send without asking is not read
        raise RequestError(415, "wrong content: expected application/json, got another type; set Content-Type")
    announced = request.headers.get("content-length", "0")
    if not announced.isdigit() or int(announced[:20]) > settings.most_bytes:
        raise _too_long(settings)
    try:
        data = await asyncio.wait_for(_collect(request, settings), settings.body_s)
    except TimeoutError:
        raise RequestError(
            408, f"the body is slow: expected all of it within {settings.body_s:g} s, got a part; send it again"
        ) from None
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        raise RequestError(400, "wrong body: expected JSON in UTF-8, got something else; correct it") from None
    if not isinstance(body, dict):
        raise wrong("body", "a JSON object", body)
    return body


async def _collect(request: Any, settings: Settings) -> bytes:
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > settings.most_bytes:
            raise _too_long(settings)
    return bytes(data)


def _too_long(settings: Settings) -> RequestError:
    return RequestError(413, f"the body is too long: expected at most {settings.most_bytes} bytes, got more; split it")


def field(body: Body, name: str, kind: type[T], default: T) -> T:
    """`body[name]`, `default` where it is missing or null. Raises `RequestError` for another kind."""
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise wrong(name, f"{kind.__name__}", value)
    return value


def number(body: Body, name: str, default: float) -> float:
    """`body[name]` as a number, whole or not; `default` where it is missing or null. Raises `RequestError`."""
    value = body.get(name, default)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong(name, "a number", value)
    return value


def count(given: object, name: str, default: int) -> int:
    """A whole number from 1, also as a query's text. Raises `RequestError`."""
    if given is None or given == "":
        return default
    text = str(given)
    if isinstance(given, bool) or not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):
        raise RequestError(400, f"wrong {name}: expected a whole number from 1, got something else; correct it")
    return int(text)
