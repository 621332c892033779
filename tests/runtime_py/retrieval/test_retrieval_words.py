"""Keyword search: its score by hand, and what it leaves out when words are common."""

from pathlib import Path

import pytest

from runtime_py.retrieval import words as retrieval_words
from runtime_py.retrieval.search import Retrieval
from runtime_py.store.store import Store
from tests.runtime_py.script import WordEmbedder

EMBEDDER = WordEmbedder()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "s.db", EMBEDDER)


def fill(store: Store, texts: list[str]) -> None:
    with store.writing():
        for text, vector in zip(texts, EMBEDDER.embed(texts), strict=True):
            store.add_memory("ana", text, None, vector)


def test_rare_words_weigh_more_and_words_add_up(store: Store) -> None:
    """tea is in 4 rows: 4 ** -1/4 = .71; cup in 2: .84; pot in 2: .84."""
    fill(store, ["tea one", "tea cup two", "tea three", "cup pot four", "pot five", "tea six"])
    assert Retrieval(store).by_words("ana", "tea cup pot", 9) == [4, 2, 5, 1, 3, 6]
    assert Retrieval(store).by_words("ana", "tea cup pot", 2) == [4, 2]


def test_common_words_only_add_to_rows_that_rare_ones_found(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrieval_words, "ROWS", 3)
    fill(store, ["dog alpha", "dog beta", "dog gamma", "dog delta", "rare alone", "rare dog", "other rare"])
    assert Retrieval(store).by_words("ana", "rare dog", 3) == [6, 5, 7]


def test_of_common_words_alone_the_newest_rows_are_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrieval_words, "ROWS", 3)
    fill(store, [f"dog cat number{n}" for n in range(6)] + ["dog only"])
    assert Retrieval(store).by_words("ana", "cat dog", 3) == [4, 5, 6]


def test_a_deep_search_reads_as_many_rows_as_it_gives(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrieval_words, "ROWS", 3)
    fill(store, [f"dog number{n}" for n in range(9)])
    assert Retrieval(store).by_words("ana", "dog", 9) == list(range(1, 10))


def test_changed_and_deleted_rows(store: Store) -> None:
    fill(store, ["tea one", "tea two", "tea three"])
    store.update_memory("ana", 1, "coffee", None, EMBEDDER.embed(["coffee"])[0])
    store.supersede("ana", 2, None, None)
    retrieval = Retrieval(store)
    assert (retrieval.by_words("ana", "tea", 9), retrieval.by_words("ana", "coffee", 9)) == ([3], [1])
    assert retrieval.by_words("nobody", "tea", 9) == []
