"""Retrieval against brute force in plain Python, and the cache against another writer."""

import math
import random
import sqlite3
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from runtime_py.errors import StoreError
from runtime_py.retrieval import Retrieval
from runtime_py.store.store import Store
from tests.runtime_py.script import WordEmbedder

EMBEDDER = WordEmbedder()
DAY = date(2023, 5, 8)


def fill(store: Store, texts: list[str], user: str = "ana") -> list[int]:
    vectors = EMBEDDER.embed(texts)
    return [store.add_memory(user, text, DAY, vector) for text, vector in zip(texts, vectors, strict=True)]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "s.db", EMBEDDER)


def test_near_is_exact(store: Store) -> None:
    dice = random.Random(5)
    words = ["river", "stone", "cloud", "lamp", "piano", "bread", "glass", "tower"]
    texts = list(dict.fromkeys(" ".join(dice.choices(words, k=4)) for _ in range(60)))
    ids = fill(store, texts)
    query = EMBEDDER.embed(["stone piano"])[0]
    cosines = [math.fsum(float(a) * float(b) for a, b in zip(query, v, strict=True)) for v in EMBEDDER.embed(texts)]
    expected = [i for _, i in sorted(zip((round(-c, 5) for c in cosines), ids, strict=True))]
    found = [(round(-hit.score, 5), hit.id) for hit in Retrieval(store).near("ana", query, len(ids))]
    assert [i for _, i in sorted(found)] == expected


def test_scores_by_hand(store: Store) -> None:
    """tea stands in two of the rows (weight 2 ** -1/4), rare in one, absent in none: both weigh 1."""
    ids = fill(store, ["tea rare", "tea", "other"])
    east, north = np.zeros((2, 64), np.float32)
    east[0] = north[1] = 1
    for row, vector in zip(ids, (east, north, -east), strict=True):
        store.update_memory("ana", row, f"{store.memories_by_id('ana', [row])[0].text} x", DAY, vector)
    hits = {hit.id: hit.score for hit in Retrieval(store).search("ana", "tea rare absent", east, 9)}
    weight = 2**-0.25
    total = 2 + weight
    expected = [(1 + 2 * (1 + weight) / total) / 3, 2 * weight / total / 3, 0]
    assert [round(hits[row], 12) for row in ids] == [round(score, 12) for score in expected]
    assert [hit.score for hit in Retrieval(store).search("ana", "?!", east, 9)] == [1, 0, 0]
    assert [hit.id for hit in Retrieval(store).search("ana", "?!", east, 9)] == ids


def test_scores_say_how_well_a_row_fits_whatever_else_is_stored(store: Store) -> None:
    fill(store, ["Ana was born in Zorptown", *(f"Ben likes number{n}" for n in range(30))])
    retrieval = Retrieval(store)

    def best(query: str) -> float:
        return retrieval.search("ana", query, EMBEDDER.embed([query])[0], 1)[0].score

    assert best("Ana was born in Zorptown") > 0.999
    assert 0.4 < best("Where was Ana born?") < 0.9
    assert best("quantum chromodynamics") < 0.2  # the toy embedder hashes words into 64 places


def test_words_find_what_vectors_miss(store: Store) -> None:
    ids = fill(store, ["Ana was born in Zorptown", *(f"Ana likes number{n}" for n in range(30))])
    far = EMBEDDER.embed(["entirely unrelated"])[0]
    hits = Retrieval(store).search("ana", "zorptown", far, 3)
    assert ids[0] in [hit.id for hit in hits]
    assert Retrieval(store).by_words("ana", "born", 5) == [ids[0]]
    assert Retrieval(store).by_words("ana", "?!", 5) == []


def test_function_words_are_looked_up_only_when_there_is_nothing_else(store: Store) -> None:
    ids = fill(store, ["Ana was in the choir", "Ben plays chess"])
    assert Retrieval(store).by_words("ana", "What does Ben do in the evening?", 5) == [ids[1]]
    assert Retrieval(store).by_words("ana", "was in the", 5) == [ids[0]]


def test_turns_are_found_by_their_speaker(store: Store) -> None:
    said = [("user", "Ana", "I sing"), ("assistant", "Ben", "I sing too"), ("user", "", "nobody said so")]
    turns = store.put_exchange("ana", "k", "s", DAY, said, "empty")
    assert Retrieval(store).by_words("ana", "Ben", 5, "turn") == [turns[1]]
    assert [turn.text for turn in store.turns("ana")] == [text for _, _, text in said]


def test_words_are_stemmed_and_accents_do_not_count(store: Store) -> None:
    ids = fill(store, ["Ana is painting a café"])
    assert Retrieval(store).by_words("ana", "paints", 5) == ids
    assert Retrieval(store).by_words("ana", "cafe", 5) == ids


def test_another_process_is_seen(store: Store) -> None:
    retrieval = Retrieval(store)
    query = EMBEDDER.embed(["Ana sings"])[0]
    fill(store, ["Ana sings"])
    assert len(retrieval.near("ana", query, 9)) == 1
    with Store(store.path, EMBEDDER) as other:
        added = fill(other, ["Ana sings in a choir"])[0]
    assert [hit.id for hit in retrieval.near("ana", query, 9)] == [1, added]
    store.supersede("ana", 1, None, None)
    assert [hit.id for hit in retrieval.near("ana", query, 9)] == [added]


