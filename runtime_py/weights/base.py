"""Reads a quantized base: int4 or int8 codes with scales, or raw float32, in one `base.ptd` (docs/base-format.md)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from runtime_py.errors import BundleError
from runtime_py.files import sha256_file

FORMAT = "memlora.base"
PLAIN_VERSION, VERSION = 1, 2  # a base without int8 tensors is of version 1
INDEX = "base.index.json"


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
class QuantizedBase:
    """An opened base; arrays are read-only views of the mapped file where no arithmetic is needed."""

    path: Path
    sha256: str
    size: int
    group_size: int
    tensors: Mapping[str, Tensor]
    _bytes: npt.NDArray[np.uint8]

    @classmethod
    def open(cls, folder: Path, index_name: str = INDEX) -> "QuantizedBase":
        """Opens `folder`, checking format, version, size and every window, but not the hashes (`verify` does).

        Raises `BundleError`.
        """
        index = _read_index(folder / index_name)
        name = index["file"]
        if not isinstance(name, str) or Path(name).name != name:
            raise BundleError(f"{INDEX}: expected a plain file name under 'file', got {name!r}", "malformed bytes")
        path = folder / name
        if not path.is_file():
            raise BundleError(f"{path}: expected the base's data file, found none", "unlinkable parts")
        size = path.stat().st_size
        if size != index["size"]:
            raise BundleError(f"{path}: expected {index['size']} bytes, got {size}; the file is incomplete or foreign")
        group_size = int(index["group_size"])
        try:
            tensors = {key: _entry(key, value, index, size) for key, value in index["tensors"].items()}
        except (KeyError, TypeError, ValueError, AttributeError) as e:
            raise BundleError(
                f"{INDEX}: expected tensor entries of version {VERSION}, got {e!r}", "malformed bytes"
            ) from e
        return cls(path, str(index["sha256"]), size, group_size, tensors, np.memmap(path, np.uint8, "r"))

    def verify(self) -> None:
        """Raises `BundleError` unless the file's sha256 is the index's."""
        got = sha256_file(self.path)
        if got != self.sha256:
            raise BundleError(f"{self.path}: expected sha256 {self.sha256}, got {got}; fetch or make the base again")

    def names(self) -> list[str]:
        """Names of all tensors in file order."""
        return list(self.tensors)

    def codes(self, name: str) -> npt.NDArray[np.uint8] | npt.NDArray[np.int8]:
        """Packed int4 codes `[N, K/2]` (value + 8, even column in the low nibble), or int8 ones `[N, K]`."""
        entry = self._matrix(name)
        codes = self._window(entry.codes).reshape(entry.shape[0], -1)
        return codes.view(np.int8) if isinstance(entry, Int8Tensor) else codes

    def scales(self, name: str) -> npt.NDArray[np.float32]:
        """Scales `[N, K/group]` of int4 (exact bf16 values widened to float32), `[N, 1]` of int8."""
        return self._scales(self._matrix(name), slice(None))

    def _scales(self, entry: QuantizedTensor, rows: slice | npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        stored = self._window(entry.scales)
        if isinstance(entry, Int8Tensor):
            return stored.view("<f4").reshape(-1, 1)[rows]
        bits = stored.view("<u2").reshape(entry.shape[0], -1)[rows].astype(np.uint32) << 16
        return bits.view(np.float32)

    def dequantize(self, name: str, rows: slice | npt.NDArray[np.int64] = slice(None)) -> npt.NDArray[np.float32]:
        """A matrix as float32 `[N, K]`, or some of its rows: (nibble - 8) * scale, or int8 code * scale."""
        entry = self._matrix(name)
        codes, scales = self.codes(name)[rows], self._scales(entry, rows)
        if isinstance(entry, Int8Tensor):
            return codes.astype(np.float32) * scales
        values = np.empty((codes.shape[0], codes.shape[1] * 2), np.float32)
        values[:, 0::2] = codes & 15
        values[:, 1::2] = codes >> 4
        values -= 8
        grouped = values.reshape(*scales.shape, self.group_size)
        grouped *= scales[:, :, None]
        return values

    def tensor(self, name: str) -> npt.NDArray[np.float32]:
        """Any tensor as float32: raw ones as they are, matrices dequantized."""
        entry = self._entry(name)
        if not isinstance(entry, RawTensor):
            return self.dequantize(name)
        return self._window(entry.data).view("<f4").reshape(entry.shape)

    def _window(self, window: Window) -> npt.NDArray[np.uint8]:
        return self._bytes[window.offset : window.offset + window.length]

    def _entry(self, name: str) -> Tensor:
        try:
            return self.tensors[name]
        except KeyError:
            raise BundleError(f"base {self.path}: no tensor named {name!r}", "unlinkable parts") from None

    def _matrix(self, name: str) -> QuantizedTensor:
        entry = self._entry(name)
        if isinstance(entry, RawTensor):
            raise BundleError(
                f"base {self.path}: expected {name!r} to be a matrix, got a raw tensor", "unlinkable parts"
            )
        return entry


def _read_index(path: Path) -> dict[str, Any]:
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as e:
        raise BundleError(f"{path}: expected the base's index, found none", "unlinkable parts") from e
    except (OSError, ValueError) as e:
        raise BundleError(f"{path}: expected JSON, got unreadable text ({e})", "malformed bytes") from e
    if not isinstance(index, dict) or index.get("format") != FORMAT:
        got = index.get("format") if isinstance(index, dict) else type(index).__name__
        raise BundleError(f"{path}: expected format {FORMAT!r}, got {got!r}", "malformed bytes")
    if index.get("version") not in (PLAIN_VERSION, VERSION):
        raise BundleError(f"{path}: expected version 1 or 2, got {index.get('version')!r}; update memlora")
    missing = {"group_size", "file", "sha256", "size", "tensors"} - set(index)
    if missing:
        raise BundleError(f"{path}: expected key {min(missing)!r}, found none", "malformed bytes")
    return index


def _window(value: Mapping[str, Any], name: str, length: int, size: int) -> Window:
    window = Window(str(value["key"]), int(value["offset"]), int(value["length"]))
    if window.length != length:
        raise BundleError(f"base tensor {name!r}: expected {length} bytes by its shape, got {window.length}")
    if window.offset < 0 or window.offset + window.length > size:
        raise BundleError(f"base tensor {name!r}: expected bytes within {size}, got an end at {window.offset + length}")
    return window


def _entry(name: str, value: Mapping[str, Any], index: Mapping[str, Any], size: int) -> Tensor:
    shape = tuple(int(n) for n in value["shape"])
    group_size, kinds = int(index["group_size"]), ("raw", "int4", "int8")[: index["version"] + 1]
    if value["kind"] not in kinds:
        raise BundleError(
            f"base tensor {name!r}: expected {' or '.join(kinds)} in version {index['version']}, got {value['kind']!r}"
        )
    if value["kind"] == "raw":
        if value["dtype"] != "float32":
            raise BundleError(f"base tensor {name!r}: expected dtype float32, got {value['dtype']!r}")
        return RawTensor(shape, _window(value, name, 4 * int(np.prod(shape)), size))
    if len(shape) != 2 or (value["kind"] == "int4" and shape[1] % group_size):
        raise BundleError(
            f"base tensor {name!r}: expected {value['kind']} [N, K], int4 in groups of {group_size}, got {shape}"
        )
    rows, columns = shape
    if value["kind"] == "int8":
        codes, scales = (
            _window(value["codes"], name, rows * columns, size),
            _window(value["scales"], name, 4 * rows, size),
        )
        return Int8Tensor((rows, columns), codes, scales)
    codes = _window(value["codes"], name, rows * columns // 2, size)
    scales = _window(value["scales"], name, rows * (columns // group_size) * 2, size)
    return Int4Tensor((rows, columns), codes, scales)
