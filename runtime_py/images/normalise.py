"""Pixels as the float32 numbers that a vision tower was trained on."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime_py.errors import ContractError
from runtime_py.images.resize import Pixels, check_pixels

_Three = tuple[float, float, float]


@dataclass(frozen=True)
class Normalisation:
    """`(pixel - mean) / std` a channel, with `mean` and `std` in units of pixels (0 to 255).

    Both are rounded to float32 first, then subtraction and division are each rounded to float32: 256 numbers a
    channel, the same in every language. Raises `ContractError` for numbers that give no finite result.
    """

    mean: _Three
    std: _Three

    def __post_init__(self) -> None:
        """Checks the numbers."""
        numbers = (*self.mean, *self.std)
        fine = len(self.mean) == len(self.std) == 3 and all(math.isfinite(number) for number in numbers)
        if not fine or not all(1e-3 <= number <= 1e6 for number in self.std) or max(map(abs, self.mean)) > 1e6:
            raise ContractError(
                "wrong normalisation: expected three means of at most 1e6 and three deviations of 1e-3 to 1e6, "
                f"in units of pixels, got {self.mean!r:.80} and {self.std!r:.80}; take the tower's own"
            )

    @classmethod
    def of_unit(cls, mean: _Three, std: _Three) -> "Normalisation":
        """From the numbers of a `preprocessor_config.json`, which are for pixels of 0 to 1.

        Each is rounded to float32, multiplied by 255 and rounded again, as transformers' own processors do.
        """
        return cls(_times_255(mean), _times_255(std))

    def table(self) -> NDArray[np.float32]:
        """What pixel v of channel c becomes, float32 `[3, 256]`."""
        mean, std = (np.array(numbers, np.float32)[:, None] for numbers in (self.mean, self.std))
        return (np.arange(256, dtype=np.float32)[None, :] - mean) / std

    def apply(self, pixels: Pixels) -> NDArray[np.float32]:
        """uint8 `[H, W, 3]` -> float32 `[3, H, W]`, the layout of the towers."""
        check_pixels(pixels)
        table = self.table()
        return np.stack([table[channel][pixels[:, :, channel]] for channel in range(3)])


def _times_255(numbers: _Three) -> _Three:
    red, green, blue = (float(np.float32(number) * np.float32(255)) for number in numbers)
    return red, green, blue
