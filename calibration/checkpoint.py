"""Reads a Hugging Face checkpoint tensor by tensor, without loading it."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from runtime_py.errors import ConfigError

SINGLE, SHARDED = "model.safetensors", "model.safetensors.index.json"
CHUNK_VALUES = 1 << 22
DTYPES: Mapping[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": np.dtype("<u2")}


@dataclass(frozen=True)
class StoredTensor:
    """Where a tensor lies: `offset` counts bytes from the start of `file`."""

    file: Path
    dtype: str
    shape: tuple[int, ...]
    offset: int


@dataclass(frozen=True)
class Checkpoint:
    """`config.json` and the tensors of one or more safetensors files."""

    folder: Path
    config: Mapping[str, Any]
    tensors: Mapping[str, StoredTensor]

    @classmethod
    def open(cls, folder: Path) -> "Checkpoint":
        """Reads the config and all headers; raises `ConfigError` for what is missing, truncated or of another dtype."""
        config = _read_json(folder / "config.json", "a Hugging Face checkpoint")
        tensors: dict[str, StoredTensor] = {}
        for file in checkpoint_files(folder):
            tensors |= _read_header(file)
        return cls(folder, config, tensors)

    def rows(self, name: str) -> Iterator[npt.NDArray[np.float32]]:
        """The tensor in float32 chunks of whole rows (a vector is one chunk)."""
        stored = self.tensors[name]
        dtype = DTYPES[stored.dtype]
        row = math.prod(stored.shape[1:])
        step = max(1, CHUNK_VALUES // max(1, row)) if len(stored.shape) > 1 else stored.shape[0]
        with stored.file.open("rb") as file:
            file.seek(stored.offset)
            for start in range(0, stored.shape[0], step):
                count = min(step, stored.shape[0] - start)
                raw = np.frombuffer(file.read(count * row * dtype.itemsize), dtype)
                wide = (
                    (raw.astype(np.uint32) << 16).view(np.float32) if stored.dtype == "BF16" else raw.astype(np.float32)
                )
                yield wide.reshape(count, *stored.shape[1:])


def checkpoint_files(folder: Path) -> list[Path]:
    """The safetensors files of a checkpoint, sorted."""
    if (folder / SHARDED).is_file():
        index = _read_json(folder / SHARDED, "a shard index")
        weight_map = index.get("weight_map")
        if not isinstance(weight_map, dict):
            raise ConfigError(f"{folder / SHARDED}: expected a 'weight_map', found none; download the checkpoint again")
        return [folder / name for name in sorted(set(weight_map.values()))]
    if not (folder / SINGLE).is_file():
        raise ConfigError(f"{folder}: expected {SINGLE} or {SHARDED}, found neither; save the model as safetensors")
    return [folder / SINGLE]


def _read_json(path: Path, what: str) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as e:
        raise ConfigError(f"{path}: expected {what}, found no such file") from e
    except (OSError, ValueError) as e:
        raise ConfigError(f"{path}: expected JSON, got unreadable text ({e})") from e
    if not isinstance(value, dict):
        raise ConfigError(f"{path}: expected a JSON object, got {type(value).__name__}")
    return value


def _read_header(path: Path) -> dict[str, StoredTensor]:
    """Format: u64 little-endian header length, JSON header, data; offsets count from the end of the header."""
    if not path.is_file():
        raise ConfigError(f"{path}: expected a shard that the index names, found none; download the checkpoint again")
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > size - 8:
            raise ConfigError(f"{path}: expected a header of {length} bytes, got a file of {size}; it is truncated")
        try:
            header = json.loads(file.read(length))
        except ValueError as e:
            raise ConfigError(f"{path}: expected a safetensors header, got unreadable text ({e})") from e
    tensors = {}
    for name, dtype, shape, start, end in _entries(path, header):
        if dtype not in DTYPES:
            raise ConfigError(f"{path}: expected {name!r} in F32, F16 or BF16, got {dtype}; convert the checkpoint")
        if end - start != math.prod(shape) * DTYPES[dtype].itemsize or 8 + length + end > size:
            raise ConfigError(
                f"{path}: expected the bytes of {name!r} up to {8 + length + end}, got {size} bytes; it is truncated"
            )
        tensors[name] = StoredTensor(path, dtype, shape, 8 + length + start)
    return tensors


def _entries(path: Path, header: Any) -> Iterator[tuple[str, str, tuple[int, ...], int, int]]:
    """Name, dtype, shape, first and last byte of each tensor of a safetensors header."""
    try:
        for name, entry in header.items():
            if name != "__metadata__":
                start, end = entry["data_offsets"]
                yield name, entry["dtype"], tuple(entry["shape"]), start, end
    except (AttributeError, KeyError, TypeError, ValueError) as e:
        raise ConfigError(
            f"{path}: expected dtype, shape and data_offsets of each tensor, got {e!r}; download the checkpoint again"
        ) from e


def check_finite(name: str, values: npt.NDArray[np.float32]) -> None:
    """Raises `ConfigError` for NaN and infinity."""
    if not np.isfinite(values).all():
        raise ConfigError(f"tensor {name!r}: expected finite numbers, got NaN or infinity; the checkpoint is damaged")
