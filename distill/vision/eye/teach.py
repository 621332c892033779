"""Teaching an eye: everything is painted by the training split and seeded, each head learns from what it looks at."""

from dataclasses import dataclass

import torch

from distill.vision.eye.eye import Heads
from distill.vision.eye.finding import teach_finder
from distill.vision.eye.material import prepare
from distill.vision.eye.naming import teach_colours, teach_namer, teach_signs
from distill.vision.eye.shelf import Shelf
from distill.vision.tower import Tower
from runtime_py.progress import Progress


@dataclass(frozen=True)
class Lessons:
    """How many scenes are painted, and the steps of each head that learns by steps."""

    scenes: int = 900
    names: int = 400
    finder: int = 2000
    colours: int = 600
    signs: int = 400


def teach(tower: Tower, lessons: Lessons, seed: int, progress: Progress) -> tuple[Heads, Shelf]:
    """The same heads and shelf for the same lessons and seed."""
    torch.manual_seed(seed)
    heads = Heads()
    material = prepare(tower, lessons.scenes, seed, progress)
    shelf = teach_namer(heads.namer, material.features, material.shown, lessons.names, seed)
    teach_finder(heads.finder, material, lessons.finder, seed, progress)
    teach_signs(heads.signs, tower, material, lessons.signs, seed, progress)
    teach_colours(heads.colours, tower, material, lessons.colours, seed, progress)
    return heads.eval(), shelf
