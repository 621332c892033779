"""Forgetting: what goes with a memory, what stays, and that no file of the store holds a byte of what went."""

import random
import sqlite3
import string
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from runtime_py.errors import ConfigError, ContractError, StoreError
from runtime_py.retrieval import Retrieval
from runtime_py.store import Labels, Store, Vectors, sketch_of
from runtime_py.store.forgetting import ForgettingTables
from tests.runtime_py.store.parts import DAY, EMBEDDER, VECTOR, open_store, put

PIECE = 6
"""Bytes of a word that are looked for: FTS5 writes of a word only what differs from the one before."""


def bytes_of(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(path.parent.iterdir()))


def live_text(store: Store) -> str:
    columns = {
        "memories": "text || normal_text || coalesce(agent_id, '') || coalesce(run_id, '') || coalesce(metadata, '')",
        "turns": "text || speaker",
        "history": "coalesce(old_memory, '') || coalesce(new_memory, '')",
        "sessions": "name",
        "users": "name",
        "exchanges": "key || coalesce(reason, '')",
    }
    rows = [row[0] for table, sql in columns.items() for row in store.rows(f"SELECT {sql} FROM {table}")]
    return " ".join(rows).lower()


def pieces(words: set[str]) -> set[str]:
    return {word[at : at + PIECE] for word in words for at in range(len(word) - PIECE + 1)}


@dataclass
class Said:
    """Random words, vectors and keys of what was put into a store, by memory."""

    dice: random.Random
    words: dict[int, set[str]] = field(default_factory=dict)
    vectors: dict[int, list[bytes]] = field(default_factory=dict)

    def word(self) -> str:
        return "".join(self.dice.choices(string.ascii_lowercase, k=10))

    def vector(self) -> Vectors:
        made: Vectors = np.random.default_rng(self.dice.getrandbits(32)).standard_normal(64).astype(np.float32)
        return made

    def remember(self, store: Store) -> int:
        """An exchange of two turns with a speaker and a session of its own, its memory, sometimes changed."""
        speaker, session, key, reason, *labels = (self.word() for _ in range(8))
        text = [self.word() for _ in range(6)]
        vectors = np.stack([self.vector(), self.vector(), self.vector()])
        said = [("user", speaker, " ".join(text[:3])), ("assistant", "Bob", f"so {text[0]}")]
        turns = store.put_exchange("ana", key, session, DAY, said, "stored", reason, vectors[:2])
        kept = Labels(labels[0], labels[1], ((labels[2], labels[3]),))
        memory = store.add_memory("ana", " ".join(text[:3]), DAY, vectors[2], turns, labels=kept)
        self.words[memory] = {speaker, session, key, reason, *labels, *text[:3]}
        self.vectors[memory] = [vector.tobytes() for vector in vectors]
        if self.dice.random() < 0.3:
            other = self.vector()
            store.update_memory("ana", memory, " ".join(text[2:]), DAY, other, turns)
            self.words[memory] |= set(text)
            self.vectors[memory].append(other.tobytes())
        if self.dice.random() < 0.3:
            store.supersede("ana", memory, None, DAY, turns)
        return memory


def assert_gone(path: Path, store: Store, said: Said, forgotten: set[int]) -> None:
    held, live = bytes_of(path), live_text(store)
    for piece in pieces({word for memory in forgotten for word in said.words[memory]}):
        assert piece in live or piece.encode() not in held, piece
    for vector in [vector for memory in forgotten for vector in said.vectors[memory]]:
        assert vector[:32] not in held
        assert sketch_of(vector)[8:40] not in held


