"""Painted training scenes as the tower sees them: maps of the squares and features of every thing, computed once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from distill.vision.eye.crops import around, crop
from distill.vision.eye.names import AROUND, LOOK
from distill.vision.eye.painted import Box, Seen, varied
from distill.vision.told import KINDS
from distill.vision.tower import Tower
from runtime_py.progress import Progress

VIEWS = 2
_BATCH = 16
_SHIFT, _GROW = 0.05, 0.08  # of a thing's side: how far a found box is off, at most


@dataclass(frozen=True)
class Material:
    """`pixels` uint8 `[n, 3, S, S]`, `maps` float16 `[n, C, places, places]` by stride, `boxes` of each scene.

    `features` float16 `[things * VIEWS, FEATURES]` are of what `shown` lists, each in boxes a little off.
    """

    pixels: NDArray[np.uint8]
    maps: dict[int, torch.Tensor]
    boxes: tuple[tuple[Box, ...], ...]
    features: torch.Tensor
    shown: tuple[Box, ...]


def prepare(tower: Tower, count: int, seed: int, progress: Progress) -> Material:
    """The training scenes of numbers 0 to `count`, painted and looked at."""
    pixels, boxes = [], []
    maps: dict[int, list[torch.Tensor]] = {}
    features: list[torch.Tensor] = []
    shown: list[Box] = []
    source = torch.Generator().manual_seed(seed)
    for start in range(0, count, _BATCH):
        seen = [varied(number, seed) for number in range(start, min(count, start + _BATCH))]
        pixels += [one.pixels for one in seen]
        boxes += [one.boxes for one in seen]
        normal = normal_of(tower, seen)
        with torch.inference_mode():
            for stride, made in tower.maps(normal).items():
                maps.setdefault(stride, []).append(made.half().contiguous().clone())
            for row, one in enumerate(seen):
                for _ in range(VIEWS):
                    at = off(coordinates(one.boxes), source)
                    closely = crop(normal[row : row + 1], around(at, AROUND, AROUND), (LOOK, LOOK))[0]
                    features.append(tower.features(closely).half().clone())
                    shown += one.boxes
        progress("scenes painted and looked at", start + len(seen), count)
    return Material(
        np.stack(pixels), {s: torch.cat(made) for s, made in maps.items()}, tuple(boxes), torch.cat(features),
        tuple(shown),
    )  # fmt: skip


def normal_of(tower: Tower, seen: Sequence[Seen]) -> torch.Tensor:
    """Normalised pixels `[B, 3, S, S]`."""
    return tower.normalise(torch.from_numpy(np.stack([one.pixels for one in seen])).float())


def coordinates(boxes: Sequence[Box]) -> torch.Tensor:
    """`[1, N, 3]`: centre and side in parts of the square."""
    return torch.tensor([[[box.x, box.y, box.side] for box in boxes]], dtype=torch.float32)


def off(boxes: torch.Tensor, source: torch.Generator) -> torch.Tensor:
    """Boxes `[.., 3]` as a finder gives them: not quite where the things are."""
    moved = torch.rand(boxes.shape, generator=source) * 2 - 1
    side = boxes[..., 2:]
    return torch.cat([boxes[..., :2] + _SHIFT * moved[..., :2] * side, side * (1 + _GROW * moved[..., 2:])], -1)


def kind_of(box: Box) -> int:
    """The place in `KINDS` of what a box holds."""
    if len(box.holds) == 2:
        return KINDS.index("drawn")
    return KINDS.index(box.holds[0]) if box.holds[0] in KINDS else KINDS.index("sign")
