"""How an operation's answers are scored. A module here, called like the operation, defines `SCORER`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.figures.intervals import Ratio, Share
from runtime_py import operations
from runtime_py.files import Example

Summary = dict[str, Share | Ratio]


@dataclass(frozen=True)
class Scorer:
    """`judge` gives the verdicts of one parsed output against its gold row, as plain JSON; `summarise` the figures of
    many such verdicts, the operation's `headline` among them."""

    judge: Callable[[Any, Example], dict[str, Any]]
    summarise: Callable[[Sequence[Mapping[str, Any]]], Summary]


def scorer(operation: str) -> Scorer:
    """The scorer of an operation; raises `ConfigError` for an unknown one or one without a scorer."""
    found: Scorer = operations.part(__name__, operation, "SCORER")
    return found
