"""The comparison on a JVM: what is said, what is counted."""

import sys
from itertools import islice
from pathlib import Path

import pytest

from benchmarks.jvm.figures import figures
from benchmarks.jvm.talk import fill, open_memory, turns
from benchmarks.jvm.workers import Worker
from runtime_py.bundle import Bundle


def row(
    kotlin_ms: float, engine_ms: float, python_ms: float, peer_ms: float, answer: str
) -> dict[str, dict[str, object]]:
    kotlin: dict[str, object] = {"add_ms": kotlin_ms / 4, "ask_ms": kotlin_ms * 3 / 4, "engine_ms": engine_ms}
    kotlin |= {"busy_ms": kotlin_ms, "engine_busy_ms": engine_ms - 5}
    python = {"add_ms": python_ms / 2, "ask_ms": python_ms / 2}
    told = {"memories": ["ADD I live in Oslo."], "answer": "Oslo"}
    return {
        "kotlin": {**kotlin, **told},
        "python": {**python, **told, "answer": answer},
        "peer": {"ms": peer_ms, "calls": 2, "same": 1},
    }


def test_figures_are_medians_of_turns_side_by_side() -> None:
    found = figures([row(100, 90, 110, 150, "Oslo"), row(200, 196, 180, 400, "Rome"), row(300, 285, 300, 300, "Oslo")])
    assert found["kotlin, ms"] == 200
    assert found["kotlin, add_ms"] == 50
    assert found["kotlin outside the engines, ms"] == 10
    assert found["kotlin outside the engines, share"] == 0.05
    assert found["kotlin outside the engines, processor ms"] == 15
    assert found["python over kotlin"] == 1.0
    assert found["peer over kotlin"] == 1.5
    assert found["peer, same texts"] == (3, 6)
    assert found["turns equal in kotlin and python"] == 2


def test_a_question_is_about_the_exchange_before_it() -> None:
    found = list(islice(turns(), 72))
    assert len({turn.session for turn in found}) > 24
    assert all(turn.question and turn.messages and turn.date for turn in found)


@pytest.mark.slow
def test_a_store_is_filled(tiny_bundle: Path, tmp_path: Path) -> None:
    bundle = Bundle.open(tiny_bundle)
    fill(bundle, tmp_path / "store.db", 60)
    with open_memory(bundle, tmp_path / "store.db") as memory:
        assert len(memory.get_all("me")) >= 60


def test_a_worker_that_dies_says_how(tmp_path: Path) -> None:
    worker = Worker([sys.executable, "-c", "import sys; sys.exit('no luck')"], tmp_path / "log.txt")
    with pytest.raises(RuntimeError, match="exit code 1: no luck"):
        worker.ask("{}")
