"""Damaged stores and full disks: a sentence, never a traceback, and nothing of another program is run."""

import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runtime_py.errors import ConfigError, StoreError
from runtime_py.retrieval import Retrieval
from runtime_py.store import STORE_VERSION, Store, check_store, migrations
from tests.runtime_py.store.parts import DAY, EMBEDDER, VECTOR, open_store, put
from tests.runtime_py.store.version3 import write_version3


def fill(path: Path) -> None:
    with open_store(path) as store:
        turns = put(store)
        old = store.add_memory("ana", "Ana lives in Kluvo", DAY, VECTOR, turns)
        new = store.add_memory("ana", "Ana lives in Zorp", DAY, VECTOR, turns)
        store.supersede("ana", old, new, DAY, turns)


def damage(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    ("statement", "reason", "sentence"),
    [
        ("DROP TABLE history", "unlinkable parts", "expected the table history, got none"),
        ("DROP TABLE memory_words", "unlinkable parts", "expected the table memory_words, got none"),
        ("DROP INDEX live_memories", "unlinkable parts", "expected the index live_memories, got none"),
        (
            "CREATE TRIGGER spy AFTER INSERT ON turns BEGIN INSERT INTO header VALUES (new.text, ''); END",
            "invalid values",
            "got trigger spy of another program",
        ),
        ("CREATE VIEW spy AS SELECT * FROM turns", "invalid values", "got view spy of another program"),
        ("CREATE TABLE notes (text)", "invalid values", "got table notes of another program"),
        ("ALTER TABLE turns ADD COLUMN mood TEXT", "invalid values", "got table turns with another definition"),
        ("PRAGMA user_version = 99", "invalid values", f"expected schema version {STORE_VERSION} or older, got 99"),
        ("PRAGMA user_version = 0", "invalid values", "expected a schema version that fits"),
        ("PRAGMA user_version = -1", "invalid values", "expected a schema version that fits"),
        ("PRAGMA user_version = 2", "invalid values", "cannot use the store"),
        ("PRAGMA application_id = 7", "invalid values", "a database of another program"),
    ],
)
def test_what_does_not_open_says_why(tmp_path: Path, statement: str, reason: str, sentence: str) -> None:
    path = tmp_path / "s.db"
    fill(path)
    damage(path, statement)
    with pytest.raises(StoreError, match=sentence) as refusal:
        open_store(path)
    assert refusal.value.reason == reason
    found = check_store(path)
    assert [fault.reason for fault in found] == [reason]
    assert sentence in found[0].message


@pytest.mark.parametrize(
    ("statement", "reason", "sentence"),
    [
        ("UPDATE embeddings SET vector = x'00000000'", "invalid values", "4 bytes at memory 2"),
        ("UPDATE turn_embeddings SET vector = zeroblob(1000) WHERE turn_id = 1", "invalid values", "at turn 1"),
        (f"UPDATE embeddings SET vector = x'0000c07f{'00' * 252}'", "invalid values", "not finite at memory 2"),
        ("UPDATE embeddings SET vector = zeroblob(256)", "invalid values", "a sketch of another vector at memory 2"),
        ("DELETE FROM embeddings WHERE memory_id = 1", "unlinkable parts", "a vector for each memory"),
        ("DELETE FROM memory_words WHERE rowid = (1 << 32) + 2", "unlinkable parts", "the words of each memory"),
        ("UPDATE turn_words SET text = 'other'", "unlinkable parts", "the words of each turn"),
        ("DELETE FROM turn_words_data WHERE id > 10", "malformed bytes", "malformed"),
        ("INSERT INTO provenance VALUES (77, 1)", "unlinkable parts", "a row of memories, got none for provenance"),
        ("UPDATE memories SET valid_to = '2001-01-01'", "invalid values", "an end not before the beginning"),
        ("UPDATE memories SET valid_from = 'yesterday', valid_to = NULL", "invalid values", "'yesterday' at memory 1"),
        ("UPDATE sessions SET date = '2023-13-01'", "invalid values", "'2023-13-01' at session 1"),
        ("UPDATE memories SET text = 'Zoe' || char(776)", "invalid values", "a text in normal form"),
        ("UPDATE memories SET normal_text = 'x' WHERE id = 1", "invalid values", "a text in normal form"),
        ("UPDATE memories SET superseded_by = 1", "invalid values", "a live memory that nothing superseded"),
        ("DELETE FROM speakers", "unlinkable parts", "the name among the speakers"),
        ("UPDATE header SET value = 'x' WHERE key = 'embedder.dimension'", "invalid values", "names no embedder"),
    ],
)
def test_check_finds_what_opening_does_not(tmp_path: Path, statement: str, reason: str, sentence: str) -> None:
    path = tmp_path / "s.db"
    fill(path)
    assert check_store(path) == []
    damage(path, statement)
    found = check_store(path)
    assert any(fault.reason == reason and sentence in fault.message for fault in found), found


def test_a_short_vector_is_a_sentence_where_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    fill(path)
    damage(path, "UPDATE embeddings SET vector = x'00'")
    with (
        open_store(path) as store,
        pytest.raises(StoreError, match="expected vectors of 256 bytes, got 1 for memory 2"),
    ):
        Retrieval(store).near("ana", VECTOR, 1)


def test_a_day_that_is_none_is_a_sentence_where_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    fill(path)
    damage(path, "UPDATE memories SET said_on = 'soon'")
    with open_store(path) as store, pytest.raises(StoreError, match="expected a day like 2023-05-08, got 'soon'"):
        store.memories("ana")


