"""The memory store: users, sessions, raw turns, memories, history, provenance and words, in one SQLite file."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

from runtime_py.errors import ConfigError
from runtime_py.store.file import Embedder, StoreFile, Vectors
from runtime_py.store.rows import (
    HISTORY,
    MEMORIES,
    TURNS,
    HistoryRow,
    StoredMemory,
    Turn,
    first_row,
    normalise,
    searchable,
    to_memory,
    to_turn,
)

State = Literal["stored", "empty", "failed"]


class Store(StoreFile):
    """What is remembered. Every change is one transaction, or part of the one around it."""

    # Exchanges and turns

    def exchange_state(self, user_id: str, key: str) -> State | None:
        """How far the exchange called `key` has come; None: never seen."""
        sql = "SELECT state FROM exchanges JOIN users ON users.id = user_id WHERE name = ? AND key = ?"
        found = self.rows(sql, user_id, key)
        state: State | None = found[0]["state"] if found else None
        return state

    def put_exchange(
        self,
        user_id: str,
        key: str,
        session: str,
        moment: datetime | date | None,
        messages: Sequence[tuple[str, str, str]],
        state: State,
        reason: str | None = None,
        vectors: Vectors | None = None,
    ) -> list[int]:
        """The turn ids of an exchange of (role, speaker, text), stored once however often it is put; sets its state."""
        with self.writing():
            self._run("INSERT OR IGNORE INTO users (name) VALUES (?)", user_id)
            user = self._user(user_id)
            day = moment.isoformat() if moment else None
            self._run("INSERT OR IGNORE INTO sessions (user_id, name, date) VALUES (?, ?, ?)", user, session, day)
            session_row = self.rows("SELECT id FROM sessions WHERE user_id = ? AND name = ?", user, session)[0]["id"]
            self._run(
                "INSERT INTO exchanges (user_id, session_id, key, state, reason, created_at) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (user_id, key) DO UPDATE SET state = excluded.state, reason = excluded.reason",
                *(user, session_row, key, state, reason, self._now()),
            )
            exchange = self.rows("SELECT id FROM exchanges WHERE user_id = ? AND key = ?", user, key)[0]["id"]
            known = self.rows("SELECT id FROM turns WHERE exchange_id = ? ORDER BY place", exchange)
            turns = [int(row["id"]) for row in known]
            for place, message in enumerate(messages if not known else ()):
                sql = "INSERT INTO turns (exchange_id, place, role, speaker, text) VALUES (?, ?, ?, ?, ?)"
                turns.append(self._run(sql, exchange, place, *message))
                said = searchable(*message[1:])
                self._run("INSERT INTO turn_words (rowid, text) VALUES (?, ?)", first_row(user) + turns[-1], said)
                self._run("INSERT OR IGNORE INTO speakers (user_id, name) VALUES (?, ?)", user, message[1])
            for turn, vector in zip(turns, vectors if vectors is not None else (), strict=vectors is not None):
                self._put_vector("turn_embeddings", turn, vector)
        return turns

    def turns(self, user_id: str) -> list[Turn]:
        """Every raw turn of the user in the order it was said."""
        return [to_turn(row) for row in self.rows(f"{TURNS} WHERE users.name = ? ORDER BY turns.id", user_id)]

    def turn(self, turn_id: int) -> Turn | None:
        """The raw turn with this id."""
        found = self.rows(f"{TURNS} WHERE turns.id = ?", turn_id)
        return to_turn(found[0]) if found else None

    def turns_by_id(self, ids: Sequence[int]) -> list[Turn]:
        """The raw turns with these ids, in their order; an id without a turn is left out."""
        found = {row[0]: to_turn(row) for row in self.rows_by_id(f"{TURNS} WHERE turns.id", ids)}
        return [found[row] for row in ids if row in found]

    def speakers(self, user_id: str) -> list[str]:
        """Everyone who said a turn of the user's, by name."""
        sql = "SELECT speakers.name FROM speakers JOIN users ON users.id = user_id WHERE users.name = ? ORDER BY 1"
        return [str(row[0]) for row in self.rows(sql, user_id)]

    # Memories

    def memories(self, user_id: str) -> list[StoredMemory]:
        """Live memories of the user, oldest first."""
        return [to_memory(row) for row in self.rows(f"{MEMORIES} AND users.name = ? ORDER BY memories.id", user_id)]

    def memory(self, memory_id: int) -> StoredMemory | None:
        """The live memory with this id; None when there is none or it was deleted."""
        found = self.rows(f"{MEMORIES} AND memories.id = ?", memory_id)
        return to_memory(found[0]) if found else None

    def memories_by_id(self, ids: Sequence[int]) -> list[StoredMemory]:
        """The live memories with these ids, in their order; an id without one is left out."""
        found = {row[0]: to_memory(row) for row in self.rows_by_id(f"{MEMORIES} AND memories.id", ids)}
        return [found[row] for row in ids if row in found]

    def find_memory(self, user_id: str, text: str) -> StoredMemory | None:
        """The user's live memory with the same normalised text."""
        found = self.rows(f"{MEMORIES} AND users.name = ? AND normal_text = ?", user_id, normalise(text))
        return to_memory(found[0]) if found else None

    def add_memory(self, user_id: str, text: str, day: date | None, vector: Vectors, turns: Sequence[int] = ()) -> int:
        """A new memory, its vector `[D]`, its history and the turns it came from; its id."""
        with self.writing():
            self._run("INSERT OR IGNORE INTO users (name) VALUES (?)", user_id)
            user, said, now = self._user(user_id), day.isoformat() if day else None, self._now()
            memory = self._run(
                "INSERT INTO memories (user_id, text, normal_text, said_on, created_at, updated_at) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                *(user, text, normalise(text), said, now, now),
            )
            self._put_words(user, memory, text, vector)
            self._put_history(memory, None, text, "ADD")
            self._put_provenance(memory, turns)
        return memory

    def update_memory(
        self, memory_id: int, text: str, day: date | None, vector: Vectors, turns: Sequence[int] = ()
    ) -> None:
        """Other words for a live memory; raises `ConfigError` when there is none with this id."""
        with self.writing():
            old = self._live(memory_id)
            self._run(
                "UPDATE memories SET text = ?, normal_text = ?, said_on = coalesce(?, said_on), updated_at = ? "
                "WHERE id = ?",
                *(text, normalise(text), day.isoformat() if day else None, self._now(), memory_id),
            )
            user = self._user(old.user_id)
            self._drop_words(user, memory_id)
            self._put_words(user, memory_id, text, vector)
            self._put_history(memory_id, old.text, text, "UPDATE")
            self._put_provenance(memory_id, turns)

    def delete_memory(self, memory_id: int, turns: Sequence[int] = ()) -> None:
        """Forget a live memory; its history stays. Raises `ConfigError` when there is none with this id."""
        with self.writing():
            old = self._live(memory_id)
            self._run("UPDATE memories SET deleted = 1, updated_at = ? WHERE id = ?", self._now(), memory_id)
            self._drop_words(self._user(old.user_id), memory_id)
            self._put_history(memory_id, old.text, None, "DELETE")
            self._put_provenance(memory_id, turns)

    def history(self, memory_id: int) -> list[HistoryRow]:
        """Every change of a memory, oldest first, also of a deleted one."""
        return [HistoryRow(*row) for row in self.rows(f"{HISTORY} WHERE memory_id = ? ORDER BY id", memory_id)]

    def provenance(self, memory_id: int) -> list[Turn]:
        """The raw turns a memory came from, in the order they were said."""
        sql = f"{TURNS} JOIN provenance ON turn_id = turns.id WHERE memory_id = ? ORDER BY turns.id"
        return [to_turn(row) for row in self.rows(sql, memory_id)]

    # Inside a transaction

    def _user(self, name: str) -> int:
        return int(self.rows("SELECT id FROM users WHERE name = ?", name)[0]["id"])

    def _live(self, memory_id: int) -> StoredMemory:
        memory = self.memory(memory_id)
        if memory is None:
            raise ConfigError(
                f"no memory {memory_id}: expected the id of a live memory, got none; see `memlora search`"
            )
        return memory

    def _put_words(self, user: int, memory: int, text: str, vector: Vectors) -> None:
        self._run("INSERT INTO memory_words (rowid, text) VALUES (?, ?)", first_row(user) + memory, text)
        self._put_vector("embeddings", memory, vector)

    def _drop_words(self, user: int, memory: int) -> None:
        self._run("DELETE FROM memory_words WHERE rowid = ?", first_row(user) + memory)
        self._drop_vector(memory)

    def _put_history(self, memory: int, old: str | None, new: str | None, event: str) -> None:
        sql = "INSERT INTO history (memory_id, old_memory, new_memory, event, created_at) VALUES (?, ?, ?, ?, ?)"
        self._run(sql, memory, old, new, event, self._now())

    def _put_provenance(self, memory: int, turns: Sequence[int]) -> None:
        for turn in turns:
            self._run("INSERT OR IGNORE INTO provenance (memory_id, turn_id) VALUES (?, ?)", memory, turn)


__all__ = ["Embedder", "State", "Store", "Vectors"]
