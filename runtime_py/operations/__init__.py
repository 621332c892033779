"""The memory operations. A module here that defines `OPERATION` is an operation; nothing else is edited to add one."""

import importlib
import pkgutil
from functools import cache

from runtime_py.errors import ConfigError
from runtime_py.operations.operation import LoraTargets, Operation, UnparsableError

__all__ = ["LoraTargets", "Operation", "UnparsableError", "all_names", "get", "names"]


@cache
def _registry() -> dict[str, Operation]:
    modules = (importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__))
    found = [m.OPERATION for m in modules if hasattr(m, "OPERATION")]
    return {operation.name: operation for operation in sorted(found, key=lambda o: str(o.name))}


def names() -> list[str]:
    """Names of the operations that make a memory, sorted; other forms of them are left out."""
    return [name for name, operation in _registry().items() if not operation.form_of]


def all_names() -> list[str]:
    """Names of all operations, other forms (`select` for `extract`) among them, sorted."""
    return list(_registry())


def get(name: str) -> Operation:
    """The operation called `name`; raises `ConfigError` for an unknown one."""
    try:
        return _registry()[name]
    except KeyError:
        raise ConfigError(f"unknown operation: expected one of {', '.join(all_names())}, got {name!r}") from None
