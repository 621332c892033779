"""`response_format`: a JSON schema is served where it is that of an operation, whose own grammar then holds."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from threading import Event
from typing import Any

from runtime_py.memory import SharedGenerator, decide_events, find_facts
from runtime_py.operations import UnparsableError, get, names
from runtime_py.operations.extract import Message
from serving.http.body import Body, field
from serving.http.errors import RequestError
from serving.http.openai.messages import Said

Written = Callable[[SharedGenerator, Event], str]
"""The text of an answer, by the experts."""


def asked_operation(body: Body, messages: Sequence[Said], held: Collection[str]) -> Written | None:
    """What answers a request with a `response_format`; None where plain text is asked for.

    `held` are the bundle's operations. Raises `RequestError` for a schema of no operation, and for JSON without one.
    """
    wanted = field(body, "response_format", dict, {"type": "text"})
    if wanted.get("type") == "text":
        return None
    schemas = {name: get(name).schema for name in {*held, *names()} if get(name).schema is not None}
    described = wanted.get("json_schema")
    asked = described.get("schema") if isinstance(described, Mapping) else None
    name = next((name for name, schema in schemas.items() if asked is not None and plain(schema) == plain(asked)), None)
    if name is None or wanted.get("type") != "json_schema":
        raise RequestError(
            400,
            f"unserved response_format: expected text or the json_schema of {', '.join(sorted(schemas))}, got another; "
            "docs/serving.md has these",
        )
    return _written(name, messages)


def plain(schema: Any) -> Any:
    """A schema without what says nothing of the values."""
    if isinstance(schema, Mapping):
        return {key: plain(value) for key, value in schema.items() if key not in ("title", "description", "$schema")}
    return [plain(each) for each in schema] if isinstance(schema, list | tuple) else schema


def _written(name: str, messages: Sequence[Said]) -> Written:
    operation = get(name)
    try:
        row = json.loads(messages[-1].text)
    except ValueError:
        row = None
    if not isinstance(row, dict):
        row = None if name == "update" else _row_of(messages)
    try:
        given = operation.read_input(row or {})
    except (KeyError, TypeError, ValueError, AttributeError):
        raise RequestError(
            400,
            f"wrong input of {name}: expected its row as JSON in the last message, got another; docs/serving.md has it",
        ) from None

    def write(generator: SharedGenerator, _gone: Event) -> str:
        if name in generator.operations:
            try:
                return operation.render_output(generator.run(name, given).value)
            except UnparsableError:
                return operation.render_output(operation.fallback(given))
        if name == "update":
            return operation.render_output(decide_events(generator, given).value)
        return operation.render_output(list(find_facts(generator, given.messages, given.session_date).facts))

    return write


def _row_of(messages: Sequence[Said]) -> dict[str, Any]:
    """The conversation itself as the input of `extract` and `select`, said today."""
    said = [{"role": m.role, "speaker": m.name, "text": m.text} for m in messages if m.role in ("user", "assistant")]
    return {"date": date.today().isoformat(), "messages": said}


def to_messages(lines: Sequence[tuple[str, str]]) -> list[Message]:
    """Roles and texts as an exchange, blank ones left out."""
    return [Message(role, "", text) for role, text in lines if text.strip()]
