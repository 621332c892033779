"""Whose memories, and which of them: Mem0's ids and filters as its clients send them."""

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from runtime_py.memory import Filters, read_labels
from runtime_py.store import Labels
from serving.http.access import Caller
from serving.http.errors import RequestError, wrong

_IDS = ("user_id", "agent_id", "run_id", "app_id")
_IGNORED = ("categories", "keywords")
_PLACES = ("org_id", "project_id")  # of Mem0's own cloud: every request here is of one


@dataclass(frozen=True)
class Scope:
    """A user, and what beside a memory must be so."""

    user: str
    labels: Labels

    @property
    def filters(self) -> Filters:
        """As the memory takes them."""
        return Filters(self.labels)


def read_scope(caller: Caller, given: Mapping[str, Any]) -> Scope:
    """From ids beside the request or under `filters`, which may be joined by `AND`. Raises `RequestError`."""
    found = {name: given.get(name) for name in _IDS if given.get(name) not in (None, "")}
    wanted = dict(_conditions(given.get("filters")))
    metadata = wanted.pop("metadata", None)
    for name in _IGNORED:
        wanted.pop(name, None)
    unknown = sorted(set(wanted) - set(_IDS))
    if unknown:
        raise RequestError(
            400, f"wrong filter: expected {', '.join(_IDS)} or metadata, got {unknown[0]!r:.40}; mend it"
        )
    found |= {name: value for name, value in wanted.items() if value is not None}
    if found.pop("app_id", None) is not None:
        raise RequestError(400, "app_id is not kept: expected user_id, agent_id or run_id, got app_id; use metadata")
    for name, value in found.items():
        if not isinstance(value, str) or value == "*":
            raise RequestError(400, f"wrong {name}: expected one id as a text, got something else; ask for each")
    labels = read_labels(found.get("agent_id"), found.get("run_id"), metadata)
    return Scope(caller.of(found.get("user_id")), labels)


def read_lost(caller: Caller, given: Mapping[str, Any]) -> Scope:
    """As `read_scope`, of what is to be forgotten: a condition that is left out elsewhere is refused here."""
    wanted = [name for name, _ in _conditions(given.get("filters"))]
    unread = sorted({*given} - {*_IDS, *_PLACES, "filters"} | ({*wanted} & {*_IGNORED}))
    if unread:
        raise RequestError(
            400,
            f"wrong condition: expected {', '.join(_IDS[:3])} or filters, got {unread[0]!r:.40}; nothing was forgotten"
            ", name ids, or metadata under filters",
        )
    return read_scope(caller, given)


def _conditions(filters: object) -> list[tuple[str, Any]]:
    """The conditions that all must hold. Raises `RequestError` for others."""
    if filters is None or filters == "":
        return []
    if isinstance(filters, str):  # a client's query holds it as JSON, or as Python writes a dictionary
        filters = _parsed(filters)
    if not isinstance(filters, Mapping):
        raise wrong("filters", "an object", filters)
    rows: list[tuple[str, Any]] = []
    for name, value in filters.items():
        if name == "AND" and isinstance(value, list):
            rows += [row for part in value for row in _conditions(part)]
        elif name in ("AND", "OR", "NOT") or (isinstance(value, Mapping | list) and name != "metadata"):
            raise RequestError(
                400, "wrong filter: expected values that all must hold, got other conditions; ask for each by itself"
            )
        else:
            rows.append((str(name), value))
    return rows


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(text[:4096])
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return text


def read_day(given: object) -> date:
    """The day something was said: seconds since 1970 or an ISO date; today without one. Raises `RequestError`."""
    if given is None:
        return date.today()
    try:
        if isinstance(given, str) and not given.isdigit():
            return date.fromisoformat(given[:10])
        if isinstance(given, bool) or not isinstance(given, int | float | str):
            raise ValueError
        return datetime.fromtimestamp(float(given), UTC).date()
    except (ValueError, OverflowError, OSError):
        raise RequestError(
            400, "wrong timestamp: expected seconds since 1970 or a date, got another; mend it"
        ) from None


def read_id(text: object) -> int:
    """A memory's id. Raises `RequestError` for what can be none: it is not found."""
    digits = str(text)
    if not (digits.isascii() and digits.isdigit() and len(digits) < 11):
        raise not_found()
    return int(digits)


def not_found() -> RequestError:
    """The same for what is not there and for what is another's."""
    return RequestError(404, "no such memory: expected the id of one of the user's, got none; list them")
