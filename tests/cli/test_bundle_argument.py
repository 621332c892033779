"""The bundle is an argument or `MEMLORA_BUNDLE`'s, whatever the command's other arguments are."""

import inspect
from pathlib import Path
from typing import Any

import pytest

from memlora_cli.commands import COMMANDS, load
from memlora_cli.main import main
from memlora_cli.memory import chat, exchange, ingest

WORDS = {
    "chat": [],
    "add": ["*Ana sings*"],
    "ask": ["Who sings?"],
    "search": ["sings"],
    "edit": ["1", "Ana dances"],
    "undo": [],
    "ingest": ["d.jsonl"],
    "mcp": [],
    "serve": [],
    "reindex": [],
    "verify": [],
    "eval": [],
    "link": ["adapters/extract"],
    "parity": [],
    "bench": [],
}


@pytest.fixture(autouse=True)
def _in_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MEMLORA_BUNDLE", raising=False)


def arguments(name: str) -> list[str]:
    return [name, "quick"] if name == "bench" else [name]


def test_every_command_with_a_bundle_is_here() -> None:
    with_bundle = {
        name for name in COMMANDS if callable(f := load(name)) and "bundle" in inspect.signature(f).parameters
    }
    assert set(WORDS) == with_bundle | {"bench"}


@pytest.mark.parametrize("name", WORDS)
def test_without_both_one_sentence_says_what_to_do(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*arguments(name), *WORDS[name]]) == 2
    assert capsys.readouterr().err == (
        "no bundle: expected a folder or MEMLORA_BUNDLE, got none; name the bundle's folder\n"
    )


@pytest.mark.parametrize("name", ["chat", "add", "ask", "search", "edit", "undo"])
@pytest.mark.parametrize("is_named", [True, False])
def test_the_bundle_that_is_opened(name: str, is_named: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    class OpenedError(Exception):
        pass

    def open_memory(bundle: Path, *_others: Any) -> None:
        raise OpenedError(str(bundle))

    for module in (chat, exchange, ingest):
        monkeypatch.setattr(module, "open_memory", open_memory)
    Path("s.db").touch()
    monkeypatch.setenv("MEMLORA_BUNDLE", "of-the-variable")
    with pytest.raises(OpenedError, match="named" if is_named else "of-the-variable"):
        main([name, "--store", "s.db", *(["named"] if is_named else []), *WORDS[name]])


def test_a_word_that_is_missing_beside_a_bundle_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "manifest.json").touch()
    assert main(["ask", "b"]) == 2
    assert "Missing argument 'question'" in capsys.readouterr().err


def test_the_variable_is_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "--help"]) == 0
    assert "MEMLORA_BUNDLE" in capsys.readouterr().out
