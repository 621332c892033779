"""The memory operations. A module here that defines `OPERATION` is an operation; nothing else is edited to add one.

Other rooms have a module or a file of the operation's name with what they add: its dataset, its scorer (`part`), its
teacher's instructions, its golden inputs (`part_file`).
"""

import importlib
import importlib.util
import pkgutil
from collections.abc import Collection, Iterable
from functools import cache
from pathlib import Path
from typing import Any

from runtime_py.errors import ConfigError
from runtime_py.operations.operation import AnyOperation, LoraTargets, Operation, UnparsableError

__all__ = [
    "AnyOperation",
    "LoraTargets",
    "Operation",
    "UnparsableError",
    "all_names",
    "check_memory",
    "forms",
    "get",
    "names",
    "part",
    "part_file",
    "parts",
    "pictured",
    "taught",
]


@cache
def _registry(_folders: tuple[str, ...]) -> dict[str, AnyOperation]:
    modules = (importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__))
    found = [m.OPERATION for m in modules if hasattr(m, "OPERATION")]
    return {operation.name: operation for operation in sorted(found, key=lambda o: str(o.name))}


def _all() -> dict[str, AnyOperation]:
    return _registry(tuple(__path__))


def names() -> list[str]:
    """Names of the operations on text, sorted; other forms of them are left out, and those that read a picture."""
    return [name for name, operation in _all().items() if not operation.form_of and not operation.picture]


def all_names() -> list[str]:
    """Names of all operations, sorted: other forms (`select` for `extract`) too, and those that read a picture."""
    return list(_all())


def pictured() -> list[str]:
    """Names of the operations that read a picture, sorted."""
    return [name for name, operation in _all().items() if operation.picture]


def taught() -> list[str]:
    """Names of the operations that dialogues teach, sorted.

    They have a dataset, a teacher's instructions, a scorer and golden inputs; those that read a picture, which no
    dialogue has, are left out.
    """
    return [name for name, operation in _all().items() if operation.is_taught and not operation.picture]


def get(name: str) -> AnyOperation:
    """The operation called `name`; raises `ConfigError` for an unknown one."""
    try:
        return _all()[name]
    except KeyError:
        raise ConfigError(f"unknown operation: expected one of {', '.join(all_names())}, got {name!r}") from None


def forms(name: str) -> list[str]:
    """The operation called `name` and those that do its work in another form (`select` for `extract`), itself first."""
    return [name, *(other for other, operation in _all().items() if operation.form_of == name)]


def check_memory(held: Collection[str], where: object, advice: str) -> None:
    """What a memory needs: one form of each operation that is required. `advice` ends the sentence.

    Raises `ConfigError` when the operations `held`, those of `where`, lack one.
    """
    needed = [forms(name) for name, operation in _all().items() if operation.is_required]
    if not all(set(choices) & set(held) for choices in needed):
        expected = " and ".join(" or ".join(choices) for choices in needed)
        raise ConfigError(
            f"{where}: expected a memory's experts ({expected}), found {', '.join(sorted(held)) or 'none'}; {advice}"
        )


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
    value = getattr(importlib.import_module(module), noun, None)
    if value is None:
        raise ConfigError(
            f"no {noun.lower()} for the operation {name!r}: expected {noun} in {module}, got none; it is made in "
            "another way, or name another operation"
        )
    return value


def parts(room: str, noun: str) -> dict[str, Any]:
    """What `room` adds to operations: the value `noun` of each module of theirs that defines it."""
    modules = {name: importlib.import_module(f"{room}.{name}") for name in _added(room)}
    return {name: getattr(module, noun) for name, module in modules.items() if hasattr(module, noun)}


def part_file(room: str, name: str, suffix: str, noun: str) -> Path:
    """The file of the operation called `name` in the folder of `room`, a package; `noun` is what it holds.

    Raises `ConfigError` for an unknown operation, or one that has no such file there.
    """
    file = f"{get(name).name}{suffix}"
    folders = [Path(folder) for folder in importlib.import_module(room).__path__]
    for folder in folders:
        if (folder / file).is_file():
            return folder / file
    known = sorted(path.stem for folder in folders for path in folder.glob(f"*{suffix}"))
    raise ConfigError(
        f"no {noun} for the operation {name!r}: expected those of one of {', '.join(known)}, got no file {file}; add "
        f"{room.replace('.', '/')}/{file} or name another operation"
    )


def _added(room: str) -> Iterable[str]:
    return [name for name in all_names() if importlib.util.find_spec(f"{room}.{name}")]
