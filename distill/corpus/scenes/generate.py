"""Scenes in an order in which every kind comes as often, the same ones for the same seed."""

from collections.abc import Iterator
from random import Random

from distill.corpus.scenes.kinds import KINDS
from distill.corpus.scenes.scene import SIZES, Plan, Scene
from distill.corpus.scenes.shares import SPLITS
from runtime_py.errors import ConfigError


def generate_scenes(split: str, count: int, seed: int) -> Iterator[Scene]:
    """The first `count` scenes of a split, a question each; kinds take turns.

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
        yield Scene(scene, split, plan.size, tuple(plan.placed), (question,))
