"""Where things stand in a picture: boxes that do not meet, in arrangements of which each split has its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from distill.corpus.scenes.shares import draw_of

CELLS = 16  # layouts are told apart by the cells of a 16 x 16 grid in which things have their centres
REGIONS = {
    "left": (0.0, 1 / 3, 1 / 3, 2 / 3),
    "right": (2 / 3, 1.0, 1 / 3, 2 / 3),
    "top": (1 / 3, 2 / 3, 0.0, 1 / 3),
    "bottom": (1 / 3, 2 / 3, 2 / 3, 1.0),
    "middle": (1 / 3, 2 / 3, 1 / 3, 2 / 3),
}
WHOLE = (0.0, 1.0, 0.0, 1.0)
Region = tuple[float, float, float, float]
"""From left to right and from top to bottom, in parts of the picture's width and height: where a centre may lie."""
_GAP = 1.08
_TRIES = 60


@dataclass(frozen=True)
class Spot:
    """A square of `side` pixels around the centre `x`, `y`."""

    x: int
    y: int
    side: int


def spots(
    random: Random, split: str, size: tuple[int, int], sides: Sequence[int], regions: Sequence[Region]
) -> list[Spot]:
    """A spot for each side, its centre in its region, none over another or over the edge of a picture of `size`.

    The arrangement belongs to `split`. Where it is too full, all sides shrink until there is room.
    """
    return draw_of(random, split, lambda source: _arranged(source, size, sides, regions), lambda s: _name(s, size))


def _name(made: Sequence[Spot], size: tuple[int, int]) -> str:
    return " ".join(f"{CELLS * spot.x // size[0]:x}{CELLS * spot.y // size[1]:x}" for spot in made)


def _arranged(random: Random, size: tuple[int, int], sides: Sequence[int], regions: Sequence[Region]) -> list[Spot]:
    scale = 1.0
    while True:
        made: list[Spot] = []
        for side, region in zip(sides, regions, strict=True):
            spot = _placed(random, size, max(8, round(scale * side)), region, made)
            if spot is None:
                break
            made.append(spot)
        if len(made) == len(sides):
            return made
        scale *= 0.95


def _placed(random: Random, size: tuple[int, int], side: int, region: Region, made: Sequence[Spot]) -> Spot | None:
    half = side // 2 + 1
    left, right = max(half, round(region[0] * size[0])), min(size[0] - half, round(region[1] * size[0]))
    top, bottom = max(half, round(region[2] * size[1])), min(size[1] - half, round(region[3] * size[1]))
    if left >= right or top >= bottom:
        return None
    for _ in range(_TRIES):
        spot = Spot(random.randrange(left, right), random.randrange(top, bottom), side)
        if all(_apart(spot, other) for other in made):
            return spot
    return None


def _apart(one: Spot, other: Spot) -> bool:
    room = _GAP * (one.side + other.side) / 2
    return abs(one.x - other.x) > room or abs(one.y - other.y) > room
