"""What a photo costs: ways are timed in turns, and a bundle of text is refused."""

from pathlib import Path

import pytest

from benchmarks.photos import costs
from runtime_py.errors import ConfigError


def test_ways_take_turns_and_the_first_run_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    took = {"photo": 2.1, "text": 2.0}
    monkeypatch.setattr(costs, "_time", lambda call: {"cpu_ms": took[call()] * (10 if len(called) < 5 else 1)})

    def call(name: str) -> str:
        called.append(name)
        return name

    ways = {name: [lambda name=name: call(name)] * 2 for name in took}
    told = costs.timed(ways, 3, ratio=("photo", "text"))
    assert called[:4] == ["photo", "text", "photo", "text"]
    assert told == {"photo": {"cpu_ms": 2.1, "n": 6}, "text": {"cpu_ms": 2.0, "n": 6}, "ratio": 1.05}


def test_a_bundle_of_text_is_refused(tiny_bundle: Path) -> None:
    with pytest.raises(ConfigError, match="expected a bundle that reads pictures, got one of text"):
        costs.measure(tiny_bundle, 1)
