"""Reads `base.index.json`: where each tensor lies in a base's data file (docs/base-format.md)."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from runtime_py.errors import BundleError
from runtime_py.files import parse_json, read_record
from runtime_py.files.limits import MAX_BASE_SLACK, MAX_BYTES

FORMAT = "memlora.base"
PLAIN_VERSION, VERSION = 1, 2  # a base without int8 tensors is of version 1
INDEX = "base.index.json"
GROUP_SIZES = (32, 64, 128, 256)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_HEAD_BYTES = 1 << 16


@dataclass(frozen=True)
class Window:
    """`length` bytes from byte `offset` of the data file; `key` is sha256 of these bytes."""

    key: str
    offset: int
    length: int


@dataclass(frozen=True)
class Int4Tensor:
    """`[N, K]` weights: codes `[N, K/2]` uint8, scales `[N, K/group]` bf16."""

    shape: tuple[int, int]
    codes: Window
    scales: Window


@dataclass(frozen=True)
class Int8Tensor:
    """`[N, K]` weights: codes `[N, K]` int8, scales `[N]` float32."""

    shape: tuple[int, int]
    codes: Window
    scales: Window


@dataclass(frozen=True)
class RawTensor:
    """Float32 values as they are."""

    shape: tuple[int, ...]
    data: Window


QuantizedTensor = Int4Tensor | Int8Tensor
Tensor = QuantizedTensor | RawTensor


@dataclass(frozen=True)
class Index:
    """The file's keys; `tensors` are still as written."""

    format: Literal["memlora.base"]
    version: int
    group_size: int
    file: str
    sha256: str
    size: int
    tensors: Mapping[str, Any]


@dataclass(frozen=True)
class _Scales:
    key: str
    offset: int
    length: int
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class _Matrix:
    kind: Literal["int4", "int8"]
    shape: tuple[int, ...]
    codes: Window
    scales: _Scales


@dataclass(frozen=True)
class _Raw:
    kind: Literal["raw"]
    dtype: Literal["float32"]
    shape: tuple[int, ...]
    key: str
    offset: int
    length: int


