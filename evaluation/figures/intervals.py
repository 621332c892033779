"""Shares and means that never stand alone: every figure carries its count and its interval."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Z_95 = 1.959963984540054
_RESAMPLES = 2000


def wilson_interval(k: int, n: int, z: float = Z_95) -> tuple[float, float]:
    """Wilson's score interval of a share k/n (Wilson 1927); (0, 1) when nothing was counted.

    Raises:
        ValueError: k is negative or above n.
    """
    if not 0 <= k <= n:
        raise ValueError(f"expected 0 <= k <= n, got k={k}, n={n}")
    if n == 0:
        return 0.0, 1.0
    share = k / n
    middle = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # At k = 0 and k = n the bound is exactly 0 or 1; floating point would leave a crumb.
    low = 0.0 if k == 0 else (middle - half) / scale
    high = 1.0 if k == n else (middle + half) / scale
    return low, high


@dataclass(frozen=True)
class Share:
    """`k` of `n`; prints `k/n p [low, high]` with the 95 % Wilson interval."""

    k: int
    n: int

    @classmethod
    def of(cls, verdicts: Sequence[bool]) -> "Share":
        """The share of true verdicts."""
        return cls(sum(verdicts), len(verdicts))

    @property
    def value(self) -> float:
        """k/n, 0 when nothing was counted."""
        return self.k / self.n if self.n else 0.0

    def __add__(self, other: "Share") -> "Share":
        return Share(self.k + other.k, self.n + other.n)

    def __str__(self) -> str:
        if not self.n:
            return "0/0"
        low, high = wilson_interval(self.k, self.n)
        return f"{self.k}/{self.n} {self.value:.3f} [{low:.3f}, {high:.3f}]"

    def as_json(self) -> dict[str, float | int | str]:
        """Plain JSON: k, n, value, low, high and the interval's name."""
        low, high = wilson_interval(self.k, self.n)
        return {"k": self.k, "n": self.n, "value": self.value, "low": low, "high": high, "interval": "wilson95"}


@dataclass(frozen=True)
class Ratio:
    """A pooled ratio sum(numerators) / sum(denominators) over n items, with a percentile bootstrap over the items.

    F1 pooled over rows is 2*hits / (predicted + gold); the mean of a score has denominators of one.
    """

    numerators: tuple[float, ...]
    denominators: tuple[float, ...]

    @classmethod
    def mean(cls, values: Sequence[float]) -> "Ratio":
        """The plain mean of `values`."""
        return cls(tuple(float(v) for v in values), (1.0,) * len(values))

    @property
    def n(self) -> int:
        """Number of items."""
        return len(self.numerators)

    @property
    def value(self) -> float:
        """The pooled ratio, 0 when nothing was counted."""
        total = sum(self.denominators)
        return sum(self.numerators) / total if total else 0.0

    def interval(self) -> tuple[float, float]:
        """95 % percentile bootstrap, 2,000 resamples, fixed seed; (0, 1) without items."""
        if not sum(self.denominators):
            return 0.0, 1.0
        picks = np.random.default_rng(0).integers(0, self.n, (_RESAMPLES, self.n))
        numerators = np.asarray(self.numerators)[picks].sum(1)
        denominators = np.asarray(self.denominators)[picks].sum(1)
        ratios = np.divide(numerators, denominators, out=np.zeros(_RESAMPLES), where=denominators > 0)
        low, high = np.quantile(ratios, [0.025, 0.975])
        return float(low), float(high)

    def __str__(self) -> str:
        if not self.n:
            return "N=0"
        low, high = self.interval()
        return f"{self.value:.3f} [{low:.3f}, {high:.3f}] N={self.n}"

    def as_json(self) -> dict[str, float | int | str]:
        """Plain JSON: n, value, low, high and the interval's name."""
        low, high = self.interval()
        return {"n": self.n, "value": self.value, "low": low, "high": high, "interval": "bootstrap95"}
