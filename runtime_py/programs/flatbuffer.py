"""FlatBuffers read by a table of types, every offset within the bytes and aligned, every table once."""

import struct
from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, str]
"""Table name -> its fields in order, `name:type`. Types: `b h i l` signed, `B H I L` unsigned, `f d` floats of 1, 2, 4
and 8 bytes, `str`, a table's name, `[type]`, and `union|A|B|..`, whose type byte is the field before it."""

_SIZES = {kind: struct.calcsize(f"<{kind}") for kind in "bBhHiIlLfd"} | {"l": 8, "L": 8}
_LAYOUTS = {kind: f"<{'q' if kind == 'l' else 'Q' if kind == 'L' else kind}" for kind in "bBhHiIlLfd"}


class FlatBuffer:
    """The bytes of one buffer, and the tables that were read from it."""

    def __init__(self, data: memoryview, schema: Schema) -> None:
        self._data = data
        self._fields = {name: [tuple(field.split(":")) for field in fields.split()] for name, fields in schema.items()}
        self._read: dict[tuple[str, int], dict[str, Any]] = {}

    def root(self, table: str) -> dict[str, Any]:
        """The root as nested dicts and lists, absent fields 0 or None. Raises `ValueError` for what lies outside."""
        return self._table(table, self._offset(0))

    def _table(self, table: str, at: int) -> dict[str, Any]:
        if (known := self._read.get((table, at))) is not None:
            return known
        vtable = at - self._number("i", at)
        size, span = self._number("H", vtable), self._number("H", vtable + 2)
        if size < 4 or size % 2 or vtable + size > len(self._data) or at + span > len(self._data):
            raise ValueError(f"a table at {at} that leaves the buffer")
        self._read[table, at] = values = dict[str, Any]()
        for place, (name, kind) in enumerate(self._fields[table]):
            entry = 4 + 2 * place
            relative = self._number("H", vtable + entry) if entry + 2 <= size else 0
            if relative and relative + (_SIZES.get(kind, 4)) > span:
                raise ValueError(f"{name} outside its table at {at}")
            values[name] = self._value(kind, at + relative if relative else None, values, name)
        return values

    def _value(self, kind: str, at: int | None, values: Mapping[str, Any], name: str) -> Any:
        if kind in _SIZES:
            return 0 if at is None else self._number(kind, at)
        if at is None:
            return None
        target = self._offset(at)
        if kind == "str":
            return str(self._vector(target, 1), "utf-8")
        if kind.startswith("union"):
            members, choice = kind.split("|"), values[f"{name}_type"]
            if not 0 < choice < len(members):
                raise ValueError(f"{name} of kind {choice}")
            return members[choice], self._table(members[choice], target)
        if not kind.startswith("["):
            return self._table(kind, target)
        item = kind[1:-1]
        if item in _SIZES:
            raw = self._vector(target, _SIZES[item])
            if (target + 4) % _SIZES[item]:
                raise ValueError(f"{name} at {target}, which is not aligned")
            return [value for (value,) in struct.iter_unpack(_LAYOUTS[item], raw)] if item != "B" else raw
        count = len(self._vector(target, 4)) // 4
        return [self._item(item, target + 4 + 4 * number) for number in range(count)]

    def _item(self, item: str, at: int) -> Any:
        target = self._offset(at)
        return str(self._vector(target, 1), "utf-8") if item == "str" else self._table(item, target)

    def _vector(self, at: int, size: int) -> memoryview:
        count = self._number("I", at)
        if at + 4 + count * size > len(self._data):
            raise ValueError(f"{count} items at {at} of {len(self._data)} bytes")
        return self._data[at + 4 : at + 4 + count * size]

    def _offset(self, at: int) -> int:
        return at + int(self._number("I", at))

    def _number(self, kind: str, at: int) -> Any:
        if at < 0 or at + _SIZES[kind] > len(self._data) or at % _SIZES[kind]:
            raise ValueError(f"a number at {at} of {len(self._data)} bytes")
        return struct.unpack_from(_LAYOUTS[kind], self._data, at)[0]
