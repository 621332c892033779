"""Writes ExecuTorch's FlatTensor file (`.ptd`) as a stream: segments first, the table of keys into a reserved head."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

import flatbuffers  # type: ignore[import-untyped]

SEGMENT_ALIGNMENT = 128
SCHEMA_VERSION = 0
MAGIC, HEADER_MAGIC, HEADER_LENGTH, PADDED_HEADER_LENGTH = b"FT01", b"FH01", 40, 48
SCALAR_TYPES = {"uint8": 0, "int8": 1, "float32": 6, "bfloat16": 15}


@dataclass(frozen=True)
class Layout:
    """Makes a key a tensor: its dtype (`uint8`, `int8`, `float32`, `bfloat16`) and shape, row-major."""

    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Segment:
    """One blob of the file: `sha256` of its bytes, `offset` from the start of the file, `length` in bytes."""

    index: int
    sha256: str
    offset: int
    length: int


class FlatTensorWriter:
    """Streams segments to `file`; equal blobs are stored once; several keys may name one segment."""

    def __init__(self, file: BinaryIO, keys: Iterable[tuple[str, Layout | None]], segments: int) -> None:
        """`keys` and `segments`: what will be written at most, any text of the right length; fixes the head's size."""
        self._file = file
        placeholder = [(key, 0, layout) for key, layout in keys]
        table = _build_table([(0, 0)] * segments, placeholder)
        self._base = _align(len(table) + PADDED_HEADER_LENGTH)
        self._segments: list[Segment] = []
        self._by_hash: dict[str, Segment] = {}
        self._named: dict[str, tuple[int, Layout | None]] = {}
        file.seek(self._base)

    @property
    def start(self) -> int:
        """Bytes in front of the first segment."""
        return self._base

    def add_segment(self, chunks: Iterable[bytes]) -> Segment:
        """Appends one blob; one that is already stored is returned instead of written again."""
        start = self._file.tell()
        offset = _align(start)
        self._file.write(b"\0" * (offset - start))
        digest, length = hashlib.sha256(), 0
        for chunk in chunks:
            digest.update(chunk)
            length += self._file.write(chunk)
        key = digest.hexdigest()
        if key in self._by_hash:
            self._file.seek(start)
            self._file.truncate()
            return self._by_hash[key]
        segment = Segment(len(self._segments), key, offset, length)
        self._segments.append(segment)
        self._by_hash[key] = segment
        return segment

    def add_key(self, key: str, segment: Segment, layout: Layout | None = None) -> None:
        """Names a segment; naming it so again changes nothing."""
        self._named[key] = (segment.index, layout)

    def finish(self) -> None:
        """Writes header and table into the reserved head."""
        end = self._file.tell()
        windows = [(s.offset - self._base, s.length) for s in self._segments]
        table = _build_table(windows, [(key, index, layout) for key, (index, layout) in self._named.items()])
        head = HEADER_MAGIC + HEADER_LENGTH.to_bytes(4, "little")
        for number in (PADDED_HEADER_LENGTH, len(table), self._base, end - self._base):
            head += number.to_bytes(8, "little")
        root = int.from_bytes(table[:4], "little") + PADDED_HEADER_LENGTH
        self._file.seek(0)
        self._file.write(root.to_bytes(4, "little") + table[4:8] + head.ljust(PADDED_HEADER_LENGTH, b"\0") + table[8:])
        self._file.seek(end)


def _align(offset: int) -> int:
    return -(-offset // SEGMENT_ALIGNMENT) * SEGMENT_ALIGNMENT


def _build_table(windows: list[tuple[int, int]], named: list[tuple[str, int, Layout | None]]) -> bytes:
    """The flatbuffer of `flat_tensor.fbs`: FlatTensor{version, segments, named_data}."""
    builder = flatbuffers.Builder(1024)
    segments = [_build_segment(builder, offset, size) for offset, size in windows]
    entries = [_build_named(builder, key, index, layout) for key, index, layout in named]
    segment_vector, entry_vector = _vector(builder, segments), _vector(builder, entries)
    builder.StartObject(3)
    builder.PrependUint32Slot(0, SCHEMA_VERSION, 0)
    builder.PrependUOffsetTRelativeSlot(1, segment_vector, 0)
    builder.PrependUOffsetTRelativeSlot(2, entry_vector, 0)
    builder.Finish(builder.EndObject(), MAGIC)
    return bytes(builder.Output())


def _vector(builder: flatbuffers.Builder, offsets: list[int]) -> int:
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return int(builder.EndVector())


def _build_segment(builder: flatbuffers.Builder, offset: int, size: int) -> int:
    builder.ForceDefaults(True)  # the table's size must not depend on the numbers in it
    builder.StartObject(2)
    builder.PrependUint64Slot(0, offset, 0)
    builder.PrependUint64Slot(1, size, 0)
    return int(builder.EndObject())


def _build_named(builder: flatbuffers.Builder, key: str, index: int, layout: Layout | None) -> int:
    name = builder.CreateString(key)
    table = _build_layout(builder, layout) if layout else 0
    builder.StartObject(3)
    builder.PrependUOffsetTRelativeSlot(0, name, 0)
    builder.PrependUint32Slot(1, index, 0)
    if layout:
        builder.PrependUOffsetTRelativeSlot(2, table, 0)
    return int(builder.EndObject())


def _build_layout(builder: flatbuffers.Builder, layout: Layout) -> int:
    builder.StartVector(4, len(layout.shape), 4)
    for size in reversed(layout.shape):
        builder.PrependInt32(size)
    sizes = builder.EndVector()
    order = builder.CreateByteVector(bytes(range(len(layout.shape))))
    builder.StartObject(3)
    builder.PrependInt8Slot(0, SCALAR_TYPES[layout.dtype], 0)
    builder.PrependUOffsetTRelativeSlot(1, sizes, 0)
    builder.PrependUOffsetTRelativeSlot(2, order, 0)
    return int(builder.EndObject())
