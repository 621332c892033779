"""Reads a quantized base: int4 or int8 codes with scales, or raw float32, in one `base.ptd` (docs/base-format.md)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from runtime_py.errors import BundleError
from runtime_py.files import sha256_file
from runtime_py.weights.index import (
    INDEX,
    Int8Tensor,
    QuantizedTensor,
    RawTensor,
    Tensor,
    Window,
    check_windows,
    read_index,
    read_tensors,
)


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
        index, index_bytes = read_index(folder / index_name)
        path = folder / index.file
        if not path.is_file():
            raise BundleError(f"{path}: expected the base's data file, found none", "unlinkable parts")
        size = path.stat().st_size
        if size != index.size:
            raise BundleError(f"{path}: expected {index.size} bytes, got {size}; the file is incomplete or foreign")
        tensors = read_tensors(index, index_name)
        check_windows(tensors, size, index_bytes, index_name)
        return cls(path, index.sha256, size, index.group_size, tensors, np.memmap(path, np.uint8, "r"))

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
