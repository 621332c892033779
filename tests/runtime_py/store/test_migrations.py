"""Older stores: what a migration keeps, and what it puts right."""

import sqlite3
from pathlib import Path

import pytest

from runtime_py.errors import StoreError
from runtime_py.retrieval import Retrieval
from runtime_py.store import migrations, opening
from tests.runtime_py.store.parts import DAY, EMBEDDER, VECTOR, open_store


def test_a_migration_keeps_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store(tmp_path / "s.db") as store:
        store.add_memory("ana", "Ana sings", DAY, VECTOR)
    newer = (*migrations.MIGRATIONS, ("ALTER TABLE memories ADD COLUMN mood TEXT",))
    monkeypatch.setattr(opening, "MIGRATIONS", newer)
    with open_store(tmp_path / "s.db") as store:
        assert [memory.text for memory in store.memories("ana")] == ["Ana sings"]
        assert store.rows("PRAGMA user_version")[0][0] == len(newer)
    monkeypatch.undo()
    with pytest.raises(StoreError, match=f"expected schema version {len(newer) - 1} or older, got {len(newer)}"):
        open_store(tmp_path / "s.db")


def older_store(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store as the first version wrote it: an exchange of two turns, a memory that lives and one that does not."""
    monkeypatch.setattr(opening, "MIGRATIONS", migrations.MIGRATIONS[:1])
    with open_store(path) as store, store.writing():
        for sql in (
            "INSERT INTO users (name) VALUES ('bob'), ('ana')",
            "INSERT INTO sessions (user_id, name) VALUES (2, 's')",
            "INSERT INTO exchanges (user_id, session_id, key, state, created_at) VALUES (2, 1, 'k', 'stored', '2023')",
            "INSERT INTO turns (exchange_id, place, role, speaker, text) "
            "VALUES (1, 0, 'user', 'Ana', 'hello'), (1, 1, 'assistant', 'Bob', 'hi')",
            "INSERT INTO turn_words (rowid, text) VALUES (1, 'hello'), (2, 'hi')",
            "INSERT INTO memories (user_id, text, normal_text, created_at, updated_at, deleted) "
            "VALUES (2, 'Ana sings', 'ana sings', '2023', '2023', 0), (2, 'Ana hums', 'ana hums', '2023', '2023', 1)",
            "INSERT INTO memory_words (rowid, text) VALUES (1, 'Ana sings')",
        ):
            store._run(sql)
        store._run("INSERT INTO embeddings VALUES (1, ?)", VECTOR.tobytes())
        for turn, vector in enumerate(EMBEDDER.embed(["Ana: hello", "Bob: hi"]), start=1):
            store._run("INSERT INTO turn_embeddings VALUES (?, ?)", turn, vector.tobytes())
    monkeypatch.undo()


def test_an_older_store_opens_and_is_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older_store(tmp_path / "s.db", monkeypatch)
    with open_store(tmp_path / "s.db") as store:
        retrieval = Retrieval(store)
        assert retrieval.by_words("ana", "Bob", 5, "turn") == [2]
        assert retrieval.by_words("ana", "sings", 5) == [1]
        assert [hit.id for hit in retrieval.near("ana", VECTOR, 5)] == [1]
        assert [hit.id for hit in retrieval.near("ana", EMBEDDER.embed(["hi Bob"])[0], 1, "turn")] == [2]
        assert retrieval.near("bob", VECTOR, 5) == []
        assert store.speakers("ana") == ["Ana", "Bob"]
        assert store.add_memory("ana", "Ana dances", DAY, VECTOR) == 3


def test_a_broken_migration_leaves_the_old_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_store(tmp_path / "s.db").close()
    broken = (*migrations.MIGRATIONS, ("CREATE TABLE extra (id INTEGER) STRICT", "CREATE NONSENSE"))
    monkeypatch.setattr(opening, "MIGRATIONS", broken)
    with pytest.raises(sqlite3.OperationalError):
        open_store(tmp_path / "s.db")
    monkeypatch.undo()
    with open_store(tmp_path / "s.db") as store:
        assert store.rows("SELECT name FROM sqlite_schema WHERE name = 'extra'") == []