@pytest.mark.parametrize("seed", [1, 2])
def test_no_file_holds_a_byte_of_what_was_forgotten(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "folder" / "s.db"
    path.parent.mkdir()
    said = Said(random.Random(seed))
    with open_store(path) as store:
        memories = [said.remember(store) for _ in range(200)]
        every = pieces({word for words in said.words.values() for word in words})
        held = bytes_of(path)
        assert sum(piece.encode() in held for piece in every) > 0.99 * len(every)
        forgotten: set[int] = set()
        for count in (1, 1, 40, 60):
            chosen = said.dice.sample(sorted(set(memories) - forgotten), count)
            told = store.forget_memories("ana", chosen)
            assert set(told.memories) == set(chosen)
            assert (len(told.turns), told.kept_turns) == (2 * count, ())
            forgotten |= set(chosen)
            assert_gone(path, store, said, forgotten)
        left = {memory.id for memory in store.memories("ana", include_past=True)}
        assert left == set(memories) - forgotten
        assert_found_by_their_words(store, said, left)
        assert store.rows("PRAGMA integrity_check")[0][0] == "ok"
        assert store.rows("PRAGMA foreign_key_check") == []
    with open_store(path) as store:
        assert_gone(path, store, said, forgotten)
        store.put_exchange("bob", "bobs key", "bobs session", DAY, [("user", "Bob", "I hum")], "empty")
        everything = store.forget_user("ana")
        assert set(everything.memories) == left
        assert_gone(path, store, said, set(memories))
        assert b"ana" not in bytes_of(path)
        assert [turn.text for turn in store.turns("bob")] == ["I hum"]


def test_everyone_is_forgotten_to_the_last_byte(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "s.db"
    path.parent.mkdir()
    said = Said(random.Random(3))
    with open_store(path) as store:
        memories = {said.remember(store) for _ in range(20)}
        store.put_exchange("bob", "bobs key", "bobs session", DAY, [("user", "Bob", "I hum")], "empty")
        store.forget_everyone()
        assert_gone(path, store, said, memories)
        assert not any(name in bytes_of(path) for name in (b"ana", b"bobs", b"I hum"))
        assert store.check() == []
        assert said.remember(store) == max(memories) + 1


def assert_found_by_their_words(store: Store, said: Said, left: set[int]) -> None:
    retrieval = Retrieval(store)
    for memory in store.memories("ana", include_past=True):
        kind = "memory" if memory.state == "live" else "past"
        assert retrieval.by_words("ana", memory.text.split()[0], 5, kind) == [memory.id]  # type: ignore[arg-type]
    assert len(left) == 98


def exchange(store: Store, key: str, text: str) -> list[int]:
    said = [("user", "Ana", text), ("assistant", "Bob", f"so {text}")]
    return store.put_exchange("ana", key, "s", DAY, said, "stored", None, EMBEDDER.embed([text, text]))


def add(store: Store, text: str, turns: list[int]) -> int:
    return store.add_memory("ana", text, DAY, EMBEDDER.embed([text])[0], turns)


def test_a_turn_stays_while_another_live_memory_came_from_its_exchange(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.db") as store:
        turns = exchange(store, "k", "I sing and dance")
        sings, dances = add(store, "Ana sings", turns[:1]), add(store, "Ana dances", turns[1:])
        first = store.forget_memories("ana", [sings])
        assert (first.memories, first.turns, first.kept_turns) == ((sings,), (), tuple(turns))
        assert store.exchange_state("ana", "k") == "stored"
        second = store.forget_memories("ana", [dances])
        assert (second.memories, second.turns, second.kept_turns) == ((dances,), tuple(turns), ())
        assert (store.turns("ana"), store.speakers("ana"), store.exchange_state("ana", "k")) == ([], [], None)
        assert Retrieval(store).by_words("ana", "sing", 9, "turn") == []


def test_a_past_memory_goes_with_its_last_exchange(tmp_path: Path) -> None:
    """Kluvo was said in the first exchange and ended by the second, singing in the second alone."""
    with open_store(tmp_path / "s.db") as store:
        one, two = exchange(store, "1", "I live in Kluvo"), exchange(store, "2", "I sing no more, I moved to Zorp")
        kluvo, sings, zorp = add(store, "Kluvo", one), add(store, "sings", two), add(store, "Zorp", two)
        store.supersede("ana", sings, None, DAY, two)
        store.supersede("ana", kluvo, zorp, DAY, two)
        gone = store.forget_memories("ana", [zorp])
        assert (set(gone.memories), gone.turns) == ({zorp, sings}, tuple(two))
        left = store.memories("ana", include_past=True)
        assert [(memory.id, memory.state, memory.superseded_by) for memory in left] == [(kluvo, "past", None)]
        assert [turn.id for turn in store.provenance("ana", kluvo)] == one


def test_other_connections_and_indexes_forget_too(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with open_store(path) as store, open_store(path) as other:
        turns = exchange(store, "k", "I sing")
        memory = add(store, "Ana sings", turns)
        add(store, "Ana hums", exchange(store, "k2", "I hum"))
        retrieval = Retrieval(other)
        assert [hit.id for hit in retrieval.near("ana", VECTOR, 9)] == [memory, memory + 1]
        store.forget_memories("ana", [memory])
        assert [hit.id for hit in retrieval.near("ana", VECTOR, 9)] == [memory + 1]
        assert [hit.id for hit in retrieval.search("ana", "Ana sings", VECTOR, 9)] == [memory + 1]
        assert not set(turns) & {hit.id for hit in retrieval.near("ana", VECTOR, 9, "turn")}
        store.forget_user("ana")
        assert retrieval.search("ana", "Ana hums", VECTOR, 9) == []


def test_a_reader_in_the_way_is_told_and_the_bytes_go_later(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "s.db"
    path.parent.mkdir()
    with open_store(path, timeout_s=0.2) as store:
        add(store, "Ana drinks xyloquartz", exchange(store, "k", "I drink xyloquartz"))
        reader = sqlite3.connect(path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM turns").fetchall()
        with pytest.raises(StoreError, match=r"forgotten, but bytes of it still lie in .*-wal"):
            store.forget_memories("ana", [1])
        assert store.memories("ana") == []
        assert b"xyloquartz" in bytes_of(path)
        with open_store(path):
            pass
        reader.close()
        with open_store(path):
            assert b"xyloquartz" not in bytes_of(path)
            assert b"quartz" not in bytes_of(path)


def test_killed_before_the_bytes_went(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process that dies after its transaction leaves, the next one that opens the store erases."""
    path = tmp_path / "folder" / "s.db"
    path.parent.mkdir()
    store = open_store(path)
    add(store, "Ana drinks xyloquartz", exchange(store, "k", "I drink xyloquartz"))
    with monkeypatch.context() as patch:
        patch.setattr(ForgettingTables, "erase", lambda _store: None)
        store.forget_memories("ana", [1])
    assert b"xyloquartz" in bytes_of(path)
    assert store.header()["erase.pending"] == "1"
    with open_store(path) as other:
        assert "erase.pending" not in other.header()
        assert b"xyloq" not in bytes_of(path)
    store.close()


def test_unknown_ids_users_and_blocks_are_refused_and_nothing_goes(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.db") as store:
        memory = add(store, "Ana sings", put(store))
        with pytest.raises(ConfigError, match="no memory 9"):
            store.forget_memories("ana", [memory, 9])
        with pytest.raises(ConfigError, match="no user bob"):
            store.forget_user("bob")
        for user, session in (("ana", "elsewhere"), ("bob", "s")):
            with pytest.raises(ConfigError, match=f"no session {session}: expected one in which {user}"):
                store.forget_session(user, session)
        with store.writing(), pytest.raises(ContractError, match="inside a block"):
            store.forget_user("ana")
        assert len(store.memories("ana")) == 1
        assert len(store.turns("ana")) == 2
