"""The store: one transaction a turn, two writers, migrations, and a sentence for every refusal."""

import sqlite3
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from runtime_py.errors import ConfigError, ContractError, StoreError
from runtime_py.retrieval.search import Retrieval
from runtime_py.store import schema as store_schema
from runtime_py.store.rows import normalise
from runtime_py.store.sketches import sketch_of
from runtime_py.store.store import Store
from tests.runtime_py.script import WordEmbedder

EMBEDDER = WordEmbedder()
VECTOR = EMBEDDER.embed(["Ana sings"])[0]
DAY = date(2023, 5, 8)


def open_store(path: Path, timeout_s: float = 30.0) -> Store:
    return Store(path, EMBEDDER, timeout_s, clock=lambda: datetime(2023, 5, 8, tzinfo=UTC))


def put(store: Store, key: str = "k", text: str = "hello") -> list[int]:
    said = [("user", "Ana", text), ("assistant", "Bob", "hi")]
    return store.put_exchange("ana", key, "s1", DAY, said, "stored", None, EMBEDDER.embed([text, "hi"]))


def break_off(store: Store, memory: int) -> None:
    """A block that changes everything and then fails."""
    with store.writing():
        put(store)
        store.update_memory(memory, "tres", DAY, VECTOR)
        store.add_memory("ana", "four", DAY, np.zeros(3, dtype=np.float32))


