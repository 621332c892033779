"""What a run is made of, checked before anything long begins."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any

from evaluation.protocol import Protocol, Split
from evaluation.protocol.judging import Judge
from runtime_py.dialogues import Dialogue
from runtime_py.operations.generator import Generator
from runtime_py.weights import QuantizedBase


@dataclass(frozen=True)
class Ingredients:
    """`teacher` gives the generator that fills the bank of one conversation; `taught_by` says what decides its texts.

    `start` holds experts that training begins with (the dry run's), `together` conversations that a teacher answers
    at once. `title` and `notes` stand at the table; `parameters` are the base's weights, for the plan;
    `seeing` is a bundle with vision and the rows that it is asked.
    """

    protocol: Protocol
    split: Split
    base: Path
    teacher: Callable[[Dialogue], Generator]
    taught_by: Mapping[str, Any]
    judge: Judge
    title: str
    notes: tuple[str, ...]
    parameters: float
    start: Path | None = None
    encoder: Path | None = None
    golden_prompts: int | None = None
    together: int = 1
    seeing: tuple[Path, Path] | None = None

    @cached_property
    def base_sha256(self) -> str:
        """Of the base's weights."""
        return QuantizedBase.open(self.base).sha256


def weights_in(base: Path) -> float:
    """How many weights a base has; raises `BundleError` or `ConfigError` where it is none."""
    return float(sum(prod(entry.shape) for entry in QuantizedBase.open(base).tensors.values()))
