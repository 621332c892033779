"""Opening a file as a store: rights, identity, migrations, write-ahead log."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime_py.errors import ConfigError, ContractError, StoreError
from runtime_py.store.migrations import MIGRATIONS, run_step
from runtime_py.store.structure import refuse_other_tables

APPLICATION_ID = 0x4D4C5241  # "MLRA"
LOG_LIMIT_BYTES = 256 << 20  # beside a reader that does not end, nothing more is written
LOG_KEPT_BYTES = 16 << 20  # what is left of a log that was longer
VALUE_LIMIT_BYTES = 64 << 20
_LOCK_RETRY_S = 0.05
_MAPPED_BYTES = 1 << 30  # reading a vector by a system call a page takes a search twice as long
_OTHERS = 0o077


def open_connection(path: Path, timeout_s: float) -> sqlite3.Connection:
    """A connection in autocommit to the store at `path`, made or migrated when needed, readable by its owner alone.

    Raises `StoreError` for a file that is no store, a store of a newer version, or one that cannot be opened.
    """
    if path.is_dir() or not path.parent.is_dir():
        got = "a folder" if path.is_dir() else "a file in a folder that does not exist"
        raise StoreError(
            f"cannot open the store {path}: expected a file in an existing folder, got {got}; name another"
        )
    with explained(path):
        _keep_private(path)
        connection = sqlite3.connect(path, timeout=timeout_s, isolation_level=None, check_same_thread=False)
        try:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, VALUE_LIMIT_BYTES)
            for setting in (
                "trusted_schema = OFF",
                "cell_size_check = ON",
                "secure_delete = ON",
                "synchronous = FULL",
                "foreign_keys = ON",
                f"mmap_size = {_MAPPED_BYTES}",
                f"journal_size_limit = {LOG_KEPT_BYTES}",
            ):
                connection.execute(f"PRAGMA {setting}")
            _check_identity(connection, path)
            if _version(connection) < len(MIGRATIONS):
                _migrate(connection, path)
            refuse_other_tables(connection, path, MIGRATIONS)
            _use_write_ahead_log(connection, timeout_s)
        except BaseException:
            connection.close()
            raise
    return connection


def bound_log(connection: sqlite3.Connection, path: Path) -> None:
    """Raises `StoreError` while the log of the store is beyond its limit and a reader keeps it from shrinking."""
    log = Path(f"{os.path.realpath(path)}-wal")
    if not _is_longer(log, LOG_LIMIT_BYTES):
        return
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if _is_longer(log, LOG_LIMIT_BYTES):
        raise StoreError(
            f"the log of {path} has grown to {log.stat().st_size >> 20} MB: expected it to be taken up, got a reader "
            "that does not end; end it and try again, nothing is lost"
        )


def _is_longer(log: Path, limit: int) -> bool:
    try:
        return log.stat().st_size > limit
    except FileNotFoundError:
        return False


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns what SQLite and the system say about the store's file into a `StoreError` of one sentence.

    Rows that its tables refuse are a `ContractError`.
    """
    try:
        yield
    except sqlite3.IntegrityError as e:
        raise ContractError(f"the store {path} refuses a row: expected one that its tables allow, got {e}") from e
    except sqlite3.Error as e:
        name: str = getattr(e, "sqlite_errorname", "")
        for start, (sentence, reason) in _SENTENCES.items():
            if name.startswith(start):
                raise StoreError(f"{sentence.format(path=path)} ({e})", reason) from e
        raise StoreError(
            f"cannot use the store {path}: expected a memlora store that is open, got {e}; run `memlora store check`",
            "invalid values",
        ) from e
    except UnicodeDecodeError as e:  # what SQLite says quotes a damaged name
        raise StoreError(_DAMAGED.format(path=path), _MALFORMED) from e
    except UnicodeEncodeError as e:
        raise ConfigError(f"wrong text: expected text that UTF-8 can hold, got {e.object!r:.60}; mend it") from e
    except OSError as e:
        raise StoreError(f"cannot open the store {path}: expected access, got {e.strerror}; mend its rights") from e


_MALFORMED = "malformed bytes"
_LOCKED = "the store {path} is locked: expected the other writer to finish in time, got none; try again"
_OTHER_KIND = "cannot open the store {path}: expected a memlora store, got another kind of file; name another"
_DAMAGED = "the store {path} is damaged: expected whole pages, got malformed ones; restore it from a copy"
_LONG = f"the store {{path}} takes no value this long: expected {VALUE_LIMIT_BYTES >> 20} MB at most, got more; cut it"
_FULL = "cannot write the store {path}: expected room, got a full disk; free some space, nothing is lost"
_READ_ONLY = "cannot write the store {path}: expected a writable file, got a read-only one; mend its rights"
_REFUSED = "cannot open the store {path}: expected access, got a refusal; mend its rights"
_FAILED = "cannot use the store {path}: expected an answer, got an input or output error; check the disk"
_SENTENCES: dict[str, tuple[str, str | None]] = {
    "SQLITE_BUSY": (_LOCKED, None),
    "SQLITE_LOCKED": (_LOCKED, None),
    "SQLITE_NOTADB": (_OTHER_KIND, _MALFORMED),
    "SQLITE_CORRUPT": (_DAMAGED, _MALFORMED),
    "SQLITE_TOOBIG": (_LONG, "invalid values"),
    "SQLITE_FULL": (_FULL, None),
    "SQLITE_READONLY": (_READ_ONLY, None),
    "SQLITE_CANTOPEN": (_REFUSED, None),
    "SQLITE_PERM": (_REFUSED, None),
    "SQLITE_IOERR": (_FAILED, None),
}


def _keep_private(path: Path) -> None:
    """Make the file for its owner alone, and take others' rights from one of this user's; the log inherits them."""
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    for file in (path, Path(f"{os.path.realpath(path)}-wal"), Path(f"{os.path.realpath(path)}-shm")):
        about = file.stat() if file.exists() else None
        if about and about.st_mode & _OTHERS and hasattr(os, "geteuid") and about.st_uid == os.geteuid():
            file.chmod(about.st_mode & 0o700)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _check_identity(connection: sqlite3.Connection, path: Path) -> None:
    found = int(connection.execute("PRAGMA application_id").fetchone()[0])
    tables = int(connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])
    version = _version(connection)
    if not tables and connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
        raise StoreError(
            f"the store {path} is empty: expected its log {path}-wal, got none; put it back, or delete the store to "
            "begin anew",
            "unlinkable parts",
        )
    if found != APPLICATION_ID and (found or tables):
        raise StoreError(
            f"cannot open the store {path}: expected a memlora store, got a database of another program; name another",
            "invalid values",
        )
    if version > len(MIGRATIONS):
        raise StoreError(
            f"cannot open the store {path}: expected schema version {len(MIGRATIONS)} or older, got "
            f"{version}; use a newer memlora",
            "invalid values",
        )
    if (version < 1) == bool(tables):
        raise StoreError(
            f"the store {path} is damaged: expected a schema version that fits its {tables} tables and indexes, got "
            f"{version}; restore it from a copy",
            "invalid values",
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
    """A new store gets its tables before it gets a log, so that the file alone is a store from the first moment."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        _check_identity(connection, path)  # another process may have been first
        for version in range(_version(connection), len(MIGRATIONS)):
            for step in MIGRATIONS[version]:
                run_step(connection, step)
            connection.execute(f"PRAGMA user_version = {version + 1}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk has already rolled back
            connection.execute("ROLLBACK")
        raise
