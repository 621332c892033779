"""Reads `.onnx_adapter` files without handing unchecked bytes to native code.

The format is ONNX Runtime's, a FlatBuffer with identifier TORT: table Adapter {format_version: int32, adapter_version:
int32, model_version: int32, parameters: [Parameter]}, table Parameter {name: string, dims: [int64], data_type: int32
(ONNX TensorProto.DataType), raw_data: [ubyte]}. Every offset is checked against the file's length.
"""

import math
import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime_py.errors import BundleError
from runtime_py.files.limits import MAX_ADAPTER_TENSORS

IDENTIFIER = b"TORT"
FORMAT_VERSION = 1
_DTYPES: dict[int, np.dtype[Any]] = {1: np.dtype("<f4"), 10: np.dtype("<f2")}
_MAX_NAME_BYTES = 1024
_MAX_RANK = 4


@dataclass(frozen=True)
class AdapterFile:
    """The writer's versions, the tensors by name, float32 or float16, read-only, and where their bytes start."""

    adapter_version: int
    model_version: int
    tensors: dict[str, NDArray[np.floating]]
    offsets: dict[str, int]


def read_adapter(path: Path) -> AdapterFile:
    """Read `path`.

    Raises `BundleError`: malformed bytes when an offset or size does not hold, invalid values for another dtype.
    """
    return parse_adapter(path.read_bytes(), path.name)


def parse_adapter(data: bytes, name: str) -> AdapterFile:
    """As `read_adapter`, of a file's bytes: tensors are views of them, and no two share a byte."""
    try:
        return _read(data, name)
    except (struct.error, IndexError, UnicodeDecodeError) as e:
        raise _malformed(name, "offsets that stay inside the file", str(e)) from e


def _malformed(name: str, expected: str, got: str) -> BundleError:
    return BundleError(
        f"malformed adapter {name}: expected {expected}, got {got}; export the bundle again", "malformed bytes"
    )


@dataclass(frozen=True)
class _Table:
    data: bytes
    start: int

    def field(self, index: int) -> int | None:
        """Where field `index` lies, None when it is absent."""
        vtable = self.start - self._unpack("<i", self.start)
        size = self._unpack("<H", vtable)
        at = 4 + 2 * index
        relative = self._unpack("<H", vtable + at) if at + 2 <= size else 0
        return self.start + relative if relative else None

    def integer(self, index: int) -> int:
        at = self.field(index)
        return 0 if at is None else self._unpack("<i", at)

    def vector(self, index: int, item_bytes: int) -> tuple[int, int]:
        """Where the items of the vector in field `index` start, and their number; `(0, 0)` when it is absent."""
        at = self.field(index)
        if at is None:
            return 0, 0
        start = at + self._unpack("<I", at)
        count = self._unpack("<I", start)
        if start + 4 + count * item_bytes > len(self.data):
            raise IndexError(f"a vector of {count} items at byte {start} in a file of {len(self.data)}")
        return start + 4, count

    def raw(self, index: int) -> memoryview:
        start, count = self.vector(index, 1)
        return memoryview(self.data)[start : start + count]

    def _unpack(self, layout: str, at: int) -> int:
        if at < 0:
            raise IndexError(f"an offset to byte {at}")
        return int(struct.unpack_from(layout, self.data, at)[0])


def _read(data: bytes, name: str) -> AdapterFile:
    if len(data) < 8 or data[4:8] != IDENTIFIER:
        raise _malformed(name, f"the identifier {IDENTIFIER!r} at byte 4", repr(data[4:8]))
    root = _Table(data, struct.unpack_from("<I", data)[0])
    if root.integer(0) != FORMAT_VERSION:
        raise _malformed(name, f"format version {FORMAT_VERSION}", str(root.integer(0)))
    start, count = root.vector(3, 4)
    if count > MAX_ADAPTER_TENSORS:
        raise _malformed(name, f"at most {MAX_ADAPTER_TENSORS} tensors", str(count))
    tensors: dict[str, NDArray[np.floating]] = {}
    offsets: dict[str, int] = {}
    for at in range(start, start + 4 * count, 4):
        key, values, offset = _parameter(_Table(data, at + struct.unpack_from("<I", data, at)[0]), name)
        if key in tensors:
            raise _malformed(name, "each tensor once", f"{key} twice")
        tensors[key], offsets[key] = values, offset
    for before, after in pairwise(sorted(offsets, key=offsets.__getitem__)):
        if offsets[before] + tensors[before].nbytes > offsets[after]:
            raise _malformed(name, "bytes of its own for each tensor", f"{before} and {after} in the same place")
    return AdapterFile(root.integer(1), root.integer(2), tensors, offsets)


def _parameter(table: _Table, name: str) -> tuple[str, NDArray[np.floating], int]:
    written = table.raw(0)
    if not 0 < len(written) <= _MAX_NAME_BYTES:
        raise _malformed(name, f"tensor names of 1 to {_MAX_NAME_BYTES} bytes", f"{len(written)} bytes")
    key = str(written, "utf-8")
    start, rank = table.vector(1, 8)
    if rank > _MAX_RANK:
        raise _malformed(name, f"at most {_MAX_RANK} dimensions for {key}", str(rank))
    shape = struct.unpack_from(f"<{rank}q", table.data, start)
    kind = table.integer(2)
    if kind not in _DTYPES:
        raise BundleError(
            f"invalid adapter {name}: expected {key} as float32 (1) or float16 (10), got data type {kind}; "
            "export the adapter again"
        )
    raw, dtype, (offset, _) = table.raw(3), _DTYPES[kind], table.vector(3, 1)
    if min(shape, default=1) < 1 or math.prod(shape) * dtype.itemsize != len(raw):
        raise _malformed(name, f"bytes for {key} {list(shape)} {dtype.name}", f"{len(raw)} bytes")
    return key, np.frombuffer(raw, dtype).reshape(shape), offset
