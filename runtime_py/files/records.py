"""Strict JSON: duplicate keys, unknown keys, missing keys and other types are refused, in one sentence each."""

import dataclasses
import difflib
import json
import math
import re
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from runtime_py.errors import BundleError
from runtime_py.files.limits import MAX_JSON_DEPTH

_STRINGS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*+(?:"|\\?\Z)', re.DOTALL)  # to the end where none ends it
_MOST = 2**1000  # larger integers are no floats

Record = TypeVar("Record")


def parse_json(data: bytes, name: str) -> Any:
    """The JSON value in `data`, which every reader reads alike.

    Raises `BundleError` (malformed bytes) for broken text, a key that stands twice, a number that is not finite, half a
    surrogate pair, or more than `MAX_JSON_DEPTH` levels.
    """

    def malformed(expected: str, got: str) -> BundleError:
        message = f"malformed {name}: expected {expected}, got {got}; export the bundle again"
        return BundleError(message, "malformed bytes")

    def without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) != len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    raise malformed("each key once", f"{key[:80]!r} twice")
                seen.add(key)
        return value

    def finite(written: str) -> float:
        value = float(written)
        if not math.isfinite(value):
            raise malformed("finite numbers", written[:40])
        return value

    if (depth := _depth(data)) > MAX_JSON_DEPTH:
        raise malformed(f"at most {MAX_JSON_DEPTH} levels", str(depth))
    try:
        value = json.loads(
            data.decode(), object_pairs_hook=without_duplicates, parse_constant=finite, parse_float=finite
        )
        if b"\\u" in data:
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as e:
        raise malformed("UTF-8 JSON", str(e)[:200]) from e
    return value


def _depth(data: bytes) -> int:
    """Levels of objects and lists; counted beforehand, since a parser may need stack for each."""
    outside = np.frombuffer(_STRINGS.sub(b"", data), np.uint8)
    opened, closed = (np.isin(outside, np.frombuffer(brackets, np.uint8)) for brackets in (b"[{", b"]}"))
    return int(np.cumsum(opened.astype(np.int32) - closed).max(initial=0))


def read_record(kind: type[Record], value: Any, where: str) -> Record:
    """`value` as the dataclass `kind`; `where` names the place for messages. Raises `BundleError` (invalid values)."""
    if not isinstance(value, Mapping):
        raise _wrong(where, "an object", value)
    hints = typing.get_type_hints(kind)
    fields = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for key in value:
        if key not in fields:
            near = difflib.get_close_matches(key[:80], fields, 1)
            nearest = f" (nearest: {near[0]!r})" if near else ""
            raise BundleError(f"invalid {where}: expected known keys, got {key[:80]!r}{nearest}; update memlora")
    given = {}
    for key, field in fields.items():
        if key in value:
            given[key] = _read(hints[key], value[key], f"{where}, {key}")
        elif field.default is dataclasses.MISSING:
            raise BundleError(f"invalid {where}: expected the key {key!r}, got none; export the bundle again")
    return kind(**given)


def _read(hint: Any, value: Any, where: str) -> Any:
    if hint is Any:
        return value
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
    if hint is float and type(value) is int and abs(value) <= _MOST:
        return float(value)
    if type(value) is not hint:
        raise _wrong(where, f"a value of type {hint.__name__}", value)
    return value


def _wrong(where: str, expected: str, got: Any) -> BundleError:
    return BundleError(f"invalid {where}: expected {expected}, got {json.dumps(got)[:80]}; export the bundle again")
