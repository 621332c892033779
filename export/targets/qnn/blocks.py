"""Weights of 4 bits in blocks, as Hexagon expands them: a block's scale is a whole multiple, 1 to 16, of its column's.

Larger factors compile without a word and give other numbers: 16 is what was tried and holds.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from runtime_py.errors import ExportError

BLOCK = 32  # rows of a column with one scale, as in the base
FACTORS = 16
_LEAST, _MOST = -8, 7
Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Blocks:
    """Codes int8 `[K, N]` from -8 to 7, factors uint8 `[K/32, N]`, scales float32 `[N]`."""

    codes: npt.NDArray[np.int8]
    factors: npt.NDArray[np.uint8]
    scales: Array

    def values(self) -> Array:
        """What the codes mean, `[K, N]`."""
        return self.codes * (self.factors * self.scales).repeat(BLOCK, 0)


def fit_blocks(name: str, values: Array) -> Blocks:
    """The factors with the least squared error; raises `ExportError` where blocks do not divide the K of `[K, N]`."""
    rows, columns = values.shape
    if rows % BLOCK:
        raise ExportError(
            f"cannot quantize {name} to 4 bits: expected whole blocks of {BLOCK} rows, got {rows}; take a16w8"
        )
    blocks = values.reshape(-1, BLOCK, columns)
    reach = np.maximum(blocks.max(1) / _MOST, blocks.min(1) / _LEAST)
    scales = np.maximum(reach.max(0) / FACTORS, 1e-8).astype(np.float32)
    factors = np.ones(reach.shape, np.uint8)
    least = np.full(reach.shape, np.inf, np.float32)
    for factor in range(1, FACTORS + 1):
        step = scales * np.float32(factor)
        error = np.square(np.clip(np.rint(blocks / step), _LEAST, _MOST) * step - blocks).sum(1)
        factors[error < least] = factor
        least = np.minimum(least, error)
    codes = np.clip(np.rint(blocks / (factors * scales)[:, None]), _LEAST, _MOST)
    return Blocks(codes.astype(np.int8).reshape(rows, columns), factors, scales)
