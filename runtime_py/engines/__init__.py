"""The engines. A module here that defines `open_engine` is a kind, called by its name; nothing else is edited.

`open_engine(files: EngineFiles, adapter: bool, shared: MutableMapping[str, Any], exact: bool) -> Engine` opens an
engine with a KV cache of its own. `shared` belongs to the bundle: what its engines can share (a session over one graph)
is kept there. `exact` asks for an `exact_multi_token` engine, where the kind has one on this machine.
"""

import importlib
import pkgutil
from collections.abc import MutableMapping
from typing import Any

from runtime_py.engines.engine import Engine, EngineFiles, EngineKey, Logits
from runtime_py.errors import ConfigError

__all__ = ["Engine", "EngineFiles", "EngineKey", "Logits", "kinds", "open_engine"]

_NOT_KINDS = ("engine", "fake")


def kinds() -> list[str]:
    """Names of all kinds, sorted; none is imported."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name not in _NOT_KINDS)


def open_engine(
    files: EngineFiles,
    kind: str = "onnx",
    adapter: bool = True,
    shared: MutableMapping[str, Any] | None = None,
    exact: bool = False,
) -> Engine:
    """An engine for `files`, with or without the operation's adapter; `exact` as above.

    Raises `ConfigError` for an unknown kind, `MissingExtraError` when its package is missing, `BundleError` when the
    files do not fit together.
    """
    if kind not in kinds():
        raise ConfigError(f"unknown engine: expected one of {', '.join(kinds())}, got {kind!r}; name one of these")
    module = importlib.import_module(f"{__name__}.{kind}")
    engine: Engine = module.open_engine(files, adapter, {} if shared is None else shared, exact)
    return engine
