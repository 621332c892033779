"""The store's tables, version by version, and what a migration computes in code."""

import hashlib
import json
import sqlite3
from datetime import date

from runtime_py.store.forms import compose, exchange_key, normalise, sketch_of, words_form

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
    (  # validity and source of facts; superseded ones stay as `past`; texts in one spelling; exchange keys of bytes
        "ALTER TABLE memories ADD COLUMN state TEXT NOT NULL DEFAULT 'live' "
        "CHECK (state IN ('live', 'past', 'deleted'))",
        "ALTER TABLE memories ADD COLUMN valid_from TEXT",
        "ALTER TABLE memories ADD COLUMN valid_to TEXT",
        "ALTER TABLE memories ADD COLUMN superseded_by INTEGER REFERENCES memories(id)",
        "ALTER TABLE memories ADD COLUMN source TEXT CHECK (source IN ('user', 'assistant', 'other', 'imported'))",
        "DROP INDEX live_memories",
        "UPDATE memories SET state = iif(deleted, 'deleted', 'live'), text = compose(text), "
        "normal_text = normalise(text), valid_from = said_on, source = (SELECT iif(min(role) = max(role) AND min(role) "
        "IN ('user', 'assistant'), min(role), NULL) FROM provenance JOIN turns ON turns.id = turn_id "
        "WHERE memory_id = memories.id)",
        "ALTER TABLE memories DROP COLUMN deleted",
        # two spellings of one text: the first one stays
        "UPDATE memories SET state = 'past', superseded_by = first FROM (SELECT user_id AS owner, normal_text AS same, "
        "min(id) AS first FROM memories WHERE state = 'live' GROUP BY user_id, normal_text) "
        "WHERE state = 'live' AND user_id = owner AND normal_text = same AND id > first",
        "CREATE UNIQUE INDEX live_memories ON memories (user_id, normal_text) WHERE state = 'live'",
        "CREATE INDEX memories_of_user ON memories (user_id, state)",
        "CREATE INDEX superseded_memories ON memories (superseded_by) WHERE superseded_by IS NOT NULL",
        "CREATE INDEX provenance_of_turn ON provenance (turn_id)",
        "CREATE INDEX exchanges_of_session ON exchanges (session_id)",
        "UPDATE OR IGNORE exchanges SET key = exchange_key(key, "
        "(SELECT json_array(name, date, (SELECT count(*) FROM exchanges AS each WHERE each.session_id = sessions.id)) "
        "FROM sessions WHERE sessions.id = session_id), "
        "(SELECT json_group_array(json_array(role, speaker, text)) FROM "
        "(SELECT role, speaker, text FROM turns WHERE exchange_id = exchanges.id ORDER BY place)))",
        "UPDATE turns SET speaker = compose(speaker), text = compose(text)",
        "DELETE FROM speakers",
        "INSERT INTO speakers SELECT DISTINCT user_id, speaker FROM turns JOIN exchanges ON exchanges.id = exchange_id",
        "ALTER TABLE history RENAME TO history_before",
        "DROP INDEX history_of_memory",
        """CREATE TABLE history (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            memory_id INTEGER NOT NULL REFERENCES memories(id),
            old_memory TEXT,
            new_memory TEXT,
            event TEXT NOT NULL CHECK (event IN ('ADD', 'UPDATE', 'SUPERSEDE', 'RESTORE', 'DELETE')),
            created_at TEXT NOT NULL
        ) STRICT""",
        "INSERT INTO history SELECT id, memory_id, compose(old_memory), compose(new_memory), event, created_at "
        "FROM history_before",
        "DROP TABLE history_before",
        "CREATE INDEX history_of_memory ON history (memory_id)",
        # a row of sketches outlives its memory, so that every reader learns that the memory is gone
        *(
            statement.format(kind=kind)
            for kind in ("memory", "turn")
            for statement in (
                "ALTER TABLE {kind}_sketches RENAME TO {kind}_sketches_before",
                "DROP INDEX {kind}_sketches_of_user",
                """CREATE TABLE {kind}_sketches (
                    change INTEGER PRIMARY KEY AUTOINCREMENT,
                    row_id INTEGER NOT NULL UNIQUE,
                    user_id INTEGER NOT NULL,
                    sketch BLOB
                ) STRICT""",
                "INSERT INTO {kind}_sketches SELECT change, row_id, user_id, sketch FROM {kind}_sketches_before",
                "DROP TABLE {kind}_sketches_before",
                "CREATE INDEX {kind}_sketches_of_user ON {kind}_sketches (user_id)",
                "DROP TABLE {kind}_words",
                "CREATE VIRTUAL TABLE {kind}_words USING fts5(text, "
                "tokenize = \"porter unicode61 remove_diacritics 2 categories 'L* M* N* Co'\")",
            )
        ),
        "UPDATE memory_sketches SET sketch = NULL WHERE row_id IN (SELECT id FROM memories WHERE state != 'live')",
        "INSERT INTO memory_words (rowid, text) SELECT (user_id << 32) + iif(state = 'past', 1 << 31, 0) + id, "
        "words_form(text) FROM memories WHERE state != 'deleted' ORDER BY user_id, state, id",
        "INSERT INTO turn_words (rowid, text) SELECT (user_id << 32) + turns.id, "
        "words_form(iif(speaker = '', text, speaker || ': ' || text)) "
        "FROM turns JOIN exchanges ON exchanges.id = exchange_id ORDER BY user_id, turns.id",
    ),
    (  # what an application keeps beside a memory; `metadata` is a JSON object
        "ALTER TABLE memories ADD COLUMN agent_id TEXT",
        "ALTER TABLE memories ADD COLUMN run_id TEXT",
        "ALTER TABLE memories ADD COLUMN metadata TEXT",
    ),
)
FORMAT_VERSION = len(MIGRATIONS)


def add_functions(connection: sqlite3.Connection) -> None:
    """What the statements above call."""
    connection.create_function("sketch_of", 1, sketch_of, deterministic=True)
    connection.create_function("compose", 1, _compose, deterministic=True)
    connection.create_function("normalise", 1, normalise, deterministic=True)
    connection.create_function("words_form", 1, words_form, deterministic=True)
    connection.create_function("exchange_key", 3, _rekeyed, deterministic=True)


def _compose(text: str | None) -> str | None:
    return None if text is None else compose(text)


def _rekeyed(key: str, session: str, said: str) -> str:
    """The key of bytes for an exchange with the key that versions 1 to 3 gave it, a hash of Python's JSON.

    The place of the exchange stands in the old key alone, so places as `ingest` gives them are tried; a key
    that none explains stays.
    """
    name, moment, exchanges = json.loads(session)
    messages = json.loads(said)
    days = (moment[:10], None) if moment else (None,)
    for place in ("", *map(str, range(2 * exchanges + 2))):
        for day in days:
            for session_name in (name, ""):
                tried = json.dumps([session_name, day, place, messages]).encode()
                if hashlib.sha256(tried).hexdigest() == key:
                    return exchange_key(session_name, date.fromisoformat(day) if day else None, place, messages)
    return key
