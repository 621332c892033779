"""What holds for the arguments of every command: the bundle may be left out, and no output overwrites an input."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from typer.core import TyperCommand

from runtime_py.bundle import MANIFEST, default_bundle
from runtime_py.errors import ConfigError

OUTPUTS = ("out", "plot", "report", "requests", "keep")
"""The parameters that name what a command writes; every other path is one that it reads."""
_PATHS_OR_NAMES = ("source", "checkpoint", "teacher")  # strings that may name a path


class CheckedCommand(TyperCommand):
    """A command whose first argument, the bundle, may be left out, and that does not start on its own input.

    Raises `ConfigError` where nothing names a bundle, and for an output that would overwrite an input.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The bundle is left out where an argument is missing and the first one is the folder of no bundle."""
        expected = [param.name for param in self.params if param.param_type_name == "argument" and param.required]
        if expected[:1] == ["bundle"] and not ctx.resilient_parsing:
            given, _, _ = self.make_parser(ctx).parse_args(args=list(args))
            words = [str(given[name]) for name in expected if isinstance(given.get(name), str)]
            is_named = words and os.path.isfile(os.path.join(words[0], MANIFEST))
            if len(words) < len(expected) and not is_named and not given.get("help"):
                args = [str(default_bundle()), *args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """As Typer's, after a look at the paths."""
        for name in (name for name in OUTPUTS if ctx.params.get(name)):
            option = "OUT" if name in _arguments(self) else f"--{name}"
            ctx.params[name] = path = _named(Path(ctx.params[name]), option)
            refuse_overwriting(path, _inputs(ctx.params), option)
        return super().invoke(ctx)


def refuse_overwriting(output: Path, inputs: Iterable[Path], option: str = "--out") -> None:
    """Raises `ConfigError` where writing `output` would change an input.

    That is where it is the input, a finished folder around it, which is replaced as a whole, or a place inside a
    finished folder, whose hashes would no longer fit.
    """
    target = output.absolute().resolve()
    for given in inputs:
        source = given.absolute().resolve()
        around = source.is_relative_to(target) and os.path.isfile(target / MANIFEST)
        inside = target.is_relative_to(source) and os.path.isfile(source / MANIFEST)
        if target == source or around or inside or _is_same_file(target, source):
            raise ConfigError(
                f"{output} would overwrite its own input: expected a place apart from {given}, got one "
                f"{'inside it' if inside and target != source else 'that holds it'}; name another {option}"
            )


def _named(path: Path, option: str) -> Path:
    """`path`, that of the folder we are in by its name; raises `ConfigError` for the root, which has none."""
    path = path if path.name else path.absolute()
    if not path.name:
        raise ConfigError(f"wrong {option}: expected the name of a file or folder, got {path}; name another")
    return path


def _inputs(params: Mapping[str, Any]) -> Iterator[Path]:
    for name, value in params.items():
        if name in OUTPUTS:
            continue
        for each in value if isinstance(value, list | tuple) else [value]:
            if isinstance(each, Path) or (name in _PATHS_OR_NAMES and isinstance(each, str) and os.path.exists(each)):
                yield Path(each)


def _arguments(command: TyperCommand) -> list[str | None]:
    return [param.name for param in command.params if param.param_type_name == "argument"]


def _is_same_file(one: Path, other: Path) -> bool:
    return os.path.exists(one) and os.path.exists(other) and os.path.samefile(one, other)