@pytest.mark.parametrize("sketch", ["NULL", "x'00'", "deleted"])
def test_a_vector_without_a_sketch_is_found(tmp_path: Path, sketch: str) -> None:
    """Another program need not write sketches; nor need it log what it writes."""
    path, change = tmp_path / "s.db", f"SET sketch = {sketch}"
    fill(path)
    with open_store(path) as store:
        retrieval = Retrieval(store)
        assert [hit.id for hit in retrieval.near("ana", VECTOR, 9)] == [2]
        for table in ("memory_sketches", "turn_sketches"):
            damage(path, f"DELETE FROM {table}" if sketch == "deleted" else f"UPDATE {table} {change}")
        for reader in (retrieval, Retrieval(store)):
            assert [hit.id for hit in reader.near("ana", VECTOR, 9)] == [2]
            assert {hit.id for hit in reader.near("ana", VECTOR, 9, "turn")} == {1, 2}
        other = "INSERT INTO memories (user_id, text, normal_text, created_at, updated_at) VALUES (1, 'x', 'x', '', '')"
        damage(path, other, f"INSERT INTO embeddings VALUES (3, x'{VECTOR.tobytes().hex()}')")
        assert {hit.id for hit in retrieval.near("ana", VECTOR, 9)} == {2, 3}


def test_a_store_whose_log_was_deleted_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    """What older versions made lay in the log alone until it was taken up."""
    path = tmp_path / "s.db"
    damage(path, "PRAGMA journal_mode = WAL")
    assert path.stat().st_size > 0
    with pytest.raises(StoreError, match="expected its log") as refusal:
        open_store(path)
    assert refusal.value.reason == "unlinkable parts"


def test_a_new_store_stands_in_its_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    store = open_store(path)
    store.add_memory("ana", "Ana sings", DAY, VECTOR)
    (tmp_path / "copy.db").write_bytes(path.read_bytes())
    with open_store(tmp_path / "copy.db") as copy:
        assert copy.memories("ana") == []
        assert copy.check() == []
    store.close()


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("pages", [2, 6, 12, 30])
def test_a_full_disk_while_a_store_is_made_or_migrated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: bool, pages: int
) -> None:
    path = tmp_path / "s.db"
    if old:
        write_version3(path)
        pages = path.stat().st_size // 4096 + pages // 10
    connect = sqlite3.connect

    def connect_to_a_small_disk(*values: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*values, **options)
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", connect_to_a_small_disk)
        with pytest.raises(StoreError, match="got a full disk; free some space, nothing is lost"):
            open_store(path)
    with open_store(path) as store:
        assert len(store.memories("ana")) == (2 if old else 0)
        assert store.rows("PRAGMA user_version")[0][0] == len(migrations.MIGRATIONS)


def modes(folder: Path) -> set[int]:
    return {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


def test_files_are_their_owners_alone(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        path = tmp_path / "s.db"
        with open_store(path) as store:
            store.add_memory("ana", "Ana sings", DAY, VECTOR)
            assert len(list(tmp_path.iterdir())) == 3
            assert modes(tmp_path) == {0o600}
            store.backup(tmp_path / "copy.db")
            for file in tmp_path.iterdir():
                file.chmod(0o644)
        with open_store(path) as store:
            store.add_memory("ana", "Ana hums", DAY, VECTOR)
            (tmp_path / "copy.db").chmod(0o600)
            assert modes(tmp_path) == {0o600}
    finally:
        os.umask(old)


def test_a_backup_is_the_store_as_it_was(tmp_path: Path) -> None:
    path, copy = tmp_path / "s.db", tmp_path / "copy.db"
    fill(path)
    with open_store(path) as store:
        store.forget_memories("ana", [1])
        store.backup(copy)
        store.add_memory("ana", "Ana sings", DAY, VECTOR)
        with pytest.raises(StoreError, match="expected a new file, got a file that is there"):
            store.backup(copy)
        with pytest.raises(StoreError, match="a folder that does not exist"):
            store.backup(tmp_path / "nowhere" / "copy.db")
    assert b"Kluvo" not in copy.read_bytes()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with open_store(copy) as opened:
        assert [memory.text for memory in opened.memories("ana")] == ["Ana lives in Zorp"]
        assert opened.check() == []
        assert [hit.id for hit in Retrieval(opened).search("ana", "Zorp", VECTOR, 3)] == [2]
    assert not list(tmp_path.glob(".*partial"))


@pytest.mark.parametrize(
    "call",
    [
        lambda store: store.add_memory("ana", "x" * (65 << 20), DAY, VECTOR),
        lambda store: store.put_exchange("ana", "k", "s", DAY, [("user", "Ana", "x" * (65 << 20))], "empty"),
    ],
)
def test_a_value_beyond_the_limit_is_a_sentence(tmp_path: Path, call: Callable[[Store], object]) -> None:
    with open_store(tmp_path / "s.db") as store:
        with pytest.raises(StoreError, match="takes no value this long: expected 64 MB at most"):
            call(store)
        assert store.check() == []


def test_ids_and_names_that_cannot_be(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.db") as store:
        put(store)
        assert store.memory("ana", 10**20) is None
        assert store.turn("ana", -(10**20)) is None
        with pytest.raises(ConfigError, match="expected text that UTF-8 can hold"):
            store.memories("\ud800")
        with pytest.raises(ConfigError, match="expected text that UTF-8 can hold"):
            store.add_memory("ana", "half \udc00", DAY, EMBEDDER.embed(["x"])[0])
        assert store.check() == []


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = open_store(tmp_path / "s.db")
    store.close()
    with pytest.raises(StoreError, match="expected a memlora store that is open"):
        store.memories("ana")
