"""Activation-aware scaling folded into the neighbours (SmoothQuant, Xiao et al. 2023, equation 4).

Where a linear's inputs are large its columns are multiplied by s, and whatever makes these inputs is divided by it, so
the model computes what it did, but its activations round better to int8. Every s is a power of two: the fold is exact
in any float format, and the factors are small integers that give the same base on every machine.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save_file

from calibration.checkpoint import Checkpoint
from calibration.families import read_shapes
from runtime_py.errors import ConfigError

Exponents = Mapping[str, npt.NDArray[np.int8]]

SMOOTHING = "smoothing.safetensors"
"""The factors' file in a checkpoint's folder."""
STRENGTH = 0.5
FAMILIES = ("llama", "qwen2", "qwen3")
"""Those whose norms multiply by w; a norm of 1 + w cannot take a factor without changing form."""


@dataclass(frozen=True)
class Fold:
    """`readers` [N, K] share one input: their columns take 2^e, the `makers` of it take 2^-e on their rows.

    Where heads share keys and values, `repeat` runs of `size` columns come of the same run of the maker's rows.
    """

    name: str
    makers: tuple[str, ...]
    readers: tuple[str, ...]
    repeat: int = 1
    size: int = 1


def folds(config: Mapping[str, object]) -> list[Fold]:
    """Every place of a model where a factor can be folded; raises `ConfigError` for a family that has none."""
    if config.get("model_type") not in FAMILIES:
        raise ConfigError(
            f"smoothing: expected a model_type among {', '.join(FAMILIES)}, got {config.get('model_type')!r}; "
            "quantize without factors"
        )
    shapes = read_shapes(config)
    found = []
    for layer in range(shapes.layers):
        path = f"model.layers.{layer}"
        attention, mlp = f"{path}.self_attn", f"{path}.mlp"
        found += [
            Fold(f"{attention}.input", (f"{path}.input_layernorm",), tuple(f"{attention}.{x}_proj" for x in "qkv")),
            Fold(
                f"{attention}.output", (f"{attention}.v_proj",), (f"{attention}.o_proj",),
                shapes.heads // shapes.kv_heads, shapes.head_dim,
            ),
            Fold(f"{mlp}.input", (f"{path}.post_attention_layernorm",), (f"{mlp}.gate_proj", f"{mlp}.up_proj")),
            Fold(f"{mlp}.output", (f"{mlp}.up_proj",), (f"{mlp}.down_proj",)),
        ]  # fmt: skip
    return found


def choose_exponents(source: Checkpoint, largest_inputs: Mapping[str, npt.NDArray[np.float32]]) -> Exponents:
    """Exponents by fold name, from the largest absolute input of each column of the fold's first reader.

    `largest_inputs` `[K]` by module path. s = input^a / weight^(1-a) over its geometric mean, the nearest power of two.
    """
    chosen = {}
    for fold in folds(source.config):
        weights = np.max([_largest_columns(source, f"{reader}.weight") for reader in fold.readers], axis=0)
        inputs = largest_inputs[fold.readers[0]]
        weights, inputs = (_shared(np.maximum(x, 1e-5), fold) for x in (weights, inputs))
        exponents = STRENGTH * np.log2(inputs) - (1 - STRENGTH) * np.log2(weights)
        chosen[fold.name] = np.rint(exponents - exponents.mean()).astype(np.int8)
    return chosen


@dataclass(frozen=True)
class SmoothedCheckpoint(Checkpoint):
    """A checkpoint whose tensors come with the factors folded in."""

    exponents: Exponents

    @classmethod
    def of(cls, source: Checkpoint, exponents: Exponents) -> "SmoothedCheckpoint":
        """Raises `ConfigError` when the factors are another model's."""
        expected = {fold.name for fold in folds(source.config)}
        if set(exponents) != expected:
            odd = min(set(exponents) ^ expected)
            raise ConfigError(f"smoothing: expected the factors of this model's {len(expected)} places, got {odd!r}")
        return cls(source.folder, source.config, source.tensors, exponents)

    def rows(self, name: str) -> Iterator[npt.NDArray[np.float32]]:
        """As the checkpoint's, scaled."""
        module, start = name.rpartition(".")[0], 0
        on_rows = [self.exponents[f.name] for f in folds(self.config) if module in f.makers]
        on_columns = [_repeated(self.exponents[f.name], f) for f in folds(self.config) if module in f.readers]
        for values in super().rows(name):
            for exponents in on_rows:
                part = -exponents[start : start + len(values)].astype(np.int32)
                values = np.ldexp(values, part if values.ndim == 1 else part[:, None])
            for exponents in on_columns if values.ndim == 2 else []:
                values = np.ldexp(values, exponents.astype(np.int32))
            start += len(values)
            yield values.astype(np.float32)


def read_exponents(path: Path) -> Exponents:
    """The factors of a file that `write_exponents` wrote; raises `ConfigError`."""
    try:
        found = load_file(path)
    except (OSError, ValueError) as e:
        raise ConfigError(f"{path}: expected a safetensors file of smoothing factors, got {e}") from e
    for name, values in found.items():
        if values.dtype != np.int8 or values.ndim != 1:
            raise ConfigError(f"{path}: expected int8 vectors, got {name!r} {values.dtype} {list(values.shape)}")
    return dict(found)


def write_exponents(path: Path, exponents: Exponents) -> None:
    """Int8 vectors by fold name, safetensors."""
    save_file(dict(exponents), path)


def _largest_columns(source: Checkpoint, name: str) -> npt.NDArray[np.float32]:
    largest: npt.NDArray[np.float32] = np.max([np.abs(rows).max(axis=0) for rows in source.rows(name)], axis=0)
    return largest


def _shared(columns: npt.NDArray[np.float32], fold: Fold) -> npt.NDArray[np.float32]:
    """The largest over the columns that come of one row."""
    shared: npt.NDArray[np.float32] = columns.reshape(-1, fold.repeat, fold.size).max(axis=1).reshape(-1)
    return shared


def _repeated(exponents: npt.NDArray[np.int8], fold: Fold) -> npt.NDArray[np.int8]:
    return np.repeat(exponents.reshape(-1, 1, fold.size), fold.repeat, axis=1).reshape(-1)
