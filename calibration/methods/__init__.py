"""How the weights of a matrix become int4 codes: a module a method, all behind `Method`."""

from collections.abc import Iterator
from typing import Protocol

from calibration.int4 import Matrix, QuantizedRows
from calibration.methods.rounding import Rounding

__all__ = ["Method", "Rounding"]


class Method(Protocol):
    """Gives a tensor's weights and their codes, in the order of its rows, in pieces."""

    def quantized(self, name: str) -> Iterator[tuple[Matrix, QuantizedRows]]:
        """Rows `[n, K]` of the checkpoint and what they became. Raises `ConfigError` for NaN and infinity."""
        ...
