"""The store's file: one SQLite connection for all threads, transactions, and the embedder in its header."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from runtime_py.errors import StoreError
from runtime_py.store.opening import bound_log, explained, open_connection

Vectors = NDArray[np.float32]
_LARGEST_ID = 2**31 - 1


def is_id(row: int) -> bool:
    """Whether a row can have this id; SQLite refuses numbers that are larger still."""
    return 0 < row <= _LARGEST_ID


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

    Any thread may use it: a lock lets one in at a time, for a whole `writing()` or `reading()` block, and the others
    wait as they wait for another process, `timeout_s` at most. `clock` gives the time stamps. Raises `StoreError`
    for a file that is no store of this embedder.
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
        self._timeout_s = timeout_s
        self._lock = RLock()
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
        with self._turn():
            self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction that holds the write lock from its first line; inside another one, a part of that."""
        with self._turn():
            if self._is_writing:
                yield
                return
            with explained(self.path):
                bound_log(self._connection, self.path)
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
        with self._turn():
            if self._connection.in_transaction:
                yield
                return
            with explained(self.path):
                self._connection.execute("BEGIN")
                try:
                    yield
                finally:
                    self._connection.execute("COMMIT")

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """This thread's turn; a block of another thread is waited for as another process is."""
        if not self._lock.acquire(timeout=self._timeout_s):
            raise StoreError(
                f"the store {self.path} is locked: expected the other thread to finish within {self._timeout_s:g} s, "
                "got no end of its block; try again"
            )
        try:
            yield
        finally:
            self._lock.release()

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """The rows of one SELECT."""
        with self._turn(), explained(self.path):
            cursor = self._connection.execute(sql, values)
            cursor.row_factory = sqlite3.Row
            return cursor.fetchall()

    def rows_by_id(self, sql: str, ids: Sequence[int], *values: object) -> list[sqlite3.Row]:
        """The rows of a SELECT that ends in the name of an id column, for any number of `ids`, in no order."""
        possible = [row for row in ids if is_id(row)]
        return self.rows(f"{sql} IN (SELECT value FROM json_each(?))", *values, json.dumps(possible))

    # Header

    def header(self) -> dict[str, str]:
        """What the store says of itself: `embedder.id`, `embedder.dimension`, `erase.pending`."""
        return {row["key"]: row["value"] for row in self.rows("SELECT key, value FROM header")}

    def dimension(self) -> int:
        """How many numbers a vector has; raises `StoreError` for a store that no embedder ever opened."""
        found = self.header().get("embedder.dimension", "")
        if not (found.isascii() and found.isdigit() and len(found) < 8):
            raise StoreError(
                f"the store {self.path} names no embedder: expected the dimension of vectors, got {found!r}; "
                f"run `memlora reindex BUNDLE --store {self.path}`",
                "invalid values",
            )
        return int(found)

    def _claim(self, embedder: Embedder) -> None:
        wanted = {"embedder.id": embedder.id, "embedder.dimension": str(embedder.dimension)}
        found = self.header()
        if not wanted.keys() & found.keys():
            with self.writing():
                for key, value in wanted.items():
                    self._run("INSERT OR IGNORE INTO header (key, value) VALUES (?, ?)", key, value)
            found = self.header()
        if any(found.get(key) != value for key, value in wanted.items()):
            raise StoreError(
                f"the vectors in {self.path} are another embedder's: expected {_shown(wanted)}, got {_shown(found)}; "
                f"run `memlora reindex BUNDLE --store {self.path}`",
                "unlinkable parts",
            )

    def user_row(self, user_id: str) -> int | None:
        """The row id of a user, whose id is compared as it is, byte by byte; None: nothing is stored of that user."""
        found = self.rows("SELECT id FROM users WHERE name = ?", user_id)
        return int(found[0][0]) if found else None

    # Inside a transaction

    def _run(self, sql: str, *values: object) -> int:
        return int(self._connection.execute(sql, values).lastrowid or 0)

    def _now(self) -> str:
        return self._clock().isoformat()


def _shown(header: dict[str, str]) -> str:
    return f"{header.get('embedder.id', 'none')} with {header.get('embedder.dimension', 'no')} numbers"
