"""`memlora label`: an estimate, a run, and mistakes in one sentence."""

import builtins
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.made.talks import talks
from benchmarks.made.teacher import FakeTeacher
from memlora_cli.main import main
from runtime_py.dialogues import write_dialogues


@pytest.fixture
def teacher() -> Iterator[FakeTeacher]:
    opened = FakeTeacher().open()
    yield opened
    opened.close()


@pytest.fixture
def asked(teacher: FakeTeacher, tmp_path: Path) -> list[str]:
    write_dialogues(tmp_path / "d.jsonl", talks(5))
    named = ["--teacher", teacher.url, "--teacher-model", "fake", "--out", str(tmp_path / "out")]
    return ["distill", "label", str(tmp_path / "d.jsonl"), *named]


def test_an_estimate_then_a_run(
    asked: list[str], teacher: FakeTeacher, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*asked, "--dry-run", "--price-in", "1", "--price-out", "4", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["reads"], told["updates"]) == (30, 25)
    assert told["cost"] > 0
    assert not (tmp_path / "out").exists()
    assert not teacher.counts.asked
    assert main(asked) == 0
    assert "requests: " in capsys.readouterr().out
    assert main(["label", *asked[2:], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["requests"] == 0
    assert main([*asked, "--dry-run"]) == 0
    assert "calls, at most: 25" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [(["--on", "mars"], "expected local or ray, got mars"), (["--workers", "2"], "expected 1 with --on local, got 2")],
)
def test_mistakes_are_one_sentence(
    asked: list[str], words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*asked, *words]) == 2
    assert sentence in capsys.readouterr().err


def test_ray_that_is_missing_is_one_sentence(
    asked: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = builtins.__import__

    def without_ray(name: str, *given: Any, **named: Any) -> Any:
        if name.partition(".")[0] == "ray":
            raise ModuleNotFoundError("No module named 'ray'", name="ray")
        return real(name, *given, **named)

    monkeypatch.delitem(__import__("sys").modules, "distill.labelling.on_ray", raising=False)
    monkeypatch.setattr(builtins, "__import__", without_ray)
    assert main([*asked, "--on", "ray"]) == 2
    assert "pip install 'memlora[ray]'" in capsys.readouterr().err
