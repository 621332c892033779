"""What is read from a store: turns, memories and history, and the SELECTs that give them."""

import json
import math
import sqlite3
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from runtime_py.errors import StoreError

Kind = Literal["memory", "past", "turn"]
"""What is searched: live memories, past ones, raw turns."""
Source = Literal["user", "assistant", "other", "imported"]
"""Who said a fact: the user, the assistant, someone else in the conversation, or a text from elsewhere."""
Value = str | int | float | bool
ID_BYTES, METADATA_BYTES = 256, 4096
"""The most bytes of an agent's or a run's id, and of a memory's metadata as JSON in UTF-8."""


@dataclass(frozen=True)
class Labels:
    """What an application keeps beside a memory: an agent, a run, and values by name."""

    agent_id: str | None = None
    run_id: str | None = None
    metadata: tuple[tuple[str, Value], ...] = ()

    def problem(self) -> str | None:
        """What a store does not take, as `expected .., got ..`; None where all is well."""
        for name, text in (("agent_id", self.agent_id), ("run_id", self.run_id)):
            if text is not None and not (isinstance(text, str) and 0 < _bytes(text) <= ID_BYTES):
                return f"expected {name} as a text of 1 to {ID_BYTES} bytes, got {text!r:.40}"
        for key, value in self.metadata:
            if not isinstance(key, str) or not _is_value(value):
                return f"expected metadata of names with texts, numbers or booleans, got {key!r:.40}: {value!r:.40}"
        size = _bytes(self.metadata_text() or "")
        if size > METADATA_BYTES:
            return f"expected metadata of at most {METADATA_BYTES} bytes as JSON in UTF-8, got {size}"
        return None

    def metadata_text(self) -> str | None:
        """The JSON object that is stored, None for no metadata."""
        given = dict(self.metadata)
        return json.dumps(given, ensure_ascii=False, separators=(",", ":")) if given else None


NO_LABELS = Labels()


@dataclass(frozen=True)
class Turn:
    """A raw turn as it was said; `day` is its session's."""

    id: int
    role: str
    speaker: str
    text: str
    day: date | None


@dataclass(frozen=True)
class StoredMemory:
    """A memory. `day` is the session in which it was last said, `source` who said it (None: unknown, from old stores).

    It holds on the days from `valid_from` (None: unknown) up to but not on `valid_to` (None: open, or unknown for a
    past one). A past memory ended because of memory `superseded_by`, or was taken back (None).
    """

    id: int
    user_id: str
    text: str
    day: date | None
    created_at: str
    updated_at: str
    state: Literal["live", "past"] = "live"
    valid_from: date | None = None
    valid_to: date | None = None
    superseded_by: int | None = None
    source: Source | None = None
    labels: Labels = NO_LABELS


@dataclass(frozen=True)
class HistoryRow:
    """One change of a memory, in Mem0's shape; `source` is whose word the memory is from then on (None: unknown).

    An UPDATE to the same text says that somebody more trusted said it too.
    """

    id: int
    memory_id: int
    old_memory: str | None
    new_memory: str | None
    event: str
    created_at: str
    source: Source | None = None


def first_row(user: int, is_past: bool = False) -> int:
    """What is added to an id in the tables of words: a user's rows stand together, so a search reads no one else's.

    Live memories and turns come first, past memories 2^31 rows later.
    """
    return (user << 32) + (is_past << 31)


def last_row(user: int, is_past: bool = False) -> int:
    """The last id that a row of the user can have there."""
    return first_row(user, is_past) + (1 << 31) - 1


def searchable(speaker: str, text: str) -> str:
    """What of a turn is embedded and indexed: questions name the person, who seldom says the own name."""
    return f"{speaker}: {text}" if speaker else text


_MEMORY = (
    "memories.id, users.name, memories.text, said_on, created_at, updated_at, state, valid_from, valid_to, "
    "superseded_by, source, agent_id, run_id, metadata"
)
MEMORIES = f"SELECT {_MEMORY} FROM memories JOIN users ON users.id = user_id"
_SAID = (
    "FROM turns JOIN exchanges ON exchanges.id = exchange_id JOIN sessions ON sessions.id = session_id "
    "JOIN users ON users.id = exchanges.user_id"
)
_TURN = "turns.id, role, speaker, text, sessions.date"
TURNS = f"SELECT {_TURN} {_SAID}"
TURNS_BEHIND = f"SELECT {_TURN}, memory_id {_SAID} JOIN provenance ON turn_id = turns.id"
TURNS_WITH = (
    f"SELECT {_TURN}, photo_id {_SAID} JOIN (SELECT exchange_id AS came_with, photo_id FROM exchange_photos) "
    "ON came_with = exchanges.id"
)
TAKEN_FROM = (
    f"SELECT turn_id, {_MEMORY} FROM provenance JOIN turns ON turns.id = turn_id "
    "JOIN memories ON memories.id = memory_id JOIN users ON users.id = user_id WHERE exchange_id = (SELECT "
    "min(exchange_id) FROM provenance AS own JOIN turns ON turns.id = own.turn_id WHERE own.memory_id = memories.id)"
)
"""Memories by the turns of the exchange that they were taken from, not of one that changed them later."""
HISTORY = (
    "SELECT history.id, memory_id, old_memory, new_memory, event, history.created_at, history.source FROM history "
    "JOIN memories ON memories.id = memory_id JOIN users ON users.id = user_id"
)
REWORDED = "event = 'UPDATE' AND old_memory IS NOT new_memory"


def _day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text[:10])
        if day.isoformat() != text[:10]:
            raise ValueError("another form of ISO 8601")
        return day
    except ValueError as e:
        raise StoreError(
            f"the store is damaged: expected a day like 2023-05-08, got {text!r}; run `memlora store check`",
            "invalid values",
        ) from e


def to_memory(row: sqlite3.Row | tuple[Any, ...]) -> StoredMemory:
    """From a row of `MEMORIES`."""
    memory, user, text, said, created, updated, state, begins, ends, by, source, agent, run, metadata = row
    days, labels = (_day(begins), _day(ends)), Labels(agent, run, _metadata(metadata))
    return StoredMemory(memory, user, text, _day(said), created, updated, state, *days, by, source, labels)


def read_metadata(text: str) -> tuple[tuple[str, Value], ...]:
    """From a stored JSON object; raises `ValueError` for what is none, and for a name that stands twice."""
    pairs = json.loads(text, object_pairs_hook=tuple)
    if not isinstance(pairs, tuple) or len(dict(pairs)) < len(pairs):
        raise ValueError("no object of names")
    return pairs


def _metadata(text: str | None) -> tuple[tuple[str, Value], ...]:
    try:
        return read_metadata(text) if text is not None else ()
    except (ValueError, RecursionError) as e:
        raise StoreError(
            f"the store is damaged: expected metadata as a JSON object, got {text!r:.40}; run `memlora store check`",
            "invalid values",
        ) from e


def _is_value(value: object) -> bool:
    """Whether every language can hold it: numbers are finite, whole ones have 64 bits."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, str | bool) or (isinstance(value, int) and -(2**63) <= value < 2**63)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def to_turn(row: sqlite3.Row) -> Turn:
    """From a row of `TURNS`, `TURNS_BEHIND` or `TURNS_WITH`."""
    return Turn(row[0], row[1], row[2], row[3], _day(row[4]))
