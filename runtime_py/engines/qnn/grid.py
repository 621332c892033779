"""Fixed-point numbers of 16 bits: value = (code - zero) * scale."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LARGEST = 65535
Floats = NDArray[np.float32]
Codes = NDArray[np.uint16]


@dataclass(frozen=True)
class Grid:
    """The codes 0 to 65535 of a tensor; 0.0 has the code `zero` exactly."""

    scale: float
    zero: int

    @classmethod
    def over(cls, low: float, high: float) -> "Grid":
        """The finest grid that reaches from `low` to `high` and holds 0.0."""
        low, high = min(low, 0.0), max(high, 0.0)
        scale = np.float32(max(high - low, 1e-6) / LARGEST)
        return cls(float(scale), int(np.clip(np.rint(-low / scale), 0, LARGEST)))

    @classmethod
    def around_zero(cls, largest: float) -> "Grid":
        """The finest grid from `-largest` to `largest`, zero in the middle."""
        return cls(float(np.float32(max(largest, 1e-6) / 32767)), 32768)

    @property
    def low(self) -> float:
        """The least value."""
        return -self.zero * self.scale

    @property
    def high(self) -> float:
        """The largest value."""
        return (LARGEST - self.zero) * self.scale

    def encode(self, values: Floats) -> Codes:
        """The nearest codes, ties to the even one; values outside are cut."""
        codes: Codes = np.clip(np.rint(values / np.float32(self.scale)) + self.zero, 0, LARGEST).astype(np.uint16)
        return codes

    def decode(self, codes: Codes) -> Floats:
        """The codes' values."""
        return (codes.astype(np.int32) - self.zero).astype(np.float32) * np.float32(self.scale)
