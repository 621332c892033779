"""What a target is. A module in `export/targets` that defines `TARGET` registers itself; nothing else is edited."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import export.targets
from export.embedder.source import EmbedderSource
from export.sources.adapter import AdapterWeights
from runtime_py.errors import ConfigError
from runtime_py.weights import Pair

LinkAdapter = Callable[[Path, str, Mapping[str, Pair], Mapping[str, Pair]], None]
WriteEmbedder = Callable[[EmbedderSource, Path], Path]


@dataclass(frozen=True)
class Lowered:
    """A program, the file with its adapter where that stays beside it, and its further large files.

    `parts` are named as kinds of engine are, which readers pass over: the manifest lists them as programs.
    """

    program: Path
    adapter: Path | None = None
    parts: Mapping[str, Path] = field(default_factory=dict)

    def programs(self, kind: str, folder: Path) -> dict[str, str]:
        """The manifest's entries: `kind` and the parts, each with its path below `folder`."""
        return {name: path.relative_to(folder).as_posix() for name, path in {kind: self.program, **self.parts}.items()}


LowerShared = Callable[[Path, Mapping[str, AdapterWeights], Path], Lowered | None]


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

    `lower` is None where the shared program is all there is. `configure(options)`, where a target has it, gives the
    target that lowers so; such a one is left out where no runtime is named. `fallback` is a target that has to be in
    the bundle too. `takes_rows` says that its programs take rows of embeddings: operations that read pictures are
    lowered for no other.
    """

    name: str
    lower: LowerOperation | None
    link_adapter: LinkAdapter
    write_embedder: WriteEmbedder
    lower_shared: LowerShared | None = None
    configure: Callable[[Mapping[str, Any]], "Target"] | None = None
    fallback: str | None = None
    takes_rows: bool = False


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


def plain_names() -> list[str]:
    """Names of those that need no options, sorted."""
    return [name for name, target in _all().items() if target.configure is None]


def configured(names: Sequence[str], options: Mapping[str, Any]) -> list[Target]:
    """The targets called `names`, with `options` where they take some.

    Raises `ConfigError` for an unknown one, for options that none takes, and for a fallback that is missing.
    """
    found = [get(name) for name in names]
    if options and not any(target.configure for target in found):
        takers = [target.name for target in _all().values() if target.configure]
        raise ConfigError(
            f"options that no target takes: expected --target {' or '.join(takers)} beside "
            f"{', '.join(sorted(options))}, got {', '.join(names)}; name it, or leave them out"
        )
    chosen = [target.configure(options) if target.configure else target for target in found]
    for target in chosen:
        if target.fallback and target.fallback not in names:
            raise ConfigError(
                f"{target.name} alone: expected --target {target.fallback} too, which a phone falls back to, got "
                f"{', '.join(names)}; add it"
            )
    return chosen


def get(name: str) -> Target:
    """The target called `name`; raises `ConfigError` for an unknown one."""
    try:
        return _all()[name]
    except KeyError:
        raise ConfigError(f"unknown target: expected one of {', '.join(names())}, got {name!r}") from None
