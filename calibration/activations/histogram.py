"""How often a value took which numbers, over any number of runs, in bins that only ever merge."""

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from runtime_py.files.ranges import ValueRange

BINS = 2048
TAIL = 1e-5
"""The share of numbers that `percentile` leaves out at each end."""
_CODES = 65535
_SHRINKS = tuple(1 - step / 40 for step in range(30))
Array = npt.NDArray[np.float32]


@dataclass
class Histogram:
    """Counts in equal bins from -reach to reach, a power of two: bins merge in pairs when a larger number comes."""

    reach: float = 2.0**-20
    low: float = math.inf
    high: float = -math.inf
    counts: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(BINS, np.int64))

    def add(self, values: Array) -> None:
        """Finite numbers of any shape."""
        self.low, self.high = min(self.low, float(values.min())), max(self.high, float(values.max()))
        while self.reach < max(abs(self.low), abs(self.high)):
            middle = self.counts.reshape(-1, 2).sum(1)
            self.counts = np.zeros(BINS, np.int64)
            self.counts[BINS // 4 : BINS * 3 // 4] = middle
            self.reach *= 2
        places = ((values.reshape(-1) + self.reach) * (BINS / 2 / self.reach)).astype(np.int64)
        self.counts += np.bincount(np.minimum(places, BINS - 1), minlength=BINS)

    def ranges(self) -> ValueRange:
        """By each method, never beyond least and largest number."""
        return ValueRange((self.low, self.high), self._percentile(), self._least_error())

    def _centres(self) -> npt.NDArray[np.floating]:
        return (np.arange(BINS) + 0.5) * (2 * self.reach / BINS) - self.reach

    def _percentile(self) -> tuple[float, float]:
        shares = np.cumsum(self.counts) / self.counts.sum()
        edges = np.arange(BINS + 1) * (2 * self.reach / BINS) - self.reach
        low, high = edges[np.searchsorted(shares, TAIL)], edges[np.searchsorted(shares, 1 - TAIL) + 1]
        return max(self.low, float(low)), min(self.high, float(high))

    def _least_error(self) -> tuple[float, float]:
        """The range shrunk by the factor with the least expected squared error: what is cut, and what is rounded."""
        centres = np.clip(self._centres(), self.low, self.high)
        errors = []
        for shrink in _SHRINKS:
            low, high = self.low * shrink, self.high * shrink
            cut = np.square(centres - np.clip(centres, low, high)) @ self.counts
            step = (max(high, 0.0) - min(low, 0.0)) / _CODES
            errors.append(cut + self.counts.sum() * step * step / 12)
        best = _SHRINKS[int(np.argmin(errors))]
        return self.low * best, self.high * best
