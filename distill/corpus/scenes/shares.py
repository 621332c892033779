"""What belongs to training, validation or test: names, shades and layouts, none to two of them."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from random import Random
from typing import TypeVar

from distill.corpus.words import split_of

SPLITS = ("train", "validation", "test")
Drawn = TypeVar("Drawn")
_TRIES = 10_000


def shares(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Split -> its names by a hash of their spelling: a fifth for test, an eighth for validation, others for train."""
    ordered = sorted(names, key=lambda name: sha256(name.encode()).digest())
    tested, checked = max(2, len(names) // 5), max(1, len(names) // 8)
    return {
        "test": tuple(ordered[:tested]),
        "validation": tuple(ordered[tested : tested + checked]),
        "train": tuple(ordered[tested + checked :]),
    }


def draw_of(random: Random, split: str, draw: Callable[[Random], Drawn], name: Callable[[Drawn], str]) -> Drawn:
    """The first of what is drawn whose `name` belongs to `split`: other splits never get it.

    Raises:
        RuntimeError: none of ten thousand did; the names are too few.
    """
    for _ in range(_TRIES):
        drawn = draw(random)
        if split_of(name(drawn)) == split:
            return drawn
    raise RuntimeError(f"no draw belongs to {split}: expected one in ten, got none of {_TRIES}; draw from more")
