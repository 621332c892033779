"""What the guard lets through, and what it keeps in the place of an invention."""

from datetime import date
from pathlib import Path

import pytest

from runtime_py.memory.extraction import guard
from runtime_py.memory.memory import Memory
from runtime_py.memory.outcome import Stored
from runtime_py.operations.extract import Message
from runtime_py.store import Store
from tests.runtime_py.script import Script, WordEmbedder

DAY = date(2026, 5, 8)
SAID = [Message("user", "Ann", "My sister Vera moved to Ghent last Friday. She brought her two cats.")]


@pytest.mark.parametrize(
    ("fact", "kept"),
    [
        ("Ann's sister Vera moved to Ghent on 1 May 2026", "Ann's sister Vera moved to Ghent on 1 May 2026"),
        ("Ann's sister is called Vera", "Ann's sister is called Vera"),
        ("Ann's sister Vera moved to Paris", "Ann's sister Vera moved to Ghent last Friday [1 May 2026]."),
        ("Ann's brother Vera moved to Ghent", "Ann's sister Vera moved to Ghent last Friday [1 May 2026]."),
        ("Vera moved to Ghent on 2 May 2026", "Ann's sister Vera moved to Ghent last Friday [1 May 2026]."),
        ("She has three cats", "She brought her two cats."),
    ],
)
def test_an_invention_becomes_its_sentence(fact: str, kept: str) -> None:
    found = guard([fact], SAID, DAY)
    assert found.facts == (kept,)
    assert found.refused == (() if fact == kept else (fact,))


def test_what_shares_nothing_leaves_nothing() -> None:
    assert guard(["Zebras swim"], SAID, DAY) == guard(["Zebras swim"], SAID, None)
    assert guard(["Zebras swim"], SAID, DAY).facts == ()


def test_the_outcome_counts_what_was_refused(tmp_path: Path) -> None:
    embedder = WordEmbedder()
    script = Script(extract=lambda _given: ["Ann lives in Rome", "Ann has a horse in Rome"])
    with Memory(script, embedder, Store(tmp_path / "store.db", embedder)) as memory:
        outcome = memory.add([Message("user", "Ann", "I live in Rome with a dog.")], "ann", DAY)
        assert isinstance(outcome, Stored)
        assert outcome.ungrounded == ("Ann has a horse in Rome",)
        assert outcome.to_json()["ungrounded"] == ["Ann has a horse in Rome"]
        assert [m.text for m in memory.get_all("ann")] == ["Ann lives in Rome", "Ann lives in Rome with a dog."]
