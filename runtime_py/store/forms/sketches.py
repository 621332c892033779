"""A vector in a quarter of its bytes, with a bound on what is lost: what a search reads before it reads vectors.

A sketch of a float32 vector `[D]` is `scale` and `error` (float32) and `codes` (int8 `[D]`): the vector is
`scale * codes` up to a rest no longer than `error`. By Cauchy and Schwarz a product with `query` is then known up to
`|query| * error`. A sketch is derived data: `sketch_of` of the stored vector gives the same bytes again.
"""

import numpy as np
from numpy.typing import NDArray

LARGEST_CODE = 127
_ROUNDING = 1 + 1e-6  # lifts `error` above the roundings of the float32 numbers that are made with it


def sketch_layout(dimension: int) -> np.dtype[np.void]:
    """The bytes of one sketch, little-endian."""
    return np.dtype([("scale", "<f4"), ("error", "<f4"), ("codes", "i1", (dimension,))])


def sketch_of(vector: bytes) -> bytes:
    """The sketch of a vector given as little-endian float32."""
    exact = np.frombuffer(vector, "<f4").astype(np.float64)
    scale, codes = quantise(exact, LARGEST_CODE)
    rest = exact - scale * codes
    # added up place by place: `norm` adds in an order of the machine's own
    length = np.sqrt(np.add.accumulate(rest * rest)[-1]) if len(rest) else 0.0
    error = np.nextafter(np.float32(length * _ROUNDING), np.float32(np.inf))
    row = np.zeros((), sketch_layout(len(exact)))
    row["scale"], row["error"], row["codes"] = scale, error, codes
    return row.tobytes()


def quantise(vector: NDArray[np.float64], largest: int) -> tuple[float, NDArray[np.int8]]:
    """A float32 scale and codes of at most `largest`, so that `scale * codes` is near the vector `[D]`."""
    scale = float(np.float32(np.abs(vector).max(initial=0.0) / largest))
    return scale or 1.0, np.clip(np.rint(vector / (scale or 1.0)), -largest, largest).astype(np.int8)
