"""The weights of a resize along one axis: whole numbers, those of Pillow's `Image.resize` for 8-bit pictures.

A weight is made in float64 by sums, products and quotients in a fixed order, then rounded to a whole number of
2^-22: every language with IEEE 754 doubles makes the same one. Source: Pillow's `Resample.c` (MIT-CMU), read for its
arithmetic.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime_py.errors import ContractError

Doubles = NDArray[np.float64]
PRECISION_BITS = 32 - 8 - 2  # 8 bits of a pixel, 2 for weights above 1 and below 0


@dataclass(frozen=True)
class Filter:
    """`weight` of distances in pixels, 0 from `support` pixels on."""

    support: float
    weight: Callable[[Doubles], Doubles]


@dataclass(frozen=True, eq=False)
class Taps:
    """Output n is the sum of `weights[n, :]` (int32 `[N, K]`, 2^22 is 1) times inputs `first[n]` and those after it.

    `count[n]` of the weights count, the others are 0.
    """

    first: NDArray[np.int64]
    count: NDArray[np.int64]
    weights: NDArray[np.int32]


def _bilinear(distance: Doubles) -> Doubles:
    x = np.abs(distance)
    return np.where(x < 1.0, 1.0 - x, 0.0)


def _bicubic(distance: Doubles) -> Doubles:
    """Keys' cubic with a = -0.5."""
    a, x = -0.5, np.abs(distance)
    near = ((a + 2.0) * x - (a + 3.0)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * a
    return np.where(x < 1.0, near, np.where(x < 2.0, far, 0.0))


FILTERS: Mapping[str, Filter] = {"bicubic": Filter(2.0, _bicubic), "bilinear": Filter(1.0, _bilinear)}


def filter_of(name: str) -> Filter:
    """The filter of that name. Raises `ContractError`."""
    if name not in FILTERS:
        raise ContractError(f"unknown filter: expected one of {', '.join(FILTERS)}, got {name!r:.40}; name one of them")
    return FILTERS[name]


def taps(size: int, wanted: int, chosen: Filter) -> Taps:
    """The weights that make `wanted` pixels out of `size` (both 1 or more) along one axis."""
    scale = size / wanted
    stretch = max(scale, 1.0)
    support = chosen.support * stretch
    centre = (np.arange(wanted) + 0.5) * scale
    first = np.maximum(np.trunc(centre - support + 0.5), 0.0).astype(np.int64)
    end = np.minimum(np.trunc(centre + support + 0.5), size).astype(np.int64)
    count = end - first
    place = np.arange(math.ceil(support) * 2 + 1)
    distance = (place[None, :] + first[:, None]) - centre[:, None] + 0.5
    exact = np.where(place < count[:, None], chosen.weight(distance * (1.0 / stretch)), 0.0)
    total = np.cumsum(exact, axis=1)[:, -1:]  # one after the other, as a loop adds them
    exact = np.divide(exact, total, out=exact, where=total != 0.0)
    half = np.where(exact < 0, -0.5, 0.5)
    return Taps(first, count, np.trunc(half + exact * (1 << PRECISION_BITS)).astype(np.int32))
