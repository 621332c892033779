"""The one way in which work says where it is, and how it is drawn."""

import re
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


def test_each_work_has_a_bar_with_its_newest_note(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rich.console.Console.is_terminal", True)
    with drawn_progress() as progress:
        progress("first", 1, 3, "one")
        progress("second [red]", 2, 2)
        progress("first", 3, 3, "three")
    out, drawn = capsys.readouterr()
    assert out == ""
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn).splitlines()
    bars = {line.split("━")[0].strip(): line.split()[-3] for line in lines if "━" in line}
    assert (bars["first, three"], bars["second [red]"]) == ("3/3", "2/2")


def test_a_file_gets_lines_now_and_then(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 1.0, 12.0, 13.0, 14.0])
    monkeypatch.setattr("time.monotonic", lambda: next(moments))
    with drawn_progress() as progress:
        progress("rows", 1, 900)
        progress("rows", 2, 900, "two\x1b")
        progress("rows", 3, 900)
        progress("rows", 900, 900)
    assert capsys.readouterr().err == "rows 2/900, 12 s, about 9878 s left: two\\x1b\nrows 900/900, 14 s\n"


def test_only_the_command_line_draws() -> None:
    drawing = [
        path.relative_to(ROOT).as_posix()
        for room in ("runtime_py", "calibration", "distill", "export", "evaluation")
        for path in (ROOT / room).rglob("*.py")
        if "rich.progress" in path.read_text("utf-8")
    ]
    assert drawing == []
