"""Every argument of every command on a memory: a result or one sentence, whatever bytes the shell hands over."""

import io
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer

from memlora_cli.commands import SECTIONS, open_command
from memlora_cli.main import main
from tests.cli.test_memory_commands import script  # noqa: F401 (a fixture)

VALUES = ["\udcff", "x" * 5000, "", "-1", "100000000000000000000", "\x1b[2J", "/", "."]
COMMANDS = [name for name in SECTIONS["Use a memory"] if name != "reindex"]  # which needs a bundle's embedder
MOST_LETTERS = 1100

pytestmark = pytest.mark.usefixtures("script")


def parameters(name: str) -> list[Any]:
    command: Any = typer.main.get_command(open_command(name))
    return [param for param in command.params if not getattr(param, "is_flag", False)]


def arguments(name: str, hostile: Any, value: str) -> list[str]:
    """The command with `value` for the parameter `hostile` and other required ones something harmless."""
    options: list[str] = []
    words: list[str] = []
    for param in parameters(name):
        harmless = {"memory": "1", "photo": "1", "out": "copy.db"}.get(param.name, "some") if param.required else None
        given = value if param.name == hostile.name else harmless
        if given is not None and param.param_type_name == "argument":
            words.append(given)
        elif given is not None:
            options.append(f"{param.opts[0]}={given}")
    return [name, *options, "--", *words]


class _Stream(io.TextIOWrapper):
    """A stream as a UTF-8 terminal has it, which takes no half of a surrogate pair."""

    def __init__(self, errors: str) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", errors=errors)

    def text(self) -> str:
        self.flush()
        self.seek(0)
        return self.read()


@pytest.mark.parametrize(
    ("name", "param"), [pytest.param(n, p, id=f"{n}-{p.name}") for n in COMMANDS for p in parameters(n)]
)
def test_a_result_or_a_sentence(name: str, param: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    main(["add", "b", "*Tom lives in Zwolle*"])
    for value in VALUES:
        out, err = _Stream("strict"), _Stream("backslashreplace")
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdout", out)
            patched.setattr(sys, "stderr", err)
            patched.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(), isatty=lambda: False))
            code = main(arguments(name, param, value))
        said = err.text()
        assert "Traceback" not in said
        assert len(said) < MOST_LETTERS
        assert code == 0 or (code in (1, 2) and said.count("\n") <= 1)


def test_bytes_on_stdin(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    typed = SimpleNamespace(buffer=io.BytesIO(b"*a\0b \xff*"), isatty=lambda: False)
    monkeypatch.setattr("sys.stdin", typed)
    assert main(["add", "b", "-"]) == 0
    assert capsys.readouterr().out == "remembered 1: a\\x00b \N{REPLACEMENT CHARACTER}\n"


def test_an_output_without_a_name(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["quantize", "nothing", "--out", "/"]) == 2
    assert "wrong --out: expected the name of a file or folder, got /" in capsys.readouterr().err
