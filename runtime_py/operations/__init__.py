"""The memory operations. A module here that defines `OPERATION` is an operation; nothing else is edited to add one.

Other rooms have a module of the operation's name with what they add: its dataset, its scorer (`part`).
"""

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterable
from functools import cache
from typing import Any

from runtime_py.errors import ConfigError
from runtime_py.operations.operation import AnyOperation, LoraTargets, Operation, UnparsableError

__all__ = ["AnyOperation", "LoraTargets", "Operation", "UnparsableError", "all_names", "get", "names", "part", "taught"]


@cache
def _registry(_folders: tuple[str, ...]) -> dict[str, AnyOperation]:
    modules = (importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__))
    found = [m.OPERATION for m in modules if hasattr(m, "OPERATION")]
    return {operation.name: operation for operation in sorted(found, key=lambda o: str(o.name))}


def _all() -> dict[str, AnyOperation]:
    return _registry(tuple(__path__))


def names() -> list[str]:
    """Names of the operations that make a memory, sorted; other forms of them are left out."""
    return [name for name, operation in _all().items() if not operation.form_of]


def all_names() -> list[str]:
    """Names of all operations, other forms (`select` for `extract`) among them, sorted."""
    return list(_all())


def taught() -> list[str]:
    """Names of the operations with a dataset, a teacher's instructions, a scorer and golden inputs, sorted."""
    return [name for name, operation in _all().items() if operation.is_taught]


def get(name: str) -> AnyOperation:
    """The operation called `name`; raises `ConfigError` for an unknown one."""
    try:
        return _all()[name]
    except KeyError:
        raise ConfigError(f"unknown operation: expected one of {', '.join(all_names())}, got {name!r}") from None


def part(room: str, name: str, noun: str) -> Any:
    """What `room`, a package, adds to the operation called `name`: the value `noun` of its module of that name.

    Raises `ConfigError` for an unknown operation, or one to which the room adds nothing.
    """
    operation = get(name)
    module = f"{room}.{operation.name}"
    if importlib.util.find_spec(module) is None:
        raise ConfigError(
            f"no {noun.lower()} for the operation {name!r}: expected one of {', '.join(_added(room))}, got no module "
            f"{module}; add it or name another operation"
        )
    return getattr(importlib.import_module(module), noun)


def _added(room: str) -> Iterable[str]:
    return [name for name in all_names() if importlib.util.find_spec(f"{room}.{name}")]
