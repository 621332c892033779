"""The command line as a user meets it: help at once, a sentence for a mistake, the right exit code."""

import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import typer

from memlora_cli import commands as command_line
from memlora_cli.commands import COMMANDS, Command
from memlora_cli.main import main
from runtime_py.errors import ConfigError, MissingExtraError, ParityError


def with_command(monkeypatch: pytest.MonkeyPatch, function: Callable[..., Any]) -> None:
    monkeypatch.setitem(COMMANDS, "probe", Command("memory.exchange", "probe", "A probe."))
    monkeypatch.setattr("memlora_cli.memory.exchange.probe", function, raising=False)


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == main([]) == 0
    out = capsys.readouterr().out
    assert all(f"  {name} " in out for name in COMMANDS)


def test_help_imports_no_command() -> None:
    """What makes `memlora --help` instant: nothing but the standard library, whatever the machine's speed."""
    code = "import sys; from memlora_cli.main import main; main(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stderr.split()}
    assert not loaded & {"typer", "click", "rich", "numpy", "onnxruntime", "torch", "runtime_py", "distill", "export"}


def test_help_is_quick() -> None:
    """Seconds of processor time, so that other work on the machine does not count."""
    before = os.times()
    subprocess.run([sys.executable, "-m", "memlora_cli.main", "--help"], capture_output=True, check=True)
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    assert spent < 0.3


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = COMMANDS[name]
    assert hasattr(importlib.import_module(f"memlora_cli.{command.module}"), command.function)
    assert main([name, "--help"]) == 0
    assert "Usage: memlora" in capsys.readouterr().out


def test_an_unknown_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quantise"]) == 2
    assert "did you mean quantize?" in capsys.readouterr().err


def test_a_wrong_option_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["add", "bundle", "hi", "--strore", "x"]) == 2
    error = capsys.readouterr().err
    assert "No such option: --strore" in error
    assert "memlora add --help" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [(ConfigError("wrong x: expected 1,\n got 2"), 2), (ParityError("legs differ"), 1), (KeyboardInterrupt(), 130)],
)
def test_exit_codes(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def probe() -> None:
        raise error

    with_command(monkeypatch, probe)
    assert main(["probe"]) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "Traceback" not in said.err


def test_a_returned_number_is_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    with_command(monkeypatch, lambda: 1)
    assert main(["probe"]) == 1


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def probe() -> None:
        raise ZeroDivisionError

    with_command(monkeypatch, probe)
    with pytest.raises(ZeroDivisionError):
        main(["probe"])


@pytest.mark.parametrize(("package", "extra"), [("torch", "export"), ("executorch.runtime", "executorch")])
def test_a_missing_package_names_its_extra(
    package: str, extra: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def probe() -> None:
        raise ModuleNotFoundError(f"No module named {package!r}", name=package)

    with_command(monkeypatch, probe)
    assert main(["probe"]) == MissingExtraError.exit_code
    assert f"pip install 'memlora[{extra}]'" in capsys.readouterr().err


def test_a_missing_module_of_ours_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMMANDS, "probe", Command("nowhere", "probe", "A probe."))
    with pytest.raises(ModuleNotFoundError):
        main(["probe"])


def test_commands_are_functions_or_groups() -> None:
    for command in command_line.COMMANDS.values():
        target = getattr(importlib.import_module(f"memlora_cli.{command.module}"), command.function)
        assert isinstance(target, typer.Typer) or target.__doc__


def test_a_section_of_the_help_is_a_room() -> None:
    sections = command_line.SECTIONS.values()
    rooms = [{command.module.split(".")[0] for command in section.values()} for section in sections]
    assert rooms == [{"memory"}, {"bundle"}, {"judgement"}, {"reproduce"}]
