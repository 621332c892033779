"""list, edit, forget, check and backup; users that are not there; and no text that steers the terminal."""

import json
from pathlib import Path

import pytest

from memlora_cli.main import main
from memlora_cli.terminal import visible
from runtime_py.store import default_store
from tests.cli.test_memory_commands import script  # noqa: F401 (a fixture)

pytestmark = pytest.mark.usefixtures("script")


def _said(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def test_listed_edited_forgotten(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    main(["add", "b", "*Tom lives in Zwolle*"])
    main(["add", "b", "*Tom owns a Volvo*"])
    _said(capsys)
    assert main(["list"]) == 0
    assert _said(capsys) == "1: Tom lives in Zwolle\n2: Tom owns a Volvo\n"
    assert main(["edit", "b", "1", "Tom lives in Deventer"]) == 0
    assert _said(capsys) == "1: Tom lives in Deventer\n"
    assert main(["forget", "2"]) == 0
    assert "forgotten: 1 memories" in _said(capsys)
    assert not any(b"Volvo" in path.read_bytes() for path in tmp_path.glob("memlora.db*"))
    assert main(["forget", "--everything", "--json"]) == 0
    assert json.loads(_said(capsys))["memories"] == [1]
    assert not any(b"Deventer" in path.read_bytes() for path in tmp_path.glob("memlora.db*"))


def test_what_was_said_again_is_told_and_can_be_forgotten(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A fact that is known already is behind no memory the second time, so that its words would stay unseen."""
    main(["add", "b", "*Tom lives in Zwolle*"])
    main(["add", "b", "As I said: *Tom lives in Zwolle*."])
    main(["add", "b", "Zwolle is far"])
    _said(capsys)
    assert main(["forget", "1"]) == 0
    assert _said(capsys) == (
        "forgotten: 1 memories, 1 turns\nturn 2 says so too: `memlora forget --turn 2` forgets it\n"
    )
    assert main(["forget", "--turn", "1"]) == 2
    assert "no turn 1" in capsys.readouterr().err
    assert main(["forget", "--turn", "2"]) == 0
    assert _said(capsys) == "forgotten: 0 memories, 1 turns\n"
    assert not any(b"lives" in path.read_bytes() for path in tmp_path.glob("memlora.db*"))
    main(["add", "b", "*Tom owns a Volvo*"])
    main(["add", "b", "Yes, *Tom owns a Volvo*"])
    _said(capsys)
    assert main(["forget", "2", "--json"]) == 0
    assert json.loads(_said(capsys))["said_again"] == [5]


def test_undone(capsys: pytest.CaptureFixture[str]) -> None:
    main(["add", "b", "*Tom lives in Zwolle*"])
    main(["add", "b", "*Tom owns a Volvo*"])
    _said(capsys)
    assert main(["undo", "b"]) == 0
    assert _said(capsys) == "taken back: *Tom owns a Volvo*\nforgotten 2\n"
    assert main(["undo", "b", "--json"]) == 0
    assert json.loads(_said(capsys)) == {"said": ["*Tom lives in Zwolle*"], "forgotten": [1], "restored": []}
    assert main(["undo", "b"]) == 2
    assert "nothing to undo" in capsys.readouterr().err


def test_a_copy_and_a_check(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    main(["add", "b", "*Tom lives in Zwolle*"])
    assert main(["backup", "copy.db"]) == 0
    _said(capsys)
    assert main(["list", "--store", "copy.db"]) == 0
    assert "Zwolle" in _said(capsys)
    assert main(["backup", "copy.db"]) == 2
    assert main(["check"]) == 0
    assert _said(capsys) == f"{default_store()}: nothing is wrong\n"
    (tmp_path / "copy.db").write_bytes(b"not a store" * 100)
    assert main(["check", "--store", "copy.db"]) == 1


@pytest.mark.parametrize(
    "arguments", [["list"], ["history"], ["ask", "b", "Where?"], ["search", "b", "x"], ["forget", "1"]]
)
def test_a_user_who_is_not_there_is_told_who_is(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main(["add", "b", "*Tom lives in Zwolle*"])
    assert main([*arguments, "--user", "tmo"]) == 2
    assert "no user 'tmo' in" in (error := capsys.readouterr().err)
    assert "expected one of me" in error


def test_forgetting_says_what(capsys: pytest.CaptureFixture[str]) -> None:
    main(["add", "b", "*Tom lives in Zwolle*"])
    assert main(["forget"]) == 2
    assert main(["forget", "1", "--everything"]) == 2
    assert main(["forget", "99999999999999999999"]) == 2
    assert main(["forget", "7"]) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("steering", ["\x1b[2J", "\x1b]52;c;aGk=\x07", "\x9b31m", "\x7f", "\r"])
def test_no_text_steers_the_terminal(steering: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["add", "b", f"*Tom {steering} lives*"])
    main(["list"])
    main(["history", "1"])
    main(["search", "b", "Tom", "--turns"])
    main(["search", "b", "Tom", "--json"])
    main(["ask", "b", f"Who {steering}?"])
    main(["ask", "b", "Who?", "--user", steering])
    shown = capsys.readouterr()
    assert not set(shown.out + shown.err) & {chr(c) for c in (*range(9), *range(11, 32), *range(127, 160))}
    assert "lives" in shown.out


def test_controls_are_written_out() -> None:
    assert visible("a\x1b[31m\tb\nc\x9b") == "a\\x1b[31m\tb\nc\\x9b"
