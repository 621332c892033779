"""A dialogue that is killed while it is remembered, and resumed."""

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from runtime_py.memory.ingest import Session, Tally, exchanges, ingest
from runtime_py.memory.memory import Memory
from runtime_py.memory.outcome import Outcome
from runtime_py.operations import UnparsableError
from runtime_py.operations.extract import ExtractInput, Message
from runtime_py.store.store import Store
from tests.runtime_py.script import Script, WordEmbedder, facts_said

DAY = date(2023, 5, 8)


def dialogue(count: int, turns: int = 5) -> list[Session]:
    """Sessions with an odd number of turns; some words come back, and every turn says one new fact."""
    return [
        Session(
            f"s{number}",
            DAY,
            tuple(Message("user" if t % 2 else "assistant", "Ana", f"Yes! *fact{number}x{t}*") for t in range(turns)),
        )
        for number in range(count)
    ]


def open_memory(path: Path, extract: Callable[[ExtractInput], Any] = facts_said) -> Memory:
    embedder = WordEmbedder()
    return Memory(Script(extract), embedder, Store(path, embedder))


def test_exchanges_stay_within_their_session() -> None:
    found = [(session.name, place, len(turns)) for session, place, turns in exchanges(dialogue(2, 3))]
    assert found == [("s0", "0", 2), ("s0", "2", 1), ("s1", "0", 2), ("s1", "2", 1)]


def test_a_dialogue_is_remembered_once(tmp_path: Path) -> None:
    seen: list[Outcome] = []
    with open_memory(tmp_path / "s.db") as memory:
        assert ingest(memory, "ana", dialogue(2), seen.append) == Tally(6, 0, 0, 0, {"ADD": 10}, ())
        assert ingest(memory, "ana", dialogue(2), seen.append) == Tally(0, 0, 0, 6, {}, ())
        assert len(memory.store.turns("ana")) == 10
    assert len(seen) == 12


def test_equal_words_at_two_places_are_two_exchanges(tmp_path: Path) -> None:
    again = Session("s", DAY, (Message("user", "Ana", "Yes!"), Message("assistant", "Bob", "No!")) * 2)
    with open_memory(tmp_path / "s.db") as memory:
        assert ingest(memory, "ana", [again]).empty == 2
        assert len(memory.store.turns("ana")) == 4


def test_failures_are_told_and_tried_again(tmp_path: Path) -> None:
    def refuse(_given: Any) -> Any:
        raise UnparsableError("expected JSON, got 'sorry'")

    with open_memory(tmp_path / "s.db", extract=refuse) as memory:
        tally = ingest(memory, "ana", dialogue(1))
    assert (tally.failed, tally.failures[0]) == (3, "expected JSON, got 'sorry'")
    with open_memory(tmp_path / "s.db") as memory:
        assert ingest(memory, "ana", dialogue(1)).stored == 3
        assert len(memory.store.turns("ana")) == 5


_INGEST = """
import sys, time
from pathlib import Path
from runtime_py.memory.ingest import ingest
from tests.runtime_py.memory.test_ingest import dialogue, open_memory

with open_memory(Path(sys.argv[1])) as memory:
    ingest(memory, "ana", dialogue(20), lambda _outcome: (print(".", flush=True), time.sleep(0.002)))
"""


def test_killed_at_any_moment_and_resumed(tmp_path: Path) -> None:
    """Three kills at different places, then to the end: every turn once and in order, every fact once."""
    path = tmp_path / "s.db"
    for done in (3, 11, 8):
        process = subprocess.Popen([sys.executable, "-c", _INGEST, str(path)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        for _ in range(done):
            assert process.stdout.readline() == b".\n"
        time.sleep(0.001 * done)
        process.kill()
        process.wait()
        process.stdout.close()
    with open_memory(path) as memory:
        tally = ingest(memory, "ana", dialogue(20))
        assert tally.known >= 11
        assert tally.known + tally.stored == 60
        said = [turn.text for turn in memory.store.turns("ana")]
        assert said == [message.text for session in dialogue(20) for message in session.turns]
        facts = [found.text for found in memory.get_all("ana")]
        assert facts == [text.split("*")[1] for text in said]
        assert memory.store.rows("PRAGMA integrity_check")[0][0] == "ok"
