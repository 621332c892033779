"""What is read from a store: turns, memories and history, and the SELECTs that give them."""

import sqlite3
from dataclasses import dataclass
from datetime import date
from typing import Literal

Kind = Literal["memory", "turn"]


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
    """A live memory; `day` is the session in which it was last said."""

    id: int
    user_id: str
    text: str
    day: date | None
    created_at: str
    updated_at: str


@dataclass(frozen=True)
class HistoryRow:
    """One change of a memory, in Mem0's shape."""

    id: int
    memory_id: int
    old_memory: str | None
    new_memory: str | None
    event: str
    created_at: str


def normalise(text: str) -> str:
    """What makes two memories the same: letter case, spaces and a final stop do not count."""
    return " ".join(text.casefold().split()).rstrip(" .!")


def first_row(user: int) -> int:
    """What is added to an id in the tables of words: a user's rows stand together, so a search reads no one else's."""
    return user << 32


def searchable(speaker: str, text: str) -> str:
    """What of a turn is embedded and indexed: questions name the person, who seldom says the own name."""
    return f"{speaker}: {text}" if speaker else text


MEMORIES = (
    "SELECT memories.id, users.name, text, said_on, created_at, updated_at "
    "FROM memories JOIN users ON users.id = user_id WHERE deleted = 0"
)
TURNS = (
    "SELECT turns.id, role, speaker, text, sessions.date FROM turns JOIN exchanges ON exchanges.id = exchange_id "
    "JOIN sessions ON sessions.id = session_id JOIN users ON users.id = exchanges.user_id"
)
HISTORY = "SELECT id, memory_id, old_memory, new_memory, event, created_at FROM history"


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def to_memory(row: sqlite3.Row) -> StoredMemory:
    """From a row of `MEMORIES`."""
    return StoredMemory(row[0], row[1], row[2], _day(row[3]), row[4], row[5])


def to_turn(row: sqlite3.Row) -> Turn:
    """From a row of `TURNS`."""
    return Turn(row[0], row[1], row[2], row[3], _day(row[4]))
