"""The engines. A module or package here that defines `KIND` is a kind, called by its name; nothing else is edited."""

import importlib
import pkgutil
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from runtime_py.engines.engine import Engine, EngineFiles, EngineKey, Logits
from runtime_py.engines.kind import AUTOMATIC, Embed, Kind, Runtime, See
from runtime_py.errors import ConfigError

__all__ = [
    "AUTOMATIC",
    "DEFAULT",
    "Embed",
    "Engine",
    "EngineFiles",
    "EngineKey",
    "Kind",
    "Logits",
    "Runtime",
    "See",
    "get",
    "kinds",
    "open_engine",
    "open_vision",
]

DEFAULT = "onnx"
_NOT_KINDS = ("engine", "fake", "kind")


def kinds() -> list[str]:
    """Names of all kinds, sorted; none is imported."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name not in _NOT_KINDS)


def get(kind: str) -> Kind:
    """The kind called `kind`; raises `ConfigError` for an unknown one."""
    if kind not in kinds():
        raise ConfigError(f"unknown engine: expected one of {', '.join(kinds())}, got {kind!r}; name one of these")
    found: Kind = importlib.import_module(f"{__name__}.{kind}").KIND
    return found


def open_engine(
    files: EngineFiles,
    kind: str = DEFAULT,
    adapter: bool = True,
    shared: MutableMapping[str, Any] | None = None,
    exact: bool = False,
    runtime: Runtime = AUTOMATIC,
) -> Engine:
    """An engine for `files`, as `Kind.open_engine`; raises `ConfigError` for an unknown kind too."""
    return get(kind).open_engine(files, adapter, shared, exact, runtime)


def open_vision(program: Path, side: int, tokens: int, hidden: int) -> See:
    """As `Kind.open_vision` of the default kind, which runs the one graph that sees, whatever kind reads the rows."""
    found = get(DEFAULT)
    if found.open_vision is None:
        raise ConfigError(f"no pictures: expected an engine that sees, got {DEFAULT}; name another one")
    return found.open_vision(program, side, tokens, hidden)
