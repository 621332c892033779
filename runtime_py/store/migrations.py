"""The store's tables, version by version (`tables/versions.json`), and what a migration computes in code."""

import hashlib
import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from runtime_py.store.forms import compose, exchange_key, normalise, sketch_of, words_form

_FILE = Path(__file__).parent / "tables" / "versions.json"


@dataclass(frozen=True)
class Computed:
    """A SELECT whose rows, each column through its function (empty: as it is), are the values of another statement."""

    each: str
    functions: tuple[str, ...]
    run: str


Step = str | Computed
Migrations = tuple[tuple[Step, ...], ...]


def run_step(connection: sqlite3.Connection, step: Step) -> None:
    """One statement, or one for each row. The rows are read while they are written, for there may be many vectors."""
    if isinstance(step, str):
        connection.execute(step)
        return
    functions = [_FUNCTIONS[name] for name in step.functions]
    for row in connection.execute(step.each):
        connection.execute(step.run, [change(value) for change, value in zip(functions, row, strict=True)])


def _read(table: list[dict[str, Any]]) -> Migrations:
    return tuple(tuple(map(_step, version["steps"])) for version in table)


def _step(row: Any) -> Step:
    if isinstance(row, dict):
        return Computed(lines(row["each"]), tuple(row["functions"]), lines(row["run"]))
    return lines(row)


def lines(row: Any) -> str:
    """A statement of a table: one text, or its lines."""
    return row if isinstance(row, str) else "\n".join(row)


def _compose(text: str | None) -> str | None:
    return None if text is None else compose(text)


def _rekeyed(exchange: str) -> str:
    """The key of bytes for an exchange with the key that versions 1 to 3 gave it, a hash of Python's JSON.

    `exchange` is a JSON list: the key; name, moment and number of exchanges of its session; its messages. Its place
    stands in the old key alone, so places as `ingest` gives them are tried; a key that none explains stays.
    """
    key, (name, moment, exchanges), messages = json.loads(exchange)
    days = (moment[:10], None) if moment else (None,)
    for place in ("", *map(str, range(2 * exchanges + 2))):
        for day in days:
            for session_name in (name, ""):
                tried = json.dumps([session_name, day, place, messages]).encode()
                if hashlib.sha256(tried).hexdigest() == key:
                    return exchange_key(session_name, date.fromisoformat(day) if day else None, place, messages)
    return str(key)


_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "": lambda value: value,
    "sketch_of": sketch_of,
    "compose": _compose,
    "normalise": normalise,
    "words_form": words_form,
    "exchange_key": _rekeyed,
}
# `PRAGMA user_version` counts them; a new version is appended, never edited.
MIGRATIONS = _read(json.loads(_FILE.read_text("utf-8")))
FORMAT_VERSION = len(MIGRATIONS)
