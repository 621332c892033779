"""Strict JSON: duplicate keys, unknown keys, missing keys and other types are refused, in one sentence each."""

import dataclasses
import difflib
import json
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from runtime_py.errors import BundleError

Record = TypeVar("Record")


def parse_json(data: bytes, name: str) -> Any:
    """The JSON value in `data`; raises `BundleError` (malformed bytes) for broken text or a key that stands twice."""

    def without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise BundleError(
                f"malformed {name}: expected each key once, got {twice!r} twice; export the bundle again",
                "malformed bytes",
            )
        return found

    def no_constant(written: str) -> Any:
        raise BundleError(
            f"malformed {name}: expected finite numbers, got {written}; export the bundle again", "malformed bytes"
        )

    try:
        return json.loads(data.decode(), object_pairs_hook=without_duplicates, parse_constant=no_constant)
    except (ValueError, RecursionError) as e:
        raise BundleError(
            f"malformed {name}: expected UTF-8 JSON, got {e}; export the bundle again", "malformed bytes"
        ) from e


def read_record(kind: type[Record], value: Any, where: str) -> Record:
    """`value` as the dataclass `kind`; `where` names the place for messages. Raises `BundleError` (invalid values)."""
    if not isinstance(value, Mapping):
        raise _wrong(where, "an object", value)
    hints = typing.get_type_hints(kind)
    fields = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for key in value:
        if key not in fields:
            near = difflib.get_close_matches(key, fields, 1)
            nearest = f" (nearest: {near[0]!r})" if near else ""
            raise BundleError(f"invalid {where}: expected known keys, got {key!r}{nearest}; update memlora")
    given = {}
    for key, field in fields.items():
        if key in value:
            given[key] = _read(hints[key], value[key], f"{where}, {key}")
        elif field.default is dataclasses.MISSING:
            raise BundleError(f"invalid {where}: expected the key {key!r}, got none; export the bundle again")
    return kind(**given)


def _read(hint: Any, value: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        if value is None and type(None) in arguments:
            return None
        (inner,) = (a for a in arguments if a is not type(None))
        return _read(inner, value, where)
    if origin is typing.Literal:
        if value not in arguments:
            raise _wrong(where, f"one of {list(arguments)}", value)
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise _wrong(where, "a list", value)
        return tuple(_read(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    if origin is not None:
        if not isinstance(value, Mapping):
            raise _wrong(where, "an object", value)
        return {key: _read(arguments[1], item, f"{where}, {key}") for key, item in value.items()}
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return read_record(hint, value, where)
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        raise _wrong(where, f"a value of type {hint.__name__}", value)
    return value


def _wrong(where: str, expected: str, got: Any) -> BundleError:
    return BundleError(f"invalid {where}: expected {expected}, got {json.dumps(got)[:80]}; export the bundle again")