def test_ids_are_never_used_again(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.db") as store:
        first = store.add_memory("ana", "Ana sings", DAY, VECTOR)
        store.delete_memory(first)
        assert store.add_memory("ana", "Ana sings", DAY, VECTOR) == first + 1
        assert [row.event for row in store.history(first)] == ["ADD", "DELETE"]


def test_the_same_text_cannot_live_twice(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.db") as store:
        store.add_memory("ana", "Ana sings", DAY, VECTOR)
        with pytest.raises(sqlite3.IntegrityError):
            store.add_memory("ana", "ana  SINGS.", DAY, VECTOR)
        store.add_memory("bob", "Ana sings", DAY, VECTOR)
        assert normalise(" Ana\tSINGS. ") == normalise("ana sings")


def test_vectors_words_and_rows_never_drift_apart(tmp_path: Path) -> None:
    """mem0: vectors and SQL drift apart, because they are two databases."""
    with open_store(tmp_path / "s.db") as store:
        ids = [store.add_memory("ana", text, DAY, VECTOR) for text in ("one", "two", "three")]
        store.update_memory(ids[0], "uno", DAY, VECTOR)
        store.delete_memory(ids[1])
        with pytest.raises(ContractError):
            break_off(store, ids[2])
        live = [memory.id for memory in store.memories("ana")]
        assert live == [ids[0], ids[2]]
        assert [row[0] for row in store.rows("SELECT memory_id FROM embeddings ORDER BY 1")] == live
        assert [row[0] for row in store.rows("SELECT text FROM memory_words ORDER BY rowid")] == ["uno", "three"]


def test_a_failed_block_leaves_nothing(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.db") as store:
        memory = store.add_memory("ana", "Ana sings", DAY, VECTOR)
        with pytest.raises(ContractError):
            break_off(store, memory)
        assert store.turns("ana") == []
        assert [found.text for found in store.memories("ana")] == ["Ana sings"]
        assert put(store) == [1, 2]


def test_an_exchange_is_stored_once(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.db") as store:
        assert put(store) == put(store) == [1, 2]
        assert put(store, "k2") == [3, 4]
        assert [turn.day for turn in store.turns("ana")] == [DAY] * 4
        assert store.exchange_state("ana", "k") == "stored"
        assert store.exchange_state("bob", "k") is None


@pytest.mark.parametrize("vector", [np.zeros(3, dtype=np.float32), np.full(64, np.nan, dtype=np.float32)])
def test_a_wrong_vector_is_refused(tmp_path: Path, vector: np.ndarray[tuple[int], np.dtype[np.float32]]) -> None:
    with open_store(tmp_path / "s.db") as store, pytest.raises(ContractError, match="expected 64 finite"):
        store.add_memory("ana", "Ana sings", DAY, vector)


def test_another_embedder_is_refused_and_reindex_mends_it(tmp_path: Path) -> None:
    """mem0 4985: after a switch of embedder writes are dropped without a word."""
    path = tmp_path / "s.db"
    with open_store(path) as store:
        put(store)
        store.add_memory("ana", "Ana sings", DAY, VECTOR)
        store.delete_memory(store.add_memory("ana", "Ana dances", DAY, VECTOR))
    other = WordEmbedder("other words", 32)
    with pytest.raises(StoreError, match="memlora reindex") as error:
        Store(path, other)
    assert "other words with 32" in str(error.value)
    assert "words with 64" in str(error.value)
    done: list[tuple[int, int]] = []
    with Store(path, None) as store:
        assert store.reindex(other, batch=2, progress=lambda *at: done.append(at)) == 3
    assert done == [(2, 3), (3, 3)]
    with Store(path, other) as store:
        assert {len(row[0]) for row in store.rows("SELECT vector FROM embeddings")} == {32 * 4}
        assert len(store.rows("SELECT turn_id FROM turn_embeddings")) == 2
    with pytest.raises(StoreError, match="reindex"):
        open_store(path)


def test_a_migration_keeps_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store(tmp_path / "s.db") as store:
        store.add_memory("ana", "Ana sings", DAY, VECTOR)
    newer = (*store_schema.MIGRATIONS, ("ALTER TABLE memories ADD COLUMN mood TEXT",))
    monkeypatch.setattr(store_schema, "MIGRATIONS", newer)
    with open_store(tmp_path / "s.db") as store:
        assert [memory.text for memory in store.memories("ana")] == ["Ana sings"]
        assert store.rows("PRAGMA user_version")[0][0] == len(newer)
    monkeypatch.undo()
    with pytest.raises(StoreError, match=f"expected schema version {len(newer) - 1} or older, got {len(newer)}"):
        open_store(tmp_path / "s.db")


def older_store(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store as the first version wrote it: an exchange of two turns, a memory that lives and one that does not."""
    monkeypatch.setattr(store_schema, "MIGRATIONS", store_schema.MIGRATIONS[:1])
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
    broken = (*store_schema.MIGRATIONS, ("CREATE TABLE extra (id INTEGER) STRICT", "CREATE NONSENSE"))
    monkeypatch.setattr(store_schema, "MIGRATIONS", broken)
    with pytest.raises(sqlite3.OperationalError):
        open_store(tmp_path / "s.db")
    monkeypatch.undo()
    with open_store(tmp_path / "s.db") as store:
        assert store.rows("SELECT name FROM sqlite_schema WHERE name = 'extra'") == []


def test_what_is_no_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    text, foreign, folder = tmp_path / "notes.txt", tmp_path / "other.db", tmp_path / "folder"
    text.write_text("dear diary " * 500)
    connection = sqlite3.connect(foreign)
    connection.execute("CREATE TABLE songs (id INTEGER)")
    connection.close()
    folder.mkdir()
    before = text.read_bytes(), foreign.read_bytes()
    with pytest.raises(StoreError, match="expected a memlora store, got another kind of file"):
        open_store(text)
    with pytest.raises(StoreError, match="database of another program"):
        open_store(foreign)
    with pytest.raises(StoreError, match="got a folder"):
        open_store(folder)
    with pytest.raises(StoreError, match="folder that does not exist"):
        open_store(tmp_path / "nowhere" / "s.db")
    assert (text.read_bytes(), foreign.read_bytes()) == before


def test_a_half_written_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with open_store(path) as store:
        for number in range(50):
            store.add_memory("ana", f"Ana sings song {number} " * 20, DAY, VECTOR)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StoreError, match="damaged"):
        open_store(path).memories("ana")


def test_a_full_disk_is_a_sentence_and_loses_nothing(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.db") as store:
        store.add_memory("ana", "Ana sings", DAY, VECTOR)
        pages = store.rows("PRAGMA page_count")[0][0]
        store.rows(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match="full disk"):
            store.add_memory("ana", "x" * 100_000, DAY, VECTOR)
        assert [memory.text for memory in store.memories("ana")] == ["Ana sings"]
        store.rows("PRAGMA max_page_count = 100000")
        store.add_memory("ana", "Ana dances", DAY, VECTOR)


def test_a_locked_store_is_a_sentence(tmp_path: Path) -> None:
    """mem0 7196: `database is locked` as a traceback."""
    with open_store(tmp_path / "s.db") as holder, open_store(tmp_path / "s.db", timeout_s=0.05) as other:
        with holder.writing(), pytest.raises(StoreError, match="is locked: expected the other writer to finish"):
            other.add_memory("ana", "Ana sings", DAY, VECTOR)
        other.add_memory("ana", "Ana sings", DAY, VECTOR)


def test_a_read_only_store_is_a_sentence(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.db") as store:
        store.rows("PRAGMA query_only = ON")
        with pytest.raises(StoreError, match="got a read-only one"):
            put(store)


def test_unknown_memories_are_refused(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.db") as store:
        with pytest.raises(ConfigError, match="no memory 7"):
            store.update_memory(7, "x", DAY, VECTOR)
        assert store.memory(7) is None
        assert store.turn(7) is None


_WRITER = """
import sys
from datetime import date
from pathlib import Path
from runtime_py.memory.memory import Memory
from runtime_py.store.store import Store
from tests.runtime_py.script import Script, WordEmbedder

path, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
embedder = WordEmbedder()
with Memory(Script(), embedder, Store(path, embedder)) as memory:
    for number in range(count):
        memory.add(f"*{name} has thing{number}* *everybody has thing{number}*", "both", date(2023, 5, 8))
"""


def test_two_processes_on_one_store_both_succeed(tmp_path: Path) -> None:
    """From an absent file on: both make it, both write, and what both say is stored once."""
    path, count = tmp_path / "s.db", 15
    command = [sys.executable, "-c", _WRITER, str(path)]
    writers = [subprocess.Popen([*command, name, str(count)], stderr=subprocess.PIPE) for name in ("Ana", "Bob")]
    errors = [writer.communicate(timeout=120)[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], errors
    with open_store(path) as store:
        texts = sorted(memory.text for memory in store.memories("both"))
        expected = [f"{who} has thing{number}" for who in ("Ana", "Bob", "everybody") for number in range(count)]
        assert texts == sorted(expected)
        assert len(store.turns("both")) == 2 * count
        assert store.rows("PRAGMA integrity_check")[0][0] == "ok"
        assert store.rows("PRAGMA foreign_key_check") == []


_BUSY = """
import sys
from itertools import count
from pathlib import Path
from runtime_py.store.store import Store
from tests.runtime_py.script import WordEmbedder

embedder = WordEmbedder()
with Store(Path(sys.argv[1]), embedder) as store:
    for number in count():
        thing = f"thing{number} of {sys.argv[2]}"
        vector = embedder.embed([thing])[0]
        memory = store.add_memory("ana", f"Ana has {thing}", None, vector)
        if number % 3 == 1:
            store.update_memory(memory, f"Ana lost {thing}", None, vector)
        if number % 3 == 2:
            store.delete_memory(memory)
        print(number, flush=True)
"""


def test_a_killed_writer_leaves_everything_in_step(tmp_path: Path) -> None:
    """Killed in the middle of its work: what it said was done is there, and sketches and words fit the vectors."""
    path, told = tmp_path / "s.db", 0
    for lines in (1, 7, 20):
        with subprocess.Popen(
            [sys.executable, "-c", _BUSY, str(path), str(lines)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            for _ in range(lines):
                told = int(writer.stdout.readline())
            writer.kill()
        with open_store(path) as store:
            assert store.rows("PRAGMA integrity_check")[0][0] == "ok"
            live = {memory.id: memory.text for memory in store.memories("ana")}
            vectors = dict(map(tuple, store.rows("SELECT memory_id, vector FROM embeddings")))
            sketches = store.rows("SELECT row_id, sketch FROM memory_sketches WHERE sketch IS NOT NULL")
            words = store.rows("SELECT rowid - (1 << 32), text FROM memory_words")
            assert vectors.keys() == live.keys()
            assert {row: sketch_of(vector) for row, vector in vectors.items()} == dict(map(tuple, sketches))
            assert dict(map(tuple, words)) == live
            assert len(Retrieval(store).near("ana", VECTOR, 10_000)) == len(live)
            assert told % 3 == 2 or any(f"thing{told} of {lines}" in text for text in live.values())
