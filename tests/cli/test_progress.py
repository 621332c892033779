"""The one way in which work says where it is, and how it is drawn."""

from pathlib import Path

import pytest

from memlora_cli.terminal import drawn_progress
from runtime_py.progress import Steps

ROOT = Path(__file__).parents[2]


def test_steps_count_and_say_what_was_done() -> None:
    told: list[tuple[object, ...]] = []
    steps = Steps(lambda *what: told.append(what), "labels", 2)
    steps.advance()
    steps.advance("row 2")
    assert told == [("labels", 1, 2, ""), ("labels", 2, 2, "row 2")]


def test_each_work_has_a_bar_with_its_newest_note(capsys: pytest.CaptureFixture[str]) -> None:
    with drawn_progress() as progress:
        progress("first", 1, 3, "one")
        progress("second [red]", 2, 2)
        progress("first", 3, 3, "three")
    out, drawn = capsys.readouterr()
    assert out == ""
    lines = drawn.strip().split("\n")
    assert [lines[-2].split("━")[0].strip(), lines[-2].split()[-3]] == ["first, three", "3/3"]
    assert lines[-1].startswith("second [red]")


def test_only_the_command_line_draws() -> None:
    drawing = [
        path.relative_to(ROOT).as_posix()
        for room in ("runtime_py", "calibration", "distill", "export", "evaluation")
        for path in (ROOT / room).rglob("*.py")
        if "rich.progress" in path.read_text("utf-8")
    ]
    assert drawing == []
