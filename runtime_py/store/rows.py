"""What is read from a store: turns, memories and history, and the SELECTs that give them."""

import sqlite3
from dataclasses import dataclass
from datetime import date
from typing import Literal

from runtime_py.errors import StoreError

Kind = Literal["memory", "past", "turn"]
"""What is searched: live memories, past ones, raw turns."""
Source = Literal["user", "assistant", "other", "imported"]
"""Who said a fact: the user, the assistant, someone else in the conversation, or a text from elsewhere."""


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


@dataclass(frozen=True)
class HistoryRow:
    """One change of a memory, in Mem0's shape."""

    id: int
    memory_id: int
    old_memory: str | None
    new_memory: str | None
    event: str
    created_at: str


def first_row(user: int, is_past: bool = False) -> int:
    """What is added to an id in the tables of words: a user's rows stand together, so a search reads no one else's.

    Live memories and turns come first, past memories 2^31 rows later.
    """
    return (user << 32) + (is_past << 31)


def searchable(speaker: str, text: str) -> str:
    """What of a turn is embedded and indexed: questions name the person, who seldom says the own name."""
    return f"{speaker}: {text}" if speaker else text


MEMORIES = (
    "SELECT memories.id, users.name, text, said_on, created_at, updated_at, state, valid_from, valid_to, "
    "superseded_by, source FROM memories JOIN users ON users.id = user_id"
)
TURNS = (
    "SELECT turns.id, role, speaker, text, sessions.date FROM turns JOIN exchanges ON exchanges.id = exchange_id "
    "JOIN sessions ON sessions.id = session_id JOIN users ON users.id = exchanges.user_id"
)
HISTORY = (
    "SELECT history.id, memory_id, old_memory, new_memory, event, history.created_at FROM history "
    "JOIN memories ON memories.id = memory_id JOIN users ON users.id = user_id"
)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError as e:
        raise StoreError(
            f"the store is damaged: expected a day like 2023-05-08, got {text!r}; run `memlora store check`",
            "invalid values",
        ) from e


def to_memory(row: sqlite3.Row) -> StoredMemory:
    """From a row of `MEMORIES`."""
    memory, user, text, said, created, updated, state, begins, ends, by, source = row
    return StoredMemory(memory, user, text, _day(said), created, updated, state, _day(begins), _day(ends), by, source)


def to_turn(row: sqlite3.Row) -> Turn:
    """From a row of `TURNS`."""
    return Turn(row[0], row[1], row[2], row[3], _day(row[4]))
