"""Erasing: rows go, and with them their bytes in every file of the store."""

from collections.abc import Sequence
from dataclasses import dataclass

from runtime_py.errors import ContractError, StoreError
from runtime_py.store.memories import MemoryTables
from runtime_py.store.opening import explained
from runtime_py.store.rows import first_row

_PENDING = "erase.pending"
IDS = "IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True)
class Forgotten:
    """Ids of what is gone, and of the turns that stay because another live memory came from their exchange.

    A photo goes with the last exchange that it came with.
    """

    memories: tuple[int, ...]
    turns: tuple[int, ...]
    kept_turns: tuple[int, ...] = ()
    photos: tuple[int, ...] = ()


class ErasingTables(MemoryTables):
    """A store file whose rows can go, and with them their bytes."""

    def erase(self) -> None:
        """Write every file of the store anew, without what was deleted; raises `StoreError` while others read it."""
        with self._turn(), explained(self.path):
            self._connection.execute("VACUUM")
            if self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                raise StoreError(
                    f"forgotten, but bytes of it still lie in {self.path}-wal: expected no other reader, got one that "
                    "does not end; end it and open the store again"
                )
            self._connection.execute("DELETE FROM header WHERE key = ?", (_PENDING,))

    def finish_erasing(self) -> None:
        """What `erase` could not do while others read, or before it was killed; without waiting for anyone."""
        if _PENDING not in self.header():
            return
        try:
            self._connection.execute("PRAGMA busy_timeout = 0")
            self.erase()
        except StoreError:
            return  # still read by others: the header goes on saying so
        finally:
            self._connection.execute(f"PRAGMA busy_timeout = {int(self._timeout_s * 1000)}")

    def _refuse_inside_a_block(self) -> None:
        if self._connection.in_transaction:
            raise ContractError("cannot forget inside a block: expected no transaction, got one; forget after it")

    # Inside a transaction

    def _drop_unused(self, user: int) -> tuple[int, ...]:
        """Sessions without an exchange, speakers without a turn, photos without an exchange; the ids of these."""
        self._run(
            "DELETE FROM sessions WHERE user_id = ? AND NOT EXISTS "
            "(SELECT 1 FROM exchanges WHERE session_id = sessions.id)",
            user,
        )
        self._run(
            "DELETE FROM speakers WHERE user_id = ? AND NOT EXISTS (SELECT 1 FROM turns JOIN exchanges "
            "ON exchanges.id = exchange_id WHERE user_id = speakers.user_id AND speaker = speakers.name)",
            user,
        )
        unused = "SELECT id FROM photos WHERE user_id = ? AND id NOT IN (SELECT photo_id FROM exchange_photos)"
        photos = self._ids(unused, user)
        self._run(f"DELETE FROM photo_embeddings WHERE photo_id {IDS}", self._list(photos))
        self._run(f"DELETE FROM photos WHERE id {IDS}", self._list(photos))
        return tuple(photos)

    def _drop_user(self, user: int) -> Forgotten:
        memories = self._ids("SELECT id FROM memories WHERE user_id = ?", user)
        exchanges = self._ids("SELECT id FROM exchanges WHERE user_id = ?", user)
        self._drop_memories(user, memories)
        turns = self._drop_exchanges(user, exchanges)
        photos = self._drop_unused(user)
        for table in ("sessions", "speakers", "memory_sketches", "turn_sketches"):
            self._run(f"DELETE FROM {table} WHERE user_id = ?", user)
        self._run("DELETE FROM users WHERE id = ?", user)
        return Forgotten(tuple(memories), tuple(turns), photos=photos)

    def _drop_memories(self, user: int, memories: Sequence[int]) -> None:
        named = self._list(memories)
        for memory in memories:
            self._hide_vector(memory)
            for is_past in (False, True):
                self._drop_words(user, memory, is_past)
        for table in ("history", "embeddings", "provenance"):
            self._run(f"DELETE FROM {table} WHERE memory_id {IDS}", named)
        self._run(f"UPDATE memories SET superseded_by = NULL WHERE superseded_by {IDS}", named)
        self._run(f"DELETE FROM memories WHERE id {IDS}", named)

    def _drop_exchanges(self, user: int, exchanges: Sequence[int]) -> list[int]:
        """The turns of the exchanges go too; their ids. Photos stay until `_drop_unused`."""
        turns = self._ids(f"SELECT id FROM turns WHERE exchange_id {IDS}", self._list(exchanges))
        for turn in turns:
            self._hide_vector(turn, "turn_embeddings")
            self._run("DELETE FROM turn_words WHERE rowid = ?", first_row(user) + turn)
        for table in ("turn_embeddings", "provenance"):
            self._run(f"DELETE FROM {table} WHERE turn_id {IDS}", self._list(turns))
        self._run(f"DELETE FROM turns WHERE id {IDS}", self._list(turns))
        self._run(f"DELETE FROM exchange_photos WHERE exchange_id {IDS}", self._list(exchanges))
        self._run(f"DELETE FROM exchanges WHERE id {IDS}", self._list(exchanges))
        return turns

    def _drop_dead_words(self) -> None:
        """FTS5 keeps words of deleted rows until it merges: the index is made anew from the rows that are left."""
        for table in ("memory_words", "turn_words"):
            self._run(f"INSERT INTO {table} ({table}) VALUES ('rebuild')")
        self._run("INSERT OR REPLACE INTO header (key, value) VALUES (?, '1')", _PENDING)

    def _ids(self, sql: str, *values: object) -> list[int]:
        return sorted(int(row[0]) for row in self.rows(sql, *values))

    def _list(self, ids: Sequence[int]) -> str:
        return str(list(ids))
