"""Resizes 8-bit RGB: bit for bit what Pillow's `Image.resize` makes, for any size and in little memory.

First along the rows, then along the columns, each pass rounded and clipped to 8 bits; a pass that changes no size is
left out. Sums of pixels times weights are whole numbers below 2^53, so products of float64 matrices give them exactly
in whatever order the processor adds.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from runtime_py.errors import ContractError
from runtime_py.files.limits import MAX_SIDE
from runtime_py.images.filters import PRECISION_BITS, Taps, filter_of, taps

Pixels = NDArray[np.uint8]
"""RGB, `[H, W, 3]`."""

Rows = Callable[[int, int], Pixels]
"""The rows of a picture from the first number to before the second, `[rows, W, 3]`."""

_BLOCK = 16  # outputs of one matrix product: their inputs overlap, so most weights in the matrix are not 0
_PIECE = 1 << 19  # numbers of one matrix, 4 MiB: it stays in a cache


def resize(pixels: Pixels, width: int, height: int, filter_name: str = "bicubic") -> Pixels:
    """`[H, W, 3]` -> `[height, width, 3]`, antialiased. Raises `ContractError` for other pixels, sizes and filters."""
    check_pixels(pixels)
    return resize_rows(
        lambda top, end: pixels[top:end], (pixels.shape[1], pixels.shape[0]), (width, height), filter_name
    )


def resize_rows(rows: Rows, size: tuple[int, int], wanted: tuple[int, int], filter_name: str = "bicubic") -> Pixels:
    """The same for a picture of `size` (width, height) whose rows are asked for once, in order, a few at a time."""
    chosen = filter_of(filter_name)
    for side in (*size, *wanted):
        if not 1 <= side <= MAX_SIDE:
            raise ContractError(
                f"wrong size: expected sides of 1 to {MAX_SIDE} pixels, got {size} to {wanted}; give another size"
            )
    (width, height), (to_width, to_height) = size, wanted
    across = None if to_width == width else taps(width, to_width, chosen)
    narrow = np.empty((height, to_width, 3), np.uint8)
    step = max(1, _PIECE // (3 * width))
    for top in range(0, height, step):
        piece = rows(top, min(top + step, height))
        narrow[top : top + step] = piece if across is None else _along_rows(piece, across)
    if to_height == height:
        return narrow
    lines = narrow.reshape(height, to_width * 3)
    return _weighed(lines, taps(height, to_height, chosen)).reshape(to_height, to_width, 3)


def check_pixels(pixels: Pixels) -> None:
    """Raises `ContractError` for anything but uint8 `[H, W, 3]` with a pixel in it."""
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
        raise ContractError(
            f"wrong pixels: expected uint8 [H, W, 3] with 1 pixel or more, got {pixels.dtype} {list(pixels.shape)}; "
            "decode the photo first"
        )


def _along_rows(piece: Pixels, across: Taps) -> Pixels:
    """`[h, W, 3]` -> `[h, W', 3]`."""
    height, width, _ = piece.shape
    columns = np.ascontiguousarray(piece.transpose(1, 0, 2)).reshape(width, height * 3)
    return _weighed(columns, across).reshape(-1, height, 3).transpose(1, 0, 2)


def _weighed(lines: Pixels, along: Taps) -> Pixels:
    """`[N, C]` -> `[N', C]`: each output line the weighted sum of input lines, rounded and clipped."""
    wanted, columns = len(along.first), lines.shape[1]
    out = np.empty((wanted, columns), np.uint8)
    for start in range(0, wanted, _BLOCK):
        block = slice(start, min(start + _BLOCK, wanted))
        low, matrix = _matrix(along, block)
        inputs = lines[low : low + matrix.shape[1]]
        step = max(1, _PIECE // matrix.shape[1])
        for left in range(0, columns, step):
            sums = matrix @ inputs[:, left : left + step].astype(np.float64)
            sums += 1 << (PRECISION_BITS - 1)
            sums *= 2.0**-PRECISION_BITS
            np.floor(sums, out=sums)
            out[block, left : left + step] = np.clip(sums, 0, 255, out=sums)
    return out


def _matrix(along: Taps, block: slice) -> tuple[int, NDArray[np.float64]]:
    """The first input line of a block of outputs, and its weights `[outputs, inputs]`."""
    first, count, weights = along.first[block], along.count[block], along.weights[block]
    low = int(first[0])
    matrix = np.zeros((len(first), int((first + count).max()) - low))
    for row in range(len(first)):
        at = int(first[row]) - low
        matrix[row, at : at + int(count[row])] = weights[row, : int(count[row])]
    return low, matrix
