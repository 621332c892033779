"""The store's file: one SQLite connection, transactions, the embedder in its header, and the vectors it made."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from runtime_py.errors import ContractError, StoreError
from runtime_py.store.rows import searchable
from runtime_py.store.schema import explained, open_connection
from runtime_py.store.sketches import sketch_of

Vectors = NDArray[np.float32]

# Beside each vector its sketch, numbered anew at every change: who knows the last number reads only what is newer.
_SKETCH = {
    "embeddings": "INSERT OR REPLACE INTO memory_sketches (row_id, user_id, sketch) "
    "SELECT id, user_id, ? FROM memories WHERE id = ?",
    "turn_embeddings": "INSERT OR REPLACE INTO turn_sketches (row_id, user_id, sketch) "
    "SELECT turns.id, user_id, ? FROM turns JOIN exchanges ON exchanges.id = exchange_id WHERE turns.id = ?",
}


class Embedder(Protocol):
    """Sentences to unit vectors; `id` names the model and its weights."""

    @property
    def id(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """float32 `[N, D]`, each row of length 1."""
        ...


class StoreFile:
    """One connection to one store file. Changes run inside `writing()`; those of one block stand or fall together.

    `clock` gives the time stamps. Raises `StoreError` for a file that is no store of this embedder.
    """

    def __init__(
        self,
        path: Path,
        embedder: Embedder | None,
        timeout_s: float = 30.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.path = Path(path)
        self._clock = clock
        self._connection = open_connection(self.path, timeout_s)
        self._is_writing = False
        self.rollbacks = 0
        """How often changes were taken back: what was read before the last time may never have been."""
        if embedder is not None:
            try:
                self._claim(embedder)
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; the store cannot be used afterwards."""
        self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction that holds the write lock from its first line; inside another one, a part of that."""
        if self._is_writing:
            yield
            return
        with explained(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            self._is_writing = True
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # a full disk has already rolled back
                    self._connection.execute("ROLLBACK")
                self.rollbacks += 1
                raise
            finally:
                self._is_writing = False

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Every SELECT inside sees the same state of the store, whatever others write meanwhile."""
        if self._connection.in_transaction:
            yield
            return
        with explained(self.path):
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._connection.execute("COMMIT")

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """The rows of one SELECT."""
        with explained(self.path):
            cursor = self._connection.execute(sql, values)
            cursor.row_factory = sqlite3.Row
            return cursor.fetchall()

    def rows_by_id(self, sql: str, ids: Sequence[int]) -> list[sqlite3.Row]:
        """The rows of a SELECT that ends in the name of an id column, for any number of `ids`, in no order."""
        return self.rows(f"{sql} IN (SELECT value FROM json_each(?))", json.dumps(list(ids)))

    # Header

    def header(self) -> dict[str, str]:
        """What the store says of itself: `embedder.id`, `embedder.dimension`."""
        return {row["key"]: row["value"] for row in self.rows("SELECT key, value FROM header")}

    def _claim(self, embedder: Embedder) -> None:
        wanted = {"embedder.id": embedder.id, "embedder.dimension": str(embedder.dimension)}
        found = self.header()
        if not found:
            with self.writing():
                for key, value in wanted.items():
                    self._run("INSERT OR IGNORE INTO header (key, value) VALUES (?, ?)", key, value)
            found = self.header()
        if found != wanted:
            raise StoreError(
                f"the vectors in {self.path} are another embedder's: expected {_shown(wanted)}, got {_shown(found)}; "
                f"run `memlora reindex BUNDLE --store {self.path}`"
            )

    def reindex(self, embedder: Embedder, batch: int = 32, progress: Callable[[int, int], None] | None = None) -> int:
        """Every vector again with `embedder`, and its name in the header, in one transaction; the number of vectors.

        `progress` is called with (done, all).
        """
        with self.writing():
            memories = self.rows("SELECT id, text FROM memories WHERE deleted = 0 ORDER BY id")
            turns = self.rows("SELECT id, speaker, text FROM turns ORDER BY id")
            work = [("embeddings", row["id"], row["text"]) for row in memories]
            work += [("turn_embeddings", row["id"], searchable(row["speaker"], row["text"])) for row in turns]
            self._run("DELETE FROM embeddings")
            self._run("DELETE FROM turn_embeddings")
            for key, value in {"embedder.id": embedder.id, "embedder.dimension": str(embedder.dimension)}.items():
                self._run("INSERT OR REPLACE INTO header (key, value) VALUES (?, ?)", key, value)
            for start in range(0, len(work), batch):
                part = work[start : start + batch]
                for (table, owner, _), vector in zip(part, embedder.embed([w[2] for w in part]), strict=True):
                    self._put_vector(table, owner, vector)
                if progress:
                    progress(start + len(part), len(work))
        return len(work)

    # Inside a transaction

    def _run(self, sql: str, *values: object) -> int:
        return int(self._connection.execute(sql, values).lastrowid or 0)

    def _now(self) -> str:
        return self._clock().isoformat()

    def _put_vector(self, table: str, owner: int, vector: Vectors) -> None:
        wanted = int(self.header()["embedder.dimension"])
        if vector.shape != (wanted,) or not np.isfinite(vector).all():
            raise ContractError(f"wrong vector: expected {wanted} finite numbers, got shape {vector.shape}")
        stored = np.asarray(vector, "<f4").tobytes()
        self._run(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", owner, stored)
        self._run(_SKETCH[table], sketch_of(stored), owner)

    def _drop_vector(self, memory: int) -> None:
        self._run("DELETE FROM embeddings WHERE memory_id = ?", memory)
        self._run(_SKETCH["embeddings"], None, memory)


def _shown(header: dict[str, str]) -> str:
    return f"{header.get('embedder.id', 'none')} with {header.get('embedder.dimension', 'no')} numbers"