def read_index(path: Path) -> tuple[Index, int]:
    """The index in `path` and its size in bytes. Raises `BundleError`."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES["index"]:
            raise BundleError(
                f"large {path.name}: expected at most {MAX_BYTES['index']} bytes, got {size}; make the base again",
                "malformed bytes",
            )
        data = path.read_bytes()
    except FileNotFoundError as e:
        raise BundleError(f"{path}: expected the base's index, found none", "unlinkable parts") from e
    except OSError as e:
        raise BundleError(f"{path}: expected a readable file, got {e.strerror}", "unlinkable parts") from e
    return parse_index(data, path.name), size


def parse_index(data: bytes, name: str = INDEX) -> Index:
    """The keys of an index; every one is there, of its type and possible. Raises `BundleError`."""
    value = parse_json(data, name)
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        got = value.get("format") if isinstance(value, dict) else type(value).__name__
        raise BundleError(f"{name}: expected format {FORMAT!r}, got {got!r:.80}", "malformed bytes")
    if type(version := value.get("version")) is not int or version not in (PLAIN_VERSION, VERSION):
        raise BundleError(f"{name}: expected version 1 or 2, got {version!r:.80}; update memlora")
    index = read_record(Index, value, name)
    for what, expected, fine in (
        ("group size", f"one of {GROUP_SIZES}", index.group_size in GROUP_SIZES),
        ("file", "a plain file name", _PLAIN_NAME.fullmatch(index.file) is not None),
        ("sha256", "64 hex digits", _SHA256.fullmatch(index.sha256) is not None),
        ("size", "1 byte or more", index.size > 0),
        ("tensors", "1 or more", bool(index.tensors)),
    ):
        if not fine:
            raise BundleError(f"invalid {name}: expected {expected} as {what}, got another; make the base again")
    return index


def read_tensors(index: Index, name: str = INDEX) -> dict[str, Tensor]:
    """Every tensor of an index, in its order; lengths are those that shapes ask for. Raises `BundleError`."""
    return {key: _tensor(f"{name}, {key[:80]}", value, index) for key, value in index.tensors.items()}


def check_windows(tensors: Mapping[str, Tensor], size: int, index_bytes: int, name: str) -> None:
    """Windows lie in a file of `size` bytes, are the same or apart, and leave little of it. Raises `BundleError`."""
    places = set()
    for tensor in tensors.values():
        for window in (tensor.data,) if isinstance(tensor, RawTensor) else (tensor.codes, tensor.scales):
            places.add((window.offset, window.length))
    ordered = sorted(places)
    for (offset, length), (following, _) in pairwise(ordered):
        if offset + length > following:
            raise BundleError(
                f"invalid {name}: expected windows that are the same or apart, got bytes {offset} to {offset + length} "
                f"and another from {following}; make the base again"
            )
    end = ordered[-1][0] + ordered[-1][1]
    if end > size:
        raise BundleError(f"invalid {name}: expected bytes within {size}, got an end at {end}; make the base again")
    most = int(MAX_BASE_SLACK * sum(length for _, length in ordered)) + index_bytes + _HEAD_BYTES
    if size > most:
        raise BundleError(
            f"invalid {name}: expected a data file of at most {most} bytes for its tensors, got {size}; "
            "make the base again"
        )


def _tensor(where: str, value: Any, index: Index) -> Tensor:
    kinds = ("raw", "int4", "int8")[: index.version + 1]
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind not in kinds:
        raise BundleError(
            f"{where}: expected {' or '.join(kinds)} in version {index.version}, got {kind!r:.80}; make the base again"
        )
    if kind == "raw":
        raw = read_record(_Raw, value, where)
        _check_shape(where, raw.shape, 0)
        return RawTensor(raw.shape, _window(where, raw.key, raw.offset, raw.length, 4 * math.prod(raw.shape)))
    matrix = read_record(_Matrix, value, where)
    _check_shape(where, matrix.shape, 2)
    rows, columns = matrix.shape
    is_int4 = kind == "int4"
    if is_int4 and columns % index.group_size:
        raise BundleError(
            f"{where}: expected int4 [N, K] in groups of {index.group_size}, got {matrix.shape}; make the base again"
        )
    groups = [rows, columns // index.group_size] if is_int4 else [rows]
    told = ("bfloat16" if is_int4 else "float32", tuple(groups))
    if (matrix.scales.dtype, matrix.scales.shape) != told:
        got = (matrix.scales.dtype[:20], matrix.scales.shape[:4])
        raise BundleError(f"{where}: expected scales {told}, got {got}; make the base again")
    scales, codes = matrix.scales, matrix.codes
    return (Int4Tensor if is_int4 else Int8Tensor)(
        (rows, columns),
        _window(where, codes.key, codes.offset, codes.length, rows * columns // (2 if is_int4 else 1)),
        _window(where, scales.key, scales.offset, scales.length, (2 if is_int4 else 4) * math.prod(groups)),
    )


def _check_shape(where: str, shape: tuple[int, ...], rank: int) -> None:
    if (rank and len(shape) != rank) or len(shape) > 8 or min(shape, default=1) < 1:
        raise BundleError(
            f"{where}: expected {rank or 'at most 8'} dimensions of 1 or more, got {shape[:9]}; make the base again"
        )


def _window(where: str, key: str, offset: int, length: int, expected: int) -> Window:
    if length != expected or offset < 0 or not _SHA256.fullmatch(key):
        raise BundleError(
            f"{where}: expected {expected} bytes by its shape from byte 0 or later under a sha256, got {length} from "
            f"{offset} under {key[:70]!r}; make the base again"
        )
    return Window(key, offset, length)
