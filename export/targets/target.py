"""What a target is. A module in `export/targets` that defines `TARGET` registers itself; nothing else is edited."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import export.targets
from export.embedder.source import EmbedderSource
from export.sources.adapter import AdapterWeights
from runtime_py.errors import ConfigError
from runtime_py.weights import Pair

LowerShared = Callable[[Path, Mapping[str, AdapterWeights], Path], Path | None]
LinkAdapter = Callable[[Path, str, Mapping[str, Pair], Mapping[str, Pair]], None]
WriteEmbedder = Callable[[EmbedderSource, Path], Path]


@dataclass(frozen=True)
class Lowered:
    """An operation's program, and the file with its adapter where that stays beside the program."""

    program: Path
    adapter: Path | None = None


class LowerOperation(Protocol):
    """See `Target`."""

    def __call__(
        self, base: Path, adapter: AdapterWeights | None, out: Path, operation: str, data_file: str = "base.ptd"
    ) -> Lowered: ...


@dataclass(frozen=True)
class Target:
    """One runtime's lowering; its `name` is the kind of engine that runs what it writes.

    `lower(base, adapter, out, operation, data_file)` writes the operation's files into folder `out`, in which the
    base's data will lie under the name `data_file`. `lower_shared(base, adapters, out)`, where a target has it, comes
    first and does what all operations share (programs to link into); it returns the one program for every adapter, None
    where there is no such program. `link_adapter(out, operation, old, new)` puts the modules' pairs `new` in the place
    of `old` into what `lower` wrote. `write_embedder(source, out)` writes the sentence embedder's program. All raise
    `ExportError`.
    """

    name: str
    lower: LowerOperation
    link_adapter: LinkAdapter
    write_embedder: WriteEmbedder
    lower_shared: LowerShared | None = None


@cache
def _registry(_folders: tuple[str, ...]) -> dict[str, Target]:
    found_names = [m.name for m in pkgutil.iter_modules(export.targets.__path__)]
    modules = [importlib.import_module(f"export.targets.{name}") for name in found_names]
    found = [m.TARGET for m in modules if isinstance(getattr(m, "TARGET", None), Target)]
    return {target.name: target for target in sorted(found, key=lambda t: t.name)}


def _all() -> dict[str, Target]:
    return _registry(tuple(export.targets.__path__))


def names() -> list[str]:
    """Names of all targets, sorted."""
    return list(_all())


def get(name: str) -> Target:
    """The target called `name`; raises `ConfigError` for an unknown one."""
    try:
        return _all()[name]
    except KeyError:
        raise ConfigError(f"unknown target: expected one of {', '.join(names())}, got {name!r}") from None
