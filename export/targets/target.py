"""What a target is. A module in `export/targets` that defines `TARGET` registers itself; nothing else is edited."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import export.targets
from export.adapter import AdapterWeights
from runtime_py.errors import ConfigError

LowerOperation = Callable[[Path, AdapterWeights | None, Path, str], list[Path]]
LowerShared = Callable[[Path, Mapping[str, AdapterWeights], Path], list[Path]]


@dataclass(frozen=True)
class Target:
    """One runtime's lowering.

    `lower(base, adapter, out, operation)` writes the operation's files into folder `out`, beside which or in which
    `base.ptd` will lie, and returns them. `lower_shared(base, adapters, out)`, where a target has it, writes what all
    operations share (a graph that serves every adapter, adapter files). Both raise `ExportError`.
    """

    name: str
    lower: LowerOperation
    lower_shared: LowerShared | None = None


@cache
def _registry() -> dict[str, Target]:
    modules = (
        importlib.import_module(f"export.targets.{m.name}") for m in pkgutil.iter_modules(export.targets.__path__)
    )
    found = [m.TARGET for m in modules if isinstance(getattr(m, "TARGET", None), Target)]
    return {target.name: target for target in sorted(found, key=lambda t: t.name)}


def names() -> list[str]:
    """Names of all targets, sorted."""
    return list(_registry())


def get(name: str) -> Target:
    """The target called `name`; raises `ConfigError` for an unknown one."""
    try:
        return _registry()[name]
    except KeyError:
        raise ConfigError(f"unknown target: expected one of {', '.join(names())}, got {name!r}") from None
