"""Adapter files written by hand, so that they may lie: ONNX Runtime's own writer gives only honest ones."""

import struct
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray


def adapter_of(tensors: Mapping[str, NDArray[Any]], share: bool = False) -> bytes:
    """An `.onnx_adapter` of float32 `tensors`; with `share` all have the first one's bytes."""
    out = bytearray(struct.pack("<I4s", 0, b"TORT"))

    def aligned(size: int = 8) -> int:
        out.extend(b"\0" * (-len(out) % size))
        return len(out)

    def vector(raw: bytes, count: int) -> int:
        aligned(8)
        out.extend(b"\0" * 4)
        at = len(out)
        out.extend(struct.pack("<I", count) + raw)
        return at

    root_table = aligned() + 16
    out.extend(struct.pack("<HHHHHH", 12, 20, 4, 8, 12, 16))  # vtable: size, table's size, four fields
    out.extend(b"\0" * (root_table - len(out)))
    root = len(out)
    out.extend(struct.pack("<iiiiI", 16, 1, 1, 1, 0))
    out[0:4] = struct.pack("<I", root)
    slots = vector(b"\0" * 4 * len(tensors), len(tensors))
    out[root + 16 : root + 20] = struct.pack("<I", slots - (root + 16))
    holders = []
    for number, (name, values) in enumerate(tensors.items()):
        vtable = aligned()
        out.extend(struct.pack("<HHHHHH", 12, 20, 4, 8, 12, 16))
        aligned()
        table = len(out)
        out.extend(struct.pack("<iIIiI", table - vtable, 0, 0, 1, 0))
        place = slots + 4 + 4 * number
        out[place : place + 4] = struct.pack("<I", table - place)
        holders.append((table + 16, values))
        written = vector(name.encode() + b"\0", len(name.encode()))
        dims = vector(struct.pack(f"<{values.ndim}q", *values.shape), values.ndim)
        for field, at in ((4, written), (8, dims)):
            out[table + field : table + field + 4] = struct.pack("<I", at - table - field)
    at = 0
    for place, values in holders:
        at = at if share and at else vector(values.tobytes(), values.nbytes)
        out[place : place + 4] = struct.pack("<I", at - place)
    return bytes(out)
