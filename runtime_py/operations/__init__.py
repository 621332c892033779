"""The memory operations. A module here that defines `OPERATION` is an operation; nothing else is edited to add one."""

import importlib
import pkgutil
from functools import cache

from runtime_py.errors import ConfigError
from runtime_py.operations.operation import LoraTargets, Operation, UnparsableError

__all__ = ["LoraTargets", "Operation", "UnparsableError", "get", "names"]


@cache
def _registry() -> dict[str, Operation]:
    modules = (importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__))
    found = [m.OPERATION for m in modules if hasattr(m, "OPERATION")]
    return {operation.name: operation for operation in sorted(found, key=lambda o: str(o.name))}


def names() -> list[str]:
    """Names of all operations, sorted."""
    return list(_registry())


def get(name: str) -> Operation:
    """The operation called `name`; raises `ConfigError` for an unknown one."""
    try:
        return _registry()[name]
    except KeyError:
        raise ConfigError(f"unknown operation: expected one of {', '.join(names())}, got {name!r}") from None
