"""Memories in the store: live ones, past ones that something newer ended, their history and the turns they came from.

Every method names its user; an id of another user's memory is as unknown as one that was never given out.
"""

from collections.abc import Sequence
from datetime import date

from runtime_py.errors import ConfigError, ContractError
from runtime_py.store.file import Vectors, is_id
from runtime_py.store.forms import compose, normalise, words_form
from runtime_py.store.rows import (
    HISTORY,
    MEMORIES,
    NO_LABELS,
    REWORDED,
    TAKEN_FROM,
    TURNS_BEHIND,
    HistoryRow,
    Labels,
    Source,
    StoredMemory,
    Turn,
    first_row,
    to_memory,
    to_turn,
)
from runtime_py.store.turns import TurnTables

_STATES = {False: "state = 'live'", True: "state IN ('live', 'past')"}
_HOLDS = (
    "state IN ('live', 'past') AND (state = 'live' OR valid_to IS NOT NULL) "
    "AND coalesce(valid_from, '') <= ? AND coalesce(valid_to, '~') > ?"
)


class MemoryTables(TurnTables):
    """A store file and what is remembered. Texts are kept in normal form C."""

    # Reading

    def memories(self, user_id: str, at: date | None = None, include_past: bool = False) -> list[StoredMemory]:
        """The user's live memories, oldest first; with `include_past` also those that something newer ended.

        With `at`, those that held on that day, live or past: `valid_from <= at < valid_to`, where an unknown beginning
        is long ago and the open end of a live memory lies ahead. A past memory whose end is unknown held on no day
        that can be told, so it is not among them.
        """
        states, values = (_HOLDS, (at.isoformat()[:10],) * 2) if at else (_STATES[include_past], ())
        sql = f"{MEMORIES} WHERE users.name = ? AND {states} ORDER BY memories.id"
        return [to_memory(row) for row in self.rows(sql, user_id, *values)]

    def memory(self, user_id: str, memory_id: int, include_past: bool = False) -> StoredMemory | None:
        """The user's live (or past) memory with this id."""
        found = self.memories_by_id(user_id, [memory_id], include_past)
        return found[0] if found else None

    def memories_by_id(self, user_id: str, ids: Sequence[int], include_past: bool = False) -> list[StoredMemory]:
        """The user's live (or past) memories with these ids, in their order; an id without one is left out."""
        sql = f"{MEMORIES} WHERE users.name = ? AND {_STATES[include_past]} AND memories.id"
        found = {row[0]: to_memory(row) for row in self.rows_by_id(sql, ids, user_id)}
        return [found[row] for row in ids if row in found]

    def find_memory(self, user_id: str, text: str) -> StoredMemory | None:
        """The user's live memory with the same normalised text."""
        sql = f"{MEMORIES} WHERE users.name = ? AND state = 'live' AND normal_text = ?"
        found = self.rows(sql, user_id, normalise(text))
        return to_memory(found[0]) if found else None

    def history(self, user_id: str, memory_id: int) -> list[HistoryRow]:
        """Every change of the user's memory and of those that it superseded, oldest first; empty for an unknown id.

        Also of a past one: `memory_id` of a row says which it is of.
        """
        sql = f"{HISTORY} WHERE users.name = ? AND memory_id"
        rows = self.rows_by_id(sql, self._chain(memory_id) if is_id(memory_id) else [], user_id)
        return sorted((HistoryRow(*row) for row in rows), key=lambda row: row.id)

    def provenance(self, user_id: str, memory_id: int) -> list[Turn]:
        """The raw turns that the user's memory came from or was changed by, in the order they were said."""
        return self.turns_behind(user_id, [memory_id]).get(memory_id, [])

    def turns_behind(self, user_id: str, ids: Sequence[int]) -> dict[int, list[Turn]]:
        """By a memory's id its turns, as `provenance`, in one query; ids without turns of the user's are left out."""
        # + keeps the user's name from leading: from the memories to their turns, not through all turns of the user
        sql = f"{TURNS_BEHIND} WHERE +users.name = ? AND memory_id"
        found: dict[int, list[Turn]] = {}
        for row in sorted(self.rows_by_id(sql, ids, user_id), key=lambda row: row[0]):
            found.setdefault(row["memory_id"], []).append(to_turn(row))
        return found

    def taken_from(self, user_id: str, turns: Sequence[int]) -> dict[int, list[StoredMemory]]:
        """By a turn's id the user's memories, live and past, that were taken from its exchange.

        Those that it only changed or ended are left out, and turns without any.
        """
        found: dict[int, list[StoredMemory]] = {}
        for row in self.rows_by_id(f"{TAKEN_FROM} AND +users.name = ? AND turn_id", turns, user_id):
            found.setdefault(row[0], []).append(to_memory(row[1:]))
        return found

    def words_before(self, user_id: str, ids: Sequence[int]) -> dict[int, list[str]]:
        """By a memory's id what the user's memory said before it got other words; those that never did are left out."""
        sql = f"{HISTORY} WHERE {REWORDED} AND +users.name = ? AND memory_id"
        found: dict[int, list[str]] = {}
        for change in sorted((HistoryRow(*row) for row in self.rows_by_id(sql, ids, user_id)), key=lambda row: row.id):
            found.setdefault(change.memory_id, []).append(change.old_memory or "")
        return found

    # Changing

    def add_memory(
        self,
        user_id: str,
        text: str,
        day: date | None,
        vector: Vectors,
        turns: Sequence[int] = (),
        source: Source | None = None,
        valid_from: date | None = None,
        valid_to: date | None = None,
        labels: Labels = NO_LABELS,
    ) -> int:
        """A new live memory, its vector `[D]`, its history and the turns it came from; its id.

        `day` is the day it was said, `source` who said it (None: unknown), `valid_from` the first day on which it
        holds (`day` where it is not told) and `valid_to` the first one on which it holds no more (None: open).
        `labels` is what the application keeps beside it. Raises `ContractError` for values that a store does not take.
        """
        text = compose(text)
        begins = valid_from or day
        if begins and valid_to and valid_to.isoformat()[:10] < begins.isoformat()[:10]:
            raise ContractError(f"wrong validity: expected an end after {begins}, got {valid_to}")
        if problem := labels.problem():
            raise ContractError(f"wrong labels: {problem}")
        with self.writing():
            user, now = self._put_user(user_id), self._now()
            memory = self._run(
                "INSERT INTO memories (user_id, text, normal_text, said_on, created_at, updated_at, valid_from, "
                "valid_to, source, agent_id, run_id, metadata) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                *(user, text, normalise(text), _iso(day), now, now, _iso(begins), _iso(valid_to), source),
                *(labels.agent_id, labels.run_id, labels.metadata_text()),
            )
            self._put_words(user, memory, text)
            self._put_vector("embeddings", memory, vector)
            self._put_history(memory, None, text, "ADD", now)
            self._put_provenance(memory, turns)
        return memory

    def update_memory(
        self,
        user_id: str,
        memory_id: int,
        text: str,
        day: date | None,
        vector: Vectors,
        turns: Sequence[int] = (),
        source: Source | None = None,
    ) -> None:
        """Other words for the same fact in a live memory, said on `day`; the old ones stay in its history alone.

        `source` is whose word it is from now on (None: whose it was). Raises `ConfigError` when the user has no live
        memory with this id. For a newer fact see `supersede`.
        """
        text = compose(text)
        with self.writing():
            user, old = self._owned(user_id, memory_id, "live")
            now = self._now()
            self._run(
                "UPDATE memories SET text = ?, normal_text = ?, said_on = coalesce(?, said_on), updated_at = ?, "
                "source = coalesce(?, source) WHERE id = ?",
                *(text, normalise(text), _iso(day), now, source, memory_id),
            )
            self._drop_words(user, memory_id)
            self._put_words(user, memory_id, text)
            self._put_vector("embeddings", memory_id, vector)
            self._put_history(memory_id, old.text, text, "UPDATE", now)
            self._put_provenance(memory_id, turns)

    def attribute(self, user_id: str, memory_id: int, source: Source) -> None:
        """A live memory is the word of `source` from now on, who said the same; its text, days and turns stay.

        Its history tells it as an UPDATE to the same text. Raises `ConfigError` as `update_memory`.
        """
        with self.writing():
            _, old = self._owned(user_id, memory_id, "live")
            now = self._now()
            self._run("UPDATE memories SET source = ?, updated_at = ? WHERE id = ?", source, now, memory_id)
            self._put_history(memory_id, old.text, old.text, "UPDATE", now)

    def supersede(
        self, user_id: str, memory_id: int, by: int | None, day: date | None, turns: Sequence[int] = ()
    ) -> None:
        """A live memory becomes a past one: from `day` on (None: unknown) it holds no more, because of memory `by`.

        `by` is the user's live or past memory that holds instead, or None when it was only taken back ("no longer").
        `turns` are what said so. The past memory keeps id, text, vector, history and turns; it is listed, read and
        searched only on request (`include_past`, `at`, `kind="past"`), and the same text may live again beside it.
        Raises `ConfigError` when the user has no such memories, `ContractError` for a day before its first one.
        """
        with self.writing():
            user, old = self._owned(user_id, memory_id, "live")
            if by is not None:
                self._owned(user_id, by, "live", "past")
            if by == memory_id or (day and old.valid_from and day.isoformat()[:10] < old.valid_from.isoformat()):
                raise ContractError(
                    f"cannot end memory {memory_id}: expected another memory and a day not before {old.valid_from}, "
                    f"got memory {by} and {day}"
                )
            now = self._now()
            self._run(
                "UPDATE memories SET state = 'past', valid_to = coalesce(?, valid_to), superseded_by = ?, "
                "updated_at = ? WHERE id = ?",
                *(_iso(day), by, now, memory_id),
            )
            self._drop_words(user, memory_id)
            self._put_words(user, memory_id, old.text, is_past=True)
            self._hide_vector(memory_id)
            self._put_history(memory_id, old.text, None, "SUPERSEDE", now)
            self._put_provenance(memory_id, turns)

    def _chain(self, memory_id: int) -> list[int]:
        """The memory's id and those of all that it superseded, over any number of steps; a circle ends."""
        sql = (
            "WITH RECURSIVE chain (id) AS (SELECT ? UNION SELECT memories.id FROM memories JOIN chain "
            "ON superseded_by = chain.id) SELECT id FROM chain"
        )
        return [int(row[0]) for row in self.rows(sql, memory_id)]

    # Inside a transaction

    def _owned(self, user_id: str, memory_id: int, *states: str) -> tuple[int, StoredMemory]:
        """The user's row and memory; raises `ConfigError` when the user has none with this id in one of `states`."""
        user, memory = self.user_row(user_id), self.memory(user_id, memory_id, include_past=True)
        if user is None or memory is None or memory.state not in states:
            kind = " or ".join(states)
            raise ConfigError(
                f"no memory {memory_id}: expected the id of a {kind} memory of {user_id}, got none; "
                "see `memlora search`"
            )
        return user, memory

    def _put_words(self, user: int, memory: int, text: str, is_past: bool = False) -> None:
        row = first_row(user, is_past) + memory
        self._run("INSERT INTO memory_words (rowid, text) VALUES (?, ?)", row, words_form(text))

    def _drop_words(self, user: int, memory: int, is_past: bool = False) -> None:
        self._run("DELETE FROM memory_words WHERE rowid = ?", first_row(user, is_past) + memory)

    def _put_history(self, memory: int, old: str | None, new: str | None, event: str, now: str) -> None:
        sql = (
            "INSERT INTO history (memory_id, old_memory, new_memory, event, created_at, source) "
            "SELECT id, ?, ?, ?, ?, source FROM memories WHERE id = ?"
        )
        self._run(sql, old, new, event, now, memory)

    def _put_provenance(self, memory: int, turns: Sequence[int]) -> None:
        for turn in turns:
            self._run("INSERT OR IGNORE INTO provenance (memory_id, turn_id) VALUES (?, ?)", memory, turn)


def _iso(day: date | None) -> str | None:
    return day.isoformat()[:10] if day else None
