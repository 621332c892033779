"""Completion in the shell: Typer's scripts, and what they ask for."""

import os
from collections.abc import Sequence

import typer

from memlora_cli.commands import COMMANDS, HELP_NAMES, load

_LINES = ("COMP_WORDS", "_TYPER_COMPLETE_ARGS")  # what bash, and what other shells have of the line so far


def complete(arguments: Sequence[str]) -> int:
    """Print or install the shell's script, or print what completes its line; the exit code."""
    typed = " ".join(os.environ.get(name, "") for name in _LINES).split()
    try:
        _all_commands(typed)(list(arguments), prog_name="memlora", help_option_names=HELP_NAMES)
    except SystemExit as e:
        return e.code if isinstance(e.code, int) else 1
    return 0


def _all_commands(typed: Sequence[str]) -> typer.Typer:
    """Every command with its help; only those that are `typed` are imported and have their options."""
    app = typer.Typer(pretty_exceptions_enable=False)
    for name, command in COMMANDS.items():
        found = load(name) if name in typed else _nothing
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name, help=command.help)(found)
    return app


def _nothing() -> None:
    """Stands for a command that is not typed yet."""
