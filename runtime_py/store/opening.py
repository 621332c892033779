"""Opening a file as a store: identity, migrations, write-ahead log."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime_py.errors import StoreError
from runtime_py.store.migrations import MIGRATIONS, add_functions

APPLICATION_ID = 0x4D4C5241  # "MLRA"
_LOCK_RETRY_S = 0.05
_MAPPED_BYTES = 1 << 30  # reading a vector by a system call a page takes a search twice as long


def open_connection(path: Path, timeout_s: float) -> sqlite3.Connection:
    """A connection in autocommit to the store at `path`, made or migrated when needed.

    Raises `StoreError` for a file that is no store, a store of a newer version, or one that cannot be opened.
    """
    if path.is_dir() or not path.parent.is_dir():
        got = "a folder" if path.is_dir() else "a file in a folder that does not exist"
        raise StoreError(
            f"cannot open the store {path}: expected a file in an existing folder, got {got}; name another"
        )
    with explained(path):
        connection = sqlite3.connect(path, timeout=timeout_s, isolation_level=None, check_same_thread=False)
        try:
            _check_identity(connection, path)
            _use_write_ahead_log(connection, timeout_s)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute(f"PRAGMA mmap_size = {_MAPPED_BYTES}")
            if _version(connection) < len(MIGRATIONS):
                _migrate(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns what SQLite says about the store's file into a `StoreError` of one sentence."""
    try:
        yield
    except sqlite3.Error as e:
        name: str = getattr(e, "sqlite_errorname", "")
        for start, sentence in _SENTENCES.items():
            if name.startswith(start):
                raise StoreError(f"{sentence.format(path=path)} ({e})") from e
        raise


_SENTENCES = {
    "SQLITE_BUSY": "the store {path} is locked: expected the other writer to finish in time, got none; try again",
    "SQLITE_NOTADB": "cannot open the store {path}: expected a memlora store, got another kind of file; name another",
    "SQLITE_CORRUPT": "the store {path} is damaged: expected whole pages, got malformed ones; restore it from a copy",
    "SQLITE_FULL": "cannot write the store {path}: expected room, got a full disk; free some space, nothing is lost",
    "SQLITE_READONLY": "cannot write the store {path}: expected a writable file, got a read-only one; mend its rights",
    "SQLITE_CANTOPEN": "cannot open the store {path}: expected access, got a refusal; mend its rights",
    "SQLITE_PERM": "cannot open the store {path}: expected access, got a refusal; mend its rights",
    "SQLITE_IOERR": "cannot use the store {path}: expected an answer, got an input or output error; check the disk",
}


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _check_identity(connection: sqlite3.Connection, path: Path) -> None:
    found = int(connection.execute("PRAGMA application_id").fetchone()[0])
    tables = int(connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])
    if found != APPLICATION_ID and (found or tables):
        raise StoreError(
            f"cannot open the store {path}: expected a memlora store, got a database of another program; name another"
        )
    if _version(connection) > len(MIGRATIONS):
        raise StoreError(
            f"cannot open the store {path}: expected schema version {len(MIGRATIONS)} or older, got "
            f"{_version(connection)}; use a newer memlora"
        )


def _use_write_ahead_log(connection: sqlite3.Connection, timeout_s: float) -> None:
    """SQLite's own waiting does not cover the switch to the log when two processes make it at once."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as e:
            if e.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > deadline:
                raise
            time.sleep(_LOCK_RETRY_S)


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    add_functions(connection)
    connection.execute("BEGIN IMMEDIATE")
    try:
        _check_identity(connection, path)  # another process may have been first
        for version in range(_version(connection), len(MIGRATIONS)):
            for statement in MIGRATIONS[version]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version + 1}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
