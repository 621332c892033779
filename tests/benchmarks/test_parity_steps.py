"""Parity over a dataset's own prompts, on the embedded base and few of them."""

import json
from collections import Counter
from pathlib import Path

import pytest

from benchmarks import parity_steps
from runtime_py.bundle import Bundle
from runtime_py.parity import LegResult
from tests.conftest import TINY

INPUTS = Path(__file__).parents[2] / "export" / "golden_inputs"
OPERATIONS = ("extract", "generate", "update")
STEPS = 5  # of each operation


@pytest.fixture
def words(tiny_bundle: Path, tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command line, over two rows of each operation."""
    monkeypatch.setattr(parity_steps, "AT_ONCE", 1)
    for name in OPERATIONS:
        rows = (INPUTS / f"{name}.jsonl").read_text("utf-8").splitlines(keepends=True)
        (tmp_path / name).mkdir()
        (tmp_path / name / "validation.jsonl").write_text("".join(rows[:2]), "utf-8")
    places = {"--base": tiny_base, "--adapters": TINY / "adapters", "--data": tmp_path}
    return [str(tiny_bundle), *(str(word) for option in places.items() for word in option), "--steps"]


def test_each_leg_takes_its_share_of_steps(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code = parity_steps.main([*words, str(STEPS * len(OPERATIONS))])
    legs = json.loads(capsys.readouterr().out)["legs"]
    assert Counter(row["operation"] for row in legs) == dict.fromkeys(OPERATIONS, 2)
    assert {row["leg"] for row in legs} == {"torch_arbiter", "onnx"}
    assert all(row["steps"] >= STEPS for row in legs)
    assert (code, [row for row in legs if not row["passed"]]) == (0, [])


def test_a_leg_that_fails_is_told(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LegResult, "passed", False)
    monkeypatch.setattr(parity_steps, "prove_torch", lambda *_: [])
    assert parity_steps.main([*words, "3"]) == 1
    assert not any(row["passed"] for row in json.loads(capsys.readouterr().out)["legs"])


def test_too_few_rows_are_said(words: list[str]) -> None:
    with pytest.raises(SystemExit, match=r"extract/validation\.jsonl: too few rows for 500 steps"):
        parity_steps.main([*words, "1500"])


def test_a_killed_proof_leaves_nothing_in_the_bundle(
    words: list[str], tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a kill would leave is what lies there while the arbiter is at work."""

    def kill(*_engines: object) -> None:
        Bundle.open(tiny_bundle)
        raise KeyboardInterrupt

    monkeypatch.setattr(parity_steps, "make_golden", kill)
    with pytest.raises(KeyboardInterrupt):
        parity_steps.main([*words, "3"])
