"""No command writes over what it reads: each pair of an output and an input, at one place, around it, inside it."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import pytest
import typer

from memlora_cli.arguments import OUTPUTS, refuse_overwriting
from memlora_cli.commands import COMMANDS, open_command
from memlora_cli.main import main
from runtime_py.errors import ConfigError

WITHOUT_INPUTS = {("corpus",), ("import", "written"), ("import", "scenes"), ("demo",), ("pull",)}
NAMES_OR_PATHS = {"source", "checkpoint", "teacher"}


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command and subcommand with the parameters of its own."""
    for name in COMMANDS:
        command = typer.main.get_command(open_command(name))
        for child, leaf in getattr(command, "commands", {"": command}).items():
            yield ((name, child) if child else (name,)), leaf


def is_path(command: Any, name: str) -> bool:
    hint = get_type_hints(inspect.unwrap(command.callback)).get(name)
    return "Path" in str(hint)


def pairs() -> list[Any]:
    found = []
    for words, command in commands():
        outputs = [param for param in command.params if param.name in OUTPUTS]
        read = [
            param
            for param in command.params
            if param.name not in OUTPUTS and (is_path(command, param.name) or param.name in NAMES_OR_PATHS)
        ]
        for output in outputs:
            for given in read:
                identity = f"{' '.join(words)} {output.name}-{given.name}"
                found.append(pytest.param(words, command, output.name, given.name, id=identity))
    return found


def arguments(command: Any, places: dict[str, str]) -> list[str]:
    """`places` at the parameters so named, other required ones somewhere else."""
    options: list[str] = []
    positional: list[str] = []
    for param in command.params:
        somewhere = {"photo": "1"}.get(param.name, f"some-{param.name}")
        value = places.get(param.name, somewhere if param.required else None)
        if value is not None and param.param_type_name == "argument":
            positional.append(value)
        elif value is not None:
            options += [param.opts[0], value]
    return positional + options


def test_every_output_has_a_known_name_and_is_compared() -> None:
    writing = {words for words, command in commands() if any(param.name in OUTPUTS for param in command.params)}
    compared = {pair.values[0] for pair in pairs()}
    assert writing - compared == WITHOUT_INPUTS
    assert {("backup",), ("quantize",), ("base",), ("export",), ("link",), ("distill",), ("eval",)} < compared
    told = {
        (words, param.name)
        for words, command in commands()
        for param in command.params
        if any(
            f" {word} " in " ".join(["", *re.findall("[a-z]+", (param.help or "").lower()), ""])
            for word in ("write", "fill", "the new file", "draw", "into this file")
        )
    }
    assert {name for _, name in told} == set(OUTPUTS)


@pytest.mark.parametrize(("words", "command", "output", "given"), pairs())
def test_an_output_that_is_an_input(
    words: tuple[str, ...],
    command: Any,
    output: str,
    given: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "precious").write_text("data")
    assert main([*words, *arguments(command, {output: f"{tmp_path}/x/../input", given: "input"})]) == 2
    error = capsys.readouterr().err
    assert "would overwrite its own input" in error
    assert error.count("\n") == 1
    assert [path.name for path in tmp_path.rglob("*")] == ["input", "precious"]


def test_around_and_inside_a_finished_folder(tmp_path: Path) -> None:
    inner = tmp_path / "made" / "hf"
    inner.mkdir(parents=True)
    refuse_overwriting(tmp_path / "made", [inner])
    refuse_overwriting(inner / "new", [tmp_path / "made"])
    refuse_overwriting(tmp_path / "made2", [tmp_path / "made"])
    (tmp_path / "made" / "manifest.json").touch()
    with pytest.raises(ConfigError, match="that holds it; name another --out"):
        refuse_overwriting(tmp_path / "made", [inner])
    with pytest.raises(ConfigError, match="inside it; name another --plot"):
        refuse_overwriting(tmp_path / "made" / "a.png", [tmp_path / "made"], "--plot")


def test_a_link_to_the_input_is_the_input(tmp_path: Path) -> None:
    (tmp_path / "s.db").write_text("store")
    (tmp_path / "link.db").symlink_to(tmp_path / "s.db")
    (tmp_path / "hard.db").hardlink_to(tmp_path / "s.db")
    for name in ("link.db", "hard.db"):
        with pytest.raises(ConfigError, match="would overwrite its own input"):
            refuse_overwriting(tmp_path / name, [tmp_path / "s.db"])


def test_distill_keeps_its_datasets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data"
    assert main(["distill", "base", "--data", str(data), "--out", str(data / "datasets")]) == 2
    assert "would overwrite its own input" in capsys.readouterr().err
