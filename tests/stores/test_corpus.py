"""The verdict corpus of stores: each opens without a fault or is refused for the reason that stands beside it."""

import json
from pathlib import Path

import pytest

from runtime_py.retrieval import Retrieval
from runtime_py.store import Store, check_store
from tests.stores.make import BAD, GOOD, Verdict, vector, write_corpus


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Verdict]]:
    folder = tmp_path_factory.mktemp("stores")
    return folder, write_corpus(folder)


@pytest.mark.parametrize("name", [*GOOD, *BAD])
def test_verdict(corpus: tuple[Path, dict[str, Verdict]], name: str) -> None:
    folder, verdicts = corpus
    wanted, faults = verdicts[f"{name}.db"], check_store(folder / f"{name}.db")
    assert (wanted.reason is None) == name.startswith("y_")
    if wanted.reason is None:
        assert faults == []
        return
    assert wanted.names is not None
    assert faults, "no fault was found"
    assert faults[0].reason == wanted.reason, faults
    assert wanted.names in faults[0].message


def test_the_corpus_says_its_verdicts(corpus: tuple[Path, dict[str, Verdict]]) -> None:
    folder, verdicts = corpus
    told = json.loads((folder / "verdicts.json").read_text(encoding="utf-8"))
    assert {name: Verdict(**row) for name, row in told.items()} == verdicts
    assert {path.name for path in folder.glob("*.db")} == set(told)
    assert {verdict.reason for verdict in verdicts.values()} == {
        None,
        "malformed bytes",
        "invalid values",
        "unlinkable parts",
    }


@pytest.mark.parametrize("name", ["y_whole", "y_no_sketches", "y_empty_sketches", "y_other_page_size"])
def test_a_good_store_is_searched(corpus: tuple[Path, dict[str, Verdict]], name: str) -> None:
    with Store(corpus[0] / f"{name}.db", None) as store:
        retrieval = Retrieval(store)
        assert {hit.id for hit in retrieval.near("zoë", vector(4), 9)} == {2, 3}
        assert retrieval.near("zoë", vector(4), 1)[0].id == 2
        assert retrieval.by_words("zoë", "Kluvo", 9, "past") == [1]
        assert retrieval.by_words("zoë", "BLUMENSTRASSE", 9, "turn") == [1]
        assert retrieval.by_words("zoë", "北京", 9, "turn") == [2]
