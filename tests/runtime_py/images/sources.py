"""Pictures from a seed, the same in every language: 32-bit whole numbers, products modulo 2^32."""

import numpy as np
from numpy.typing import NDArray

from runtime_py.images import Pixels

KINDS = ("noise", "gradient", "blocks")


def source(kind: str, seed: int, width: int, height: int) -> Pixels:
    """uint8 `[height, width, 3]`.

    noise: the low byte of `mixed(seed, i)` for byte i; gradient: x, y and x + y + seed across the picture;
    blocks: squares of 4 x 4 that are 0 or 255, where a cubic filter overshoots.
    """
    x, y = np.arange(width, dtype=np.uint32)[None, :], np.arange(height, dtype=np.uint32)[:, None]
    if kind == "noise":
        return (
            (mixed(seed, np.arange(width * height * 3, dtype=np.uint32)) & 255)
            .astype(np.uint8)
            .reshape(height, width, 3)
        )
    out = np.empty((height, width, 3), np.uint8)
    if kind == "gradient":
        out[:, :, 0] = x * 255 // max(1, width - 1)
        out[:, :, 1] = y * 255 // max(1, height - 1)
        out[:, :, 2] = x + y + seed & 255
        return out
    for channel in range(3):
        bits = mixed(seed, ((y >> 2) * np.uint32(width) + (x >> 2)) * np.uint32(3) + np.uint32(channel)) & 1
        out[:, :, channel] = bits * 255
    return out


def mixed(seed: int, number: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Numbers without an order that the eye or a filter could find."""
    x = number * np.uint32(0x9E3779B1) + np.uint32(seed * 0x85EBCA6B & 0xFFFFFFFF)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x2C1B3C6D)
    x ^= x >> np.uint32(12)
    return x
