"""Protocol buffers' wire format: the fields of a message, each within its bounds."""

from collections.abc import Iterator

Field = int | memoryview


def fields(message: memoryview) -> Iterator[tuple[int, Field]]:
    """`(number, value)` of each field in order: integers for varints and fixed sizes, bytes for the rest.

    Raises `ValueError` for a field that leaves the message or a type that is not in use.
    """
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        if not number:
            raise ValueError("field number 0")
        value: Field
        if kind == 0:
            value, at = _varint(message, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            value, at = int.from_bytes(_taken(message, at, size), "little"), at + size
        elif kind == 2:
            size, at = _varint(message, at)
            value, at = _taken(message, at, size), at + size
        else:
            raise ValueError(f"wire type {kind}")
        yield number, value


def integers(value: Field) -> Iterator[int]:
    """A repeated integer field's values, packed or not; signed 64 bits."""
    if isinstance(value, int):
        yield _signed(value)
        return
    at = 0
    while at < len(value):
        number, at = _varint(value, at)
        yield _signed(number)


def text(value: Field) -> str:
    """A field of UTF-8 text."""
    return str(nested(value), "utf-8")


def nested(value: Field) -> memoryview:
    """A field that holds bytes; raises `ValueError` for a number."""
    if isinstance(value, int):
        raise ValueError("a number where bytes are due")
    return value


def number(value: Field) -> int:
    """A field that holds one signed integer; raises `ValueError` for bytes."""
    if not isinstance(value, int):
        raise ValueError("bytes where a number is due")
    return _signed(value)


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _taken(message: memoryview, at: int, size: int) -> memoryview:
    if at + size > len(message):
        raise ValueError(f"{size} bytes at {at} of {len(message)}")
    return message[at : at + size]


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(message) or shift > 63:
            raise ValueError(f"an integer that does not end at byte {at}")
        byte = message[at]
        value |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return value & ((1 << 64) - 1), at
        shift += 7
