"""The store's tables, and opening a file as a store: identity, write-ahead log, migrations."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime_py.errors import StoreError
from runtime_py.store.sketches import sketch_of

APPLICATION_ID = 0x4D4C5241  # "MLRA"
_LOCK_RETRY_S = 0.05
_MAPPED_BYTES = 1 << 30  # reading a vector by a system call a page takes a search twice as long

# One tuple of statements per version; a new version is appended, never edited. `PRAGMA user_version` counts them.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE header (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
        "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE) STRICT",
        """CREATE TABLE sessions (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            user_id INTEGER NOT NULL REFERENCES users(id),
            name TEXT NOT NULL,
            date TEXT,
            UNIQUE (user_id, name)
        ) STRICT""",
        """CREATE TABLE exchanges (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            user_id INTEGER NOT NULL REFERENCES users(id),
            session_id INTEGER NOT NULL REFERENCES sessions(id),
            key TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('stored', 'empty', 'failed')),
            reason TEXT,
            created_at TEXT NOT NULL,
            UNIQUE (user_id, key)
        ) STRICT""",
        """CREATE TABLE turns (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            exchange_id INTEGER NOT NULL REFERENCES exchanges(id),
            place INTEGER NOT NULL,
            role TEXT NOT NULL,
            speaker TEXT NOT NULL,
            text TEXT NOT NULL,
            UNIQUE (exchange_id, place)
        ) STRICT""",
        """CREATE TABLE memories (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            user_id INTEGER NOT NULL REFERENCES users(id),
            text TEXT NOT NULL,
            normal_text TEXT NOT NULL,
            said_on TEXT,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL,
            deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1))
        ) STRICT""",
        "CREATE UNIQUE INDEX live_memories ON memories (user_id, normal_text) WHERE deleted = 0",
        """CREATE TABLE history (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            memory_id INTEGER NOT NULL REFERENCES memories(id),
            old_memory TEXT,
            new_memory TEXT,
            event TEXT NOT NULL CHECK (event IN ('ADD', 'UPDATE', 'DELETE')),
            created_at TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX history_of_memory ON history (memory_id)",
        "CREATE TABLE embeddings (memory_id INTEGER PRIMARY KEY REFERENCES memories(id), vector BLOB NOT NULL) STRICT",
        "CREATE TABLE turn_embeddings (turn_id INTEGER PRIMARY KEY REFERENCES turns(id), vector BLOB NOT NULL) STRICT",
        """CREATE TABLE provenance (
            memory_id INTEGER NOT NULL REFERENCES memories(id),
            turn_id INTEGER NOT NULL REFERENCES turns(id),
            PRIMARY KEY (memory_id, turn_id)
        ) STRICT, WITHOUT ROWID""",
        "CREATE VIRTUAL TABLE memory_words USING fts5(text, tokenize = 'porter unicode61 remove_diacritics 2')",
        "CREATE VIRTUAL TABLE turn_words USING fts5(text, tokenize = 'porter unicode61 remove_diacritics 2')",
    ),
    (  # turns are found by their speaker too; `memlora reindex` does the same for vectors
        "DELETE FROM turn_words",
        "INSERT INTO turn_words (rowid, text) SELECT id, iif(speaker = '', text, speaker || ': ' || text) FROM turns",
    ),
    (  # a search reads sketches, and of those only what changed since the last one; NULL: the vector is gone
        """CREATE TABLE memory_sketches (
            change INTEGER PRIMARY KEY AUTOINCREMENT,
            row_id INTEGER NOT NULL UNIQUE REFERENCES memories(id),
            user_id INTEGER NOT NULL REFERENCES users(id),
            sketch BLOB
        ) STRICT""",
        """CREATE TABLE turn_sketches (
            change INTEGER PRIMARY KEY AUTOINCREMENT,
            row_id INTEGER NOT NULL UNIQUE REFERENCES turns(id),
            user_id INTEGER NOT NULL REFERENCES users(id),
            sketch BLOB
        ) STRICT""",
        "CREATE INDEX memory_sketches_of_user ON memory_sketches (user_id)",
        "CREATE INDEX turn_sketches_of_user ON turn_sketches (user_id)",
        "INSERT INTO memory_sketches (row_id, user_id, sketch) SELECT memory_id, user_id, sketch_of(vector) "
        "FROM embeddings JOIN memories ON memories.id = memory_id ORDER BY memory_id",
        "INSERT INTO turn_sketches (row_id, user_id, sketch) SELECT turn_id, user_id, sketch_of(vector) "
        "FROM turn_embeddings JOIN turns ON turns.id = turn_id JOIN exchanges ON exchanges.id = exchange_id "
        "ORDER BY turn_id",
        """CREATE TABLE speakers (
            user_id INTEGER NOT NULL REFERENCES users(id),
            name TEXT NOT NULL,
            PRIMARY KEY (user_id, name)
        ) STRICT, WITHOUT ROWID""",
        "INSERT INTO speakers SELECT DISTINCT user_id, speaker FROM turns JOIN exchanges ON exchanges.id = exchange_id",
        # the words of a user stand together (`store_rows.first_row`)
        "DELETE FROM memory_words",
        "INSERT INTO memory_words (rowid, text) SELECT (user_id << 32) + id, text FROM memories WHERE deleted = 0 "
        "ORDER BY user_id, id",
        "DELETE FROM turn_words",
        "INSERT INTO turn_words (rowid, text) "
        "SELECT (user_id << 32) + turns.id, iif(speaker = '', text, speaker || ': ' || text) "
        "FROM turns JOIN exchanges ON exchanges.id = exchange_id ORDER BY user_id, turns.id",
    ),
)


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
        connection = sqlite3.connect(path, timeout=timeout_s, isolation_level=None)
        try:
            _check_identity(connection, path)
            _use_write_ahead_log(connection, timeout_s)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
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
    connection.create_function("sketch_of", 1, sketch_of, deterministic=True)
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