def test_only_what_changed_is_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = fill(store, [f"Ana has thing{n}" for n in range(50)])
    retrieval, rows = Retrieval(store), store.rows
    read: list[int] = []

    def counted(sql: str, *values: object) -> list[sqlite3.Row]:
        found = rows(sql, *values)
        read.append(len(found) if "memory_sketches" in sql else 0)
        return found

    monkeypatch.setattr(store, "rows", counted)
    query = EMBEDDER.embed(["Ana"])[0]

    def sketches_read() -> int:
        read.clear()
        retrieval.near("ana", query, 1)
        return sum(read)

    assert (sketches_read(), sketches_read()) == (50, 0)
    fill(store, ["Ana sings"])
    assert sketches_read() == 1
    store.supersede("ana", ids[3], None, None)
    store.update_memory("ana", ids[4], "Ana hums", DAY, query)
    with Store(store.path, EMBEDDER) as other:
        fill(other, ["Ana dances"])
    assert (sketches_read(), sketches_read()) == (3, 0)


def break_off(store: Store, retrieval: Retrieval, memory: int) -> None:
    """A block that changes what is found, looks, and then fails."""
    with store.writing():
        store.supersede("ana", memory, None, None)
        lost = fill(store, ["Ana hums"])
        assert [hit.id for hit in retrieval.near("ana", EMBEDDER.embed(["Ana"])[0], 9)] == lost
        raise KeyError


def test_what_was_taken_back_is_not_found(store: Store) -> None:
    first = fill(store, ["Ana sings"])
    retrieval, query = Retrieval(store), EMBEDDER.embed(["Ana sings"])[0]
    with pytest.raises(KeyError):
        break_off(store, retrieval, first[0])
    assert [hit.id for hit in retrieval.near("ana", query, 9)] == first
    again = fill(store, ["Ana dances"])
    assert [hit.id for hit in retrieval.near("ana", query, 9)] == [*first, *again]


def test_other_users_change_nothing(tmp_path: Path) -> None:
    texts = ["Ana plays the piano", "Ana plays chess", "Ana bakes bread", "Ana has a piano and a chess board"]
    query, vector = "Who plays the piano and chess?", EMBEDDER.embed(["piano chess"])[0]
    found = []
    for others in (0, 300):
        with Store(tmp_path / f"{others}.db", EMBEDDER) as store:
            ids = fill(store, texts)
            fill(store, [f"Ben plays piano number{n}" for n in range(others)], "ben")
            hits = Retrieval(store).search("ana", query, vector, 9)
            found.append([(ids.index(hit.id), hit.score) for hit in hits])
    assert found[0] == found[1]
    assert len(found[0]) == len(texts)


def test_only_the_last_searched_are_held(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of any number of users, forgotten ones among them; every search finds the same."""
    monkeypatch.setattr("runtime_py.retrieval.search.MOST_HELD", 2)
    retrieval, vector = Retrieval(store), EMBEDDER.embed(["Ana"])[0]
    for user in ("ana", "bob", "eve"):
        fill(store, [f"Ana knows {user}"], user)
        retrieval.search(user, "Ana", vector, 1)
    store.forget_user("eve")
    for _ in range(2):
        found = [[hit.id for hit in retrieval.search(user, "Ana", vector, 1)] for user in ("ana", "bob", "eve")]
        assert found == [[1], [2], []]
    assert len(retrieval._held) == 2


def test_a_vector_of_another_length_is_a_sentence(store: Store) -> None:
    fill(store, ["Ana sings"])
    with pytest.raises(StoreError, match=r"expected a vector of 64 numbers, got shape \(3,\)"):
        Retrieval(store).near("ana", EMBEDDER.embed(["x"])[0][:3], 1)


def test_a_reindexed_store_is_searched_with_the_new_vectors(store: Store) -> None:
    ids = fill(store, ["Ana sings", "Ben hums"])
    retrieval, other = Retrieval(store), WordEmbedder("other", 32)
    retrieval.near("ana", EMBEDDER.embed(["Ana"])[0], 1)
    with Store(store.path, None) as writer:
        writer.reindex(other)
    assert [hit.id for hit in retrieval.near("ana", other.embed(["hums Ben"])[0], 1)] == [ids[1]]


def test_raw_turns_are_found_too(store: Store) -> None:
    texts = ["I moved to Zorp", "Really?"]
    said = [("user", "Ana", texts[0]), ("assistant", "Bob", texts[1])]
    store.put_exchange("ana", "k", "s", DAY, said, "empty", None, EMBEDDER.embed(texts))
    hits = Retrieval(store).search("ana", "moved to Zorp", EMBEDDER.embed(["moved to Zorp"])[0], 5, "turn")
    assert hits[0].id == 1
    assert Retrieval(store).near("ana", EMBEDDER.embed(["Zorp"])[0], 5) == []
