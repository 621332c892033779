"""The store: one transaction a turn, and a sentence for every refusal."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from runtime_py.errors import ConfigError, ContractError, StoreError
from runtime_py.store import Store, normalise
from tests.runtime_py.script import WordEmbedder
from tests.runtime_py.store.parts import DAY, VECTOR, open_store, put


def break_off(store: Store, memory: int) -> None:
    """A block that changes everything and then fails."""
    with store.writing():
        put(store)
        store.update_memory("ana", memory, "tres", DAY, VECTOR)
        store.add_memory("ana", "four", DAY, np.zeros(3, dtype=np.float32))


def test_ids_are_never_used_again(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.db") as store:
        first = store.add_memory("ana", "Ana sings", DAY, VECTOR)
        store.forget_memories("ana", [first])
        assert store.add_memory("ana", "Ana sings", DAY, VECTOR) == first + 1
        assert store.history("ana", first) == []


def test_the_same_text_cannot_live_twice(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.db") as store:
        store.add_memory("ana", "Ana sings", DAY, VECTOR)
        with pytest.raises(ContractError, match="refuses a row"):
            store.add_memory("ana", "ana  SINGS.", DAY, VECTOR)
        store.add_memory("bob", "Ana sings", DAY, VECTOR)
        assert normalise(" Ana\tSINGS. ") == normalise("ana sings")


def test_vectors_words_and_rows_never_drift_apart(tmp_path: Path) -> None:
    """mem0: vectors and SQL drift apart, because they are two databases."""
    with open_store(tmp_path / "s.db") as store:
        ids = [store.add_memory("ana", text, DAY, VECTOR) for text in ("one", "two", "three")]
        store.update_memory("ana", ids[0], "uno", DAY, VECTOR)
        store.supersede("ana", ids[1], None, None)
        with pytest.raises(ContractError):
            break_off(store, ids[2])
        live = [memory.id for memory in store.memories("ana")]
        assert live == [ids[0], ids[2]]
        assert [row[0] for row in store.rows("SELECT memory_id FROM embeddings ORDER BY 1")] == ids
        held = "SELECT row_id FROM memory_sketches WHERE sketch IS NOT NULL ORDER BY 1"
        assert [row[0] for row in store.rows(held)] == live
        assert [row[0] for row in store.rows("SELECT text FROM memory_words ORDER BY rowid")] == ["uno", "three", "two"]


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
        store.supersede("ana", store.add_memory("ana", "Ana dances", DAY, VECTOR), None, None)
    other = WordEmbedder("other words", 32)
    with pytest.raises(StoreError, match="memlora reindex") as error:
        Store(path, other)
    assert "other words with 32" in str(error.value)
    assert "words with 64" in str(error.value)
    done: list[tuple[int, int]] = []
    with Store(path, None) as store:
        assert store.reindex(other, batch=2, progress=lambda *at: done.append(at)) == 4
    assert done == [(2, 4), (4, 4)]
    with Store(path, other) as store:
        assert {len(row[0]) for row in store.rows("SELECT vector FROM embeddings")} == {32 * 4}
        assert len(store.rows("SELECT turn_id FROM turn_embeddings")) == 2
    with pytest.raises(StoreError, match="reindex"):
        open_store(path)


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
            store.update_memory("ana", 7, "x", DAY, VECTOR)
        assert store.memory("ana", 7) is None
        assert store.turn("ana", 7) is None
