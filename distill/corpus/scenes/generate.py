"""Scenes in an order in which every kind comes as often, the same ones for the same seed."""

from collections.abc import Iterator
from random import Random

from distill.corpus.scenes.further import further
from distill.corpus.scenes.kinds import KINDS
from distill.corpus.scenes.scene import SIZES, Plan, Scene
from distill.corpus.scenes.shares import SPLITS
from runtime_py.errors import ConfigError


def generate_scenes(split: str, count: int, seed: int, more: int = 0) -> Iterator[Scene]:
    """The first `count` scenes of a split, a question each and at most `more` others; kinds take turns.

    Raises:
        ConfigError: an unknown split.
    """
    if split not in SPLITS:
        raise ConfigError(f"unknown split: expected one of {', '.join(SPLITS)}, got {split!r}")
    kinds = list(KINDS.items())
    for number in range(count):
        name, show = kinds[number % len(kinds)]
        scene = f"{split}-{seed}-{number:06d}"
        random = Random(f"scene:{scene}")
        plan = Plan(random, split, random.choice(SIZES))
        question = show(plan, number // len(kinds))
        if question.kind != name:
            raise RuntimeError(f"expected a question of kind {name}, got {question.kind}")
        others = further(Random(f"further:{scene}"), plan.size, plan.placed, question, more)
        yield Scene(scene, split, plan.size, tuple(plan.placed), (question, *others))
