"""A whole picture in a square: what a vision tower of a fixed input size is given."""

import numpy as np

from runtime_py.errors import ContractError
from runtime_py.files.limits import MAX_SIDE
from runtime_py.images.resize import Pixels, check_pixels, resize

RULE = "square 1"
"""What `square` makes of a picture, with its own filter; another number where a pixel of it changes."""

GROUND = 127
"""The grey around a picture in a square: 0, or nearly, after the usual normalisations."""


def fit_size(width: int, height: int, side: int) -> tuple[int, int]:
    """Width and height with the same proportions whose longer one is `side`; halves round up, none is below 1."""
    longest = max(width, height)
    return max(1, (2 * width * side + longest) // (2 * longest)), max(1, (2 * height * side + longest) // (2 * longest))


def square(pixels: Pixels, side: int, filter_name: str = "bicubic") -> Pixels:
    """`[H, W, 3]` -> `[side, side, 3]`: the picture as large as it fits, in the middle, grey on two sides.

    Nothing is cut off and nothing is stretched: what is asked about may stand at an edge, and be counted.
    Raises `ContractError`.
    """
    check_pixels(pixels)
    if not 1 <= side <= MAX_SIDE:
        raise ContractError(f"wrong side: expected 1 to {MAX_SIDE} pixels, got {side}; give the tower's input size")
    height, width, _ = pixels.shape
    to_width, to_height = fit_size(width, height, side)
    left, top = (side - to_width) // 2, (side - to_height) // 2
    out = np.full((side, side, 3), GROUND, np.uint8)
    out[top : top + to_height, left : left + to_width] = resize(pixels, to_width, to_height, filter_name)
    return out
