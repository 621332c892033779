"""The shell's script, what it asks for, and the versions."""

import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from memlora_cli.commands import COMMANDS
from memlora_cli.main import main
from runtime_py.store import STORE_VERSION

RUN = f"{sys.executable} -m memlora_cli.main"


def bash(line: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A line in a bash of its own, which is the shell that is found."""
    known = {**os.environ, **environment, "HOME": str(home)}
    return subprocess.run(["bash", "--norc", "-c", f"{line}; exit $?"], capture_output=True, text=True, env=known)


def completed(words: str, tmp_path: Path) -> list[str]:
    """What the shell's script asks for the last of `words`."""
    asked = {"_MEMLORA_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1)}
    done = bash(RUN, tmp_path, **asked)
    assert done.stderr == ""
    return done.stdout.split()


def test_the_script_for_bash_is_printed_and_is_bash(tmp_path: Path) -> None:
    done = bash(f"{RUN} --show-completion", tmp_path)
    assert done.returncode == 0
    assert "_MEMLORA_COMPLETE=complete_bash" in done.stdout
    assert subprocess.run(["bash", "-n"], input=done.stdout, text=True).returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_it_is_installed_for_the_shell_it_is_called_from(tmp_path: Path) -> None:
    done = bash(f"{RUN} --install-completion", tmp_path)
    assert done.returncode == 0
    script = tmp_path / ".bash_completions" / "memlora.sh"
    assert "complete -o default -F" in script.read_text()
    assert str(script) in (tmp_path / ".bashrc").read_text()


def test_commands_and_their_options_are_completed(tmp_path: Path) -> None:
    assert completed("memlora qu", tmp_path) == ["quantize"]
    assert set(completed("memlora ", tmp_path)) == set(COMMANDS)
    assert completed("memlora list --st", tmp_path) == ["--store"]
    assert completed("memlora import lo", tmp_path) == ["locomo"]


@pytest.mark.parametrize("name", COMMANDS)
def test_short_help_is_the_same_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    long = capsys.readouterr().out
    assert main([name, "-h"]) == 0
    assert capsys.readouterr().out == long
    assert "-h" in long


def test_subcommands_have_short_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "chat", "-h"]) == main(["bench", "quick", "-h"]) == 0
    assert capsys.readouterr().out.count("Usage: memlora") == 2


def test_versions_of_programs_and_formats(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["memlora"] == version("memlora")
    assert told["python"] == platform.python_version()
    assert told["onnxruntime"] == version("onnxruntime")
    assert told["formats"]["store"] == STORE_VERSION
    assert main(["--version"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"memlora {version('memlora')}"
    assert f"store {STORE_VERSION}" in lines[-1]


def test_a_package_that_is_not_installed_has_no_version(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from importlib.metadata import PackageNotFoundError

    def without_executorch(package: str) -> str:
        if package in ("executorch", "onnxruntime-qnn"):
            raise PackageNotFoundError
        return "1.0"

    monkeypatch.setattr("memlora_cli.versions.version", without_executorch)
    assert main(["--version", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"memlora", "python", "onnxruntime", "formats"}


def test_an_option_beside_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version", "--yaml"]) == 2
    assert "--yaml" in capsys.readouterr().err
