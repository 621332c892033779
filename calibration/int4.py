"""Group-wise symmetric int4: values are (nibble - 8) * scale with bf16 scales."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

ScaleSearch = Literal["rtn", "mse"]
Matrix = npt.NDArray[np.float32]

# Half of the 15 steps between -8 and 7: the largest value of a group errs by half a step, like any other.
HALF_RANGE = 7.5
# The smallest scale, as in torchao: kernels refuse a scale of zero, so a group of zeros gets this one.
SMALLEST_SCALE = 2.0**-23
# Fractions of the round-to-nearest scale that the search tries; below 1 the group's extremes are clipped.
SEARCH_GRID = tuple(1.0 - 0.02 * step for step in range(21))


@dataclass(frozen=True)
class QuantizedRows:
    """`codes` [n, K/2] uint8 (even column in the low nibble), `scales` [n, K/group] as bf16 bits."""

    codes: npt.NDArray[np.uint8]
    scales: npt.NDArray[np.uint16]
    error: npt.NDArray[np.float32]
    rtn_error: npt.NDArray[np.float32]


def round_to_bf16(values: npt.NDArray[np.float32]) -> npt.NDArray[np.uint16]:
    """Bits of the nearest bf16, ties to even (finite values)."""
    bits = values.astype(np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def widen_bf16(bits: npt.NDArray[np.uint16]) -> npt.NDArray[np.float32]:
    """bf16 bits as float32, exactly."""
    return (bits.astype(np.uint32) << 16).view(np.float32)


def quantize_rows(weights: npt.NDArray[np.float32], group_size: int, search: ScaleSearch) -> QuantizedRows:
    """Quantizes `[n, K]` float32 rows; scales are rounded to bf16 before the codes are computed."""
    grouped = weights.reshape(weights.shape[0], -1, group_size)
    largest = np.abs(grouped).max(axis=2)
    scales = bf16_scale(largest, 1.0)
    rtn_error = _error(grouped, scales)
    error = rtn_error
    if search == "mse":
        best = np.square(rtn_error).sum(axis=2)
        for fraction in SEARCH_GRID[1:]:
            candidate = bf16_scale(largest, fraction)
            loss = np.square(_error(grouped, candidate)).sum(axis=2)
            scales = np.where(loss < best, candidate, scales)
            best = np.minimum(loss, best)
        error = _error(grouped, scales)
    packed = pack(_codes(grouped, scales).reshape(weights.shape))
    return QuantizedRows(packed, round_to_bf16(scales), error.reshape(weights.shape), rtn_error.reshape(weights.shape))


def pack(codes: npt.NDArray[np.int8] | Matrix) -> npt.NDArray[np.uint8]:
    """Codes `[n, K]` in -8..7, value + 8, two in a byte, the even column in the low nibble."""
    nibbles = (codes + 8).astype(np.uint8)
    return (nibbles[:, 0::2] | (nibbles[:, 1::2] << 4)).astype(np.uint8)


def bf16_scale(largest: npt.NDArray[np.float32], fraction: float) -> npt.NDArray[np.float32]:
    """The scale of groups with these largest absolute values, times `fraction`, as a bf16 value."""
    scale = np.maximum(largest * np.float32(fraction / HALF_RANGE), np.float32(SMALLEST_SCALE))
    return widen_bf16(round_to_bf16(scale))


def _codes(grouped: npt.NDArray[np.float32], scales: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    codes: npt.NDArray[np.float32] = np.clip(np.rint(grouped / scales[:, :, None]), -8, 7)
    return codes


def _error(grouped: npt.NDArray[np.float32], scales: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    error: npt.NDArray[np.float32] = _codes(grouped, scales) * scales[:, :, None] - grouped
    return error
