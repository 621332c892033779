"""Forgetting: rows, words, vectors, history, the turns behind them, and their bytes in every file of the store."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runtime_py.errors import ConfigError
from runtime_py.store.erasing import IDS, ErasingTables, Forgotten
from runtime_py.store.file import Vectors
from runtime_py.store.forms import compose, normalise
from runtime_py.store.rows import HISTORY, REWORDED, HistoryRow


@dataclass(frozen=True)
class Undone:
    """What the exchange that is taken back said, ids of the memories it had added, and of those that are as before."""

    said: tuple[str, ...]
    forgotten: tuple[int, ...]
    restored: tuple[int, ...]


class ForgettingTables(ErasingTables):
    """A store file whose memories can be forgotten.

    With a memory go its history, vector, sketch, words and provenance, and each exchange that it came from or was
    changed by, if no other live memory came from that exchange: its turns with vectors and words, its key and reason.
    A past memory goes with the last exchange that it came from, and with sentences of it that held on. Names of
    speakers and sessions go with their last turn, a photo with the last exchange that it came with.
    What is left is written anew and the log is emptied, so no file of the store holds a byte of what was forgotten.
    """

    def forget_memories(self, user_id: str, ids: Sequence[int]) -> Forgotten:
        """Forget memories of the user, live or past.

        Raises `ConfigError` for an id that is not the user's, nothing is forgotten then; `StoreError` when another
        reader keeps the old bytes alive: what is forgotten is found by no one any more, and its bytes go when the
        store is next opened without that reader, or with `erase`.
        """
        self._refuse_inside_a_block()
        with self.writing():
            user, wanted = self.user_row(user_id), sorted(set(ids))
            sql = "SELECT id FROM memories WHERE user_id = ? AND id"
            missing = set(wanted) - {row[0] for row in self.rows_by_id(sql, wanted, user)}
            if user is None or missing:
                raise ConfigError(
                    f"no memory {min(missing, default='')}: expected the id of a memory of {user_id}, got none; "
                    "see `memlora search`"
                )
            forgotten = self._forget(user, self._cut_for(wanted))
        self.erase()
        return forgotten

    def forget_session(self, user_id: str, session: str, with_memories: bool = True) -> Forgotten:
        """Forget what was said in a session of the user, and the memories that came of it or were reworded by it.

        A memory of another session that this one only ended stays a past one. Without `with_memories` none goes, and
        the words that one came from or was changed by stay with it: what gave no memory and had no photo is forgotten.
        Raises `ConfigError` for a session that is not the user's, and as above.
        """
        return self.forget_sessions(user_id, [session], with_memories)

    def forget_sessions(self, user_id: str, sessions: Sequence[str], with_memories: bool = True) -> Forgotten:
        """As `forget_session` for several at once, all or none of them; nothing for none."""
        self._refuse_inside_a_block()
        if not sessions:
            return Forgotten((), ())
        with self.writing():
            user, said = self.user_row(user_id), list[int]()
            row = "SELECT id FROM sessions WHERE user_id = ? AND name = ?"
            for session in dict.fromkeys(sessions):
                own = self._ids(f"SELECT id FROM exchanges WHERE session_id = ({row})", user, compose(session))
                if user is None or not own:
                    raise ConfigError(
                        f"no session {session}: expected one in which {user_id} said something, got another; nothing "
                        "was forgotten"
                    )
                said += own
            forgotten = self._forget_said(user or 0, said) if with_memories else self._forget_idle(user or 0, said)
        self.erase()
        return forgotten

    def forget_turns(self, user_id: str, ids: Sequence[int]) -> Forgotten:
        """Forget what was said in the exchanges of these turns, and what came of it, as `forget_session`.

        Raises `ConfigError` for an id that is not of a turn of the user's, nothing is forgotten then.
        """
        self._refuse_inside_a_block()
        with self.writing():
            user, wanted = self.user_row(user_id), sorted(set(ids))
            sql = "SELECT turns.id, exchange_id FROM turns JOIN exchanges ON exchanges.id = exchange_id"
            found = {row[0]: row[1] for row in self.rows_by_id(f"{sql} WHERE user_id = ? AND turns.id", wanted, user)}
            missing = set(wanted) - found.keys()
            if user is None or missing:
                raise ConfigError(
                    f"no turn {min(missing, default='')}: expected the id of one of {user_id}'s, got none; see "
                    "`memlora search --turns`"
                )
            forgotten = self._forget_said(user, sorted(set(found.values())))
        self.erase()
        return forgotten

    def forget_user(self, user_id: str) -> Forgotten:
        """Forget everything of the user, the name too. Raises `ConfigError` for an unknown user, and as above."""
        self._refuse_inside_a_block()
        with self.writing():
            user = self.user_row(user_id)
            if user is None:
                raise ConfigError(f"no user {user_id}: expected one who is stored, got another; nothing was forgotten")
            forgotten = self._drop_user(user)
            self._drop_dead_words()
        self.erase()
        return forgotten

    def forget_everyone(self) -> None:
        """Forget everything of every user; ids are not used again. Raises as above."""
        self._refuse_inside_a_block()
        with self.writing():
            for user in self._ids("SELECT id FROM users"):
                self._drop_user(user)
            self._drop_dead_words()
        self.erase()

    def undo(self, user_id: str, embed: Callable[[Sequence[str]], Vectors]) -> Undone:
        """Take back the user's newest exchange: what it said and added is forgotten, what it changed is as before it.

        Edits by hand that such a memory had since are taken back too. `embed` gives vectors `[N, D]` for texts that
        hold again. Raises `ConfigError` for a user without an exchange, or where a memory that was ended would say
        what another one says now; nothing is changed then. `StoreError` as above.
        """
        self._refuse_inside_a_block()
        with self.writing():
            user = self.user_row(user_id)
            newest = "SELECT id, created_at FROM exchanges WHERE user_id = ? ORDER BY created_at DESC, id DESC LIMIT 1"
            found = self.rows(newest, user)
            if user is None or not found:
                raise ConfigError(f"nothing to undo: expected something that {user_id} said, got nothing")
            undone = self._undo(user_id, user, found[0]["id"], found[0]["created_at"], embed)
        self.erase()
        return undone

    # Inside a transaction

    def _undo(
        self, user_id: str, user: int, exchange: int, since: str, embed: Callable[[Sequence[str]], Vectors]
    ) -> Undone:
        said = tuple(row[0] for row in self.rows("SELECT text FROM turns WHERE exchange_id = ? ORDER BY id", exchange))
        touched = "SELECT DISTINCT memory_id FROM provenance JOIN turns ON turn_id = turns.id WHERE exchange_id = ?"
        said_again = (
            "SELECT DISTINCT memory_id FROM history JOIN memories ON memories.id = memory_id WHERE user_id = ? AND "
            "event = 'UPDATE' AND old_memory = new_memory AND history.created_at >= ?"
        )
        memories = dict.fromkeys([*self._ids(touched, exchange), *self._ids(said_again, user, since)])
        changes = {memory: self._changes(memory, since) for memory in memories}
        added = [memory for memory, (changed, earlier) in changes.items() if not earlier]
        added += [rest for rest in self._rests(list(changes)) if not self._changes(rest, since)[1]]
        self._drop_memories(user, added)
        self._drop_exchanges(user, [exchange])
        restored = [memory for memory, (changed, earlier) in changes.items() if changed and earlier]
        for memory in restored:
            self._take_back(user_id, user, memory, *changes[memory], embed)
        self._drop_unused(user)
        left = [f"SELECT 1 FROM {table} WHERE user_id = ? LIMIT 1" for table in ("exchanges", "memories")]
        if not any(self.rows(sql, user) for sql in left):
            self._drop_user(user)
        self._drop_dead_words()
        return Undone(said, tuple(added), tuple(restored))

    def _rests(self, memories: Sequence[int]) -> list[int]:
        """What holds instead of the past ones of `memories` and is none of them: sentences of theirs that held on."""
        given = self._list(memories)
        return self._ids(f"SELECT superseded_by FROM memories WHERE id {IDS} AND NOT superseded_by {IDS}", given, given)

    def _cut_for(self, memories: Sequence[int]) -> list[int]:
        """`memories` and the past ones whose sentences they are: those hold instead and came from the same exchange."""
        first = "(SELECT min(exchange_id) FROM provenance JOIN turns ON turns.id = turn_id WHERE memory_id = {})"
        return self._ids(
            "WITH RECURSIVE cut (id) AS (SELECT value FROM json_each(?) UNION SELECT memories.id FROM memories "
            f"JOIN cut ON superseded_by = cut.id WHERE {first.format('memories.id')} = {first.format('cut.id')}) "
            "SELECT id FROM cut",
            self._list(memories),
        )

    def _changes(self, memory: int, since: str) -> tuple[list[HistoryRow], list[HistoryRow]]:
        """A memory's history from the moment `since` on, and before it, each oldest first."""
        rows = [HistoryRow(*row) for row in self.rows(f"{HISTORY} WHERE memory_id = ? ORDER BY history.id", memory)]
        place = len(rows)
        while place and rows[place - 1].created_at >= since:
            place -= 1
        return rows[place:], rows[:place]

    def _take_back(
        self,
        user_id: str,
        user: int,
        memory: int,
        changed: Sequence[HistoryRow],
        earlier: Sequence[HistoryRow],
        embed: Callable[[Sequence[str]], Vectors],
    ) -> None:
        """The memory as it was after its `earlier` history."""
        text = next((row.old_memory for row in changed if row.old_memory is not None), "")
        same = self.find_memory(user_id, text)
        if same is not None and same.id != memory:
            raise ConfigError(
                f"cannot undo: expected memory {memory} to say something of its own again, got {same.id}'s words; "
                f"edit or forget {same.id} first"
            )
        day = (
            "SELECT substr(date, 1, 10) FROM sessions JOIN exchanges ON session_id = sessions.id JOIN turns ON "
            "exchange_id = exchanges.id JOIN provenance ON turn_id = turns.id WHERE memory_id = ? AND date IS NOT NULL "
            "ORDER BY turn_id DESC LIMIT 1"
        )
        is_reworded = any(row.event == "UPDATE" and row.old_memory != row.new_memory for row in changed)
        self._run(
            "UPDATE memories SET state = 'live', text = ?, normal_text = ?, valid_to = NULL, superseded_by = NULL, "
            f"said_on = iif(?, coalesce(({day}), valid_from), said_on), updated_at = ?, source = ? WHERE id = ?",
            *(text, normalise(text), is_reworded, memory, earlier[-1].created_at, earlier[-1].source, memory),
        )
        self._run(f"DELETE FROM history WHERE id {IDS}", self._list([row.id for row in changed]))
        for is_past in (False, True):
            self._drop_words(user, memory, is_past)
        self._put_words(user, memory, text)
        if is_reworded:
            self._put_vector("embeddings", memory, embed([text])[0])
        else:
            self._show_vector(memory)

    def _forget_said(self, user: int, exchanges: Sequence[int]) -> Forgotten:
        """The exchanges with what came of them or was reworded by them."""
        own = (
            "SELECT DISTINCT memory_id FROM provenance AS own JOIN turns ON turns.id = turn_id JOIN memories ON "
            f"memories.id = memory_id WHERE exchange_id {IDS} AND (state = 'live' OR exchange_id = (SELECT "
            "min(exchange_id) FROM provenance JOIN turns ON turns.id = turn_id WHERE memory_id = own.memory_id) OR "
            f"EXISTS (SELECT 1 FROM history WHERE memory_id = own.memory_id AND {REWORDED}))"
        )
        return self._forget(user, self._cut_for(self._ids(own, self._list(exchanges))), exchanges)

    def _forget_idle(self, user: int, exchanges: Sequence[int]) -> Forgotten:
        """Those of the exchanges that no memory came from or was changed by, and no photo came with."""
        behind = (
            f"SELECT exchange_id FROM turns JOIN provenance ON turn_id = turns.id WHERE exchange_id {IDS} "
            f"UNION SELECT exchange_id FROM exchange_photos WHERE exchange_id {IDS}"
        )
        kept = self._ids(behind, self._list(exchanges), self._list(exchanges))
        kept_turns = self._ids(f"SELECT id FROM turns WHERE exchange_id {IDS}", self._list(kept))
        turns = self._drop_exchanges(user, [exchange for exchange in exchanges if exchange not in set(kept)])
        self._drop_unused(user)
        self._drop_dead_words()
        return Forgotten((), tuple(turns), tuple(kept_turns))

    def _forget(self, user: int, memories: Sequence[int], exchanges: Sequence[int] = ()) -> Forgotten:
        """Memories with the exchanges behind them, and `exchanges`, where no other live memory came from those."""
        behind = "SELECT DISTINCT exchange_id FROM turns JOIN provenance ON turn_id = turns.id WHERE memory_id " + IDS
        touched = sorted({*exchanges, *self._ids(behind, self._list(memories))})
        needed = (
            "SELECT DISTINCT exchange_id FROM turns JOIN provenance ON turn_id = turns.id JOIN memories ON "
            f"memories.id = memory_id WHERE state = 'live' AND NOT memory_id {IDS} AND exchange_id {IDS}"
        )
        kept = self._ids(needed, self._list(memories), self._list(touched))
        gone = [exchange for exchange in touched if exchange not in set(kept)]
        derived = (
            f"SELECT DISTINCT memory_id FROM provenance JOIN turns ON turns.id = turn_id WHERE exchange_id {IDS} "
            "AND NOT EXISTS (SELECT 1 FROM provenance AS other JOIN turns AS said ON said.id = other.turn_id "
            f"WHERE other.memory_id = provenance.memory_id AND NOT said.exchange_id {IDS})"
        )
        dropped = sorted({*memories, *self._ids(derived, self._list(gone), self._list(gone))})
        kept_turns = self._ids(f"SELECT id FROM turns WHERE exchange_id {IDS}", self._list(kept))
        self._drop_memories(user, dropped)
        turns = self._drop_exchanges(user, gone)
        photos = self._drop_unused(user)
        self._drop_dead_words()
        return Forgotten(tuple(dropped), tuple(turns), tuple(kept_turns), photos)
