"""Older stores: what a migration keeps, and what it puts right."""

import os
import shutil
import signal
import sqlite3
import unicodedata
from datetime import date
from pathlib import Path

import pytest

from runtime_py.errors import StoreError
from runtime_py.retrieval import Retrieval
from runtime_py.store import NO_LABELS, Labels, exchange_key, migrations, opening
from runtime_py.store.structure import refuse_other_tables
from tests.runtime_py.store.parts import DAY, EMBEDDER, PHOTO, VECTOR, open_store, put
from tests.runtime_py.store.version3 import EXCHANGES, MEMORIES, old_key, write_version3


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
    with pytest.raises(StoreError, match="syntax error"):
        open_store(tmp_path / "s.db")
    monkeypatch.undo()
    with open_store(tmp_path / "s.db") as store:
        assert store.rows("SELECT name FROM sqlite_schema WHERE name = 'extra'") == []


def check_version3_kept(path: Path) -> None:
    """Everything that `write_version3` wrote is there, as this version keeps it."""
    nfc = [unicodedata.normalize("NFC", text) for _, text, *_ in MEMORIES]
    with open_store(path) as store:
        assert store.rows("PRAGMA user_version")[0][0] == 7
        assert store.rows("PRAGMA foreign_key_check") == []
        assert store.rows("PRAGMA integrity_check")[0][0] == "ok"
        assert [memory.text for memory in store.memories("ana")] == [nfc[0], nfc[2]]
        sings, zoe, twin = store.memories("ana", include_past=True)
        assert (sings.valid_from, sings.valid_to, sings.source) == (date(2023, 5, 8), None, None)
        assert (zoe.source, zoe.day) == ("user", date(2023, 5, 9))
        assert {memory.labels for memory in (sings, zoe, twin)} == {NO_LABELS}
        assert (twin.text, twin.superseded_by, twin.state) == (nfc[3], zoe.id, "past")
        assert store.memory("ana", 2, include_past=True) is None
        assert [row.event for row in store.history("ana", 2)] == ["ADD", "DELETE"]
        assert [row.source for row in store.history("ana", zoe.id)] == ["user"] * 2
        assert [turn.id for turn in store.provenance("ana", 1)] == [1, 2]
        assert [turn.text for turn in store.turns("ana")] == [
            "I sing",
            "good",
            "I dance",
            "fine",
            "I like crème",
            "nobody knows this place",
        ]
        assert store.speakers("ana") == ["", "Ana", "Bob", "Zoë"]
        for user, session, moment, place, said in EXCHANGES:
            day = date.fromisoformat(moment[:10]) if moment else None
            known = store.exchange_state(user, exchange_key(session, day, place, said))
            kept = store.exchange_state(user, old_key(session, moment, place, said))
            assert (known, kept) == ((None, "stored") if place == "page 7" else ("stored", None))
        retrieval = Retrieval(store)
        assert retrieval.by_words("ana", "Zoe\u0308", 9) == [3]
        assert retrieval.by_words("bob", "BLUMENSTRASSE", 9) == [5]
        assert retrieval.by_words("ana", "crème", 9, "past") == [4]
        assert retrieval.by_words("ana", "Zoë", 9, "turn") == [5]
        assert {hit.id for hit in retrieval.near("ana", VECTOR, 9)} == {1, 3}
        assert {hit.id for hit in retrieval.near("ana", VECTOR, 9, "past")} == {4}
        assert {hit.id for hit in retrieval.near("ana", VECTOR, 9, "turn")} == {1, 2, 3, 4, 5, 6}
        assert store.add_memory("ana", "Ana paints", DAY, VECTOR) == 6


def test_a_store_of_version_3_loses_nothing(tmp_path: Path) -> None:
    write_version3(tmp_path / "s.db")
    check_version3_kept(tmp_path / "s.db")


def migrate_until(path: Path, statement: int) -> bool:
    """Open the store in a process that is killed as its migration's n-th statement begins; False: it got through."""
    child = os.fork()
    if child == 0:
        seen = 0

        def count(_sql: str) -> None:
            nonlocal seen
            seen += 1
            if seen > statement:
                os.kill(os.getpid(), signal.SIGKILL)

        def step_and_count(connection: sqlite3.Connection, step: migrations.Step) -> None:
            connection.set_trace_callback(count)
            migrations.run_step(connection, step)

        opening.run_step = step_and_count  # type: ignore[attr-defined]
        try:
            opening.open_connection(path, 1.0).close()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def test_a_migration_killed_at_any_statement_loses_nothing(tmp_path: Path) -> None:
    old, path = tmp_path / "old.db", tmp_path / "s.db"
    write_version3(old)
    statement = 0
    shutil.copyfile(old, path)
    while migrate_until(path, statement):
        check_version3_kept(path)
        for file in tmp_path.glob("s.db*"):
            file.unlink()
        shutil.copyfile(old, path)
        statement += 1
    assert statement > sum(map(len, migrations.MIGRATIONS[3:]))
    check_version3_kept(path)


def write_version4(path: Path) -> None:
    """A live and a past memory of a store without the columns and tables that later versions added."""
    with open_store(path) as store:
        old = store.add_memory("ana", "Ana lives in Kluvo", DAY, VECTOR, put(store), "user")
        new = store.add_memory("ana", "Ana lives in Zorp", DAY, VECTOR, put(store, "k2"), "user")
        store.supersede("ana", old, new, DAY)
        for table in ("photo_embeddings", "exchange_photos", "photos"):
            store._run(f"DROP TABLE {table}")
        for column in ("agent_id", "run_id", "metadata"):
            store._run(f"ALTER TABLE memories DROP COLUMN {column}")
        store._run("ALTER TABLE history DROP COLUMN source")
        store._run("PRAGMA user_version = 4")
    connection = sqlite3.connect(path)
    refuse_other_tables(connection, path, migrations.MIGRATIONS[:4])
    connection.close()


def test_a_migration_from_version_4_killed_at_any_statement_loses_nothing(tmp_path: Path) -> None:
    old, path = tmp_path / "old.db", tmp_path / "s.db"
    write_version4(old)
    statement, is_killed = 0, True
    while is_killed:
        shutil.copyfile(old, path)
        is_killed = migrate_until(path, statement)
        with open_store(path) as store:
            kept = [(m.text, m.state, m.superseded_by) for m in store.memories("ana", include_past=True)]
            assert kept == [("Ana lives in Kluvo", "past", 2), ("Ana lives in Zorp", "live", None)]
            assert [row.source for row in store.history("ana", 2)] == ["user"] * 3
            assert store.check() == []
            labels = Labels("helper", "run 1", (("topic", "home"),))
            store.add_memory("ana", "Ana sings", DAY, VECTOR, labels=labels)
            assert [memory.labels for memory in store.memories("ana")] == [NO_LABELS, labels]
            assert store.put_photos("ana", [1, 2], [PHOTO]) == [1]
        for file in tmp_path.glob("s.db*"):
            file.unlink()
        statement += 1
    assert statement > sum(map(len, migrations.MIGRATIONS[4:]))
