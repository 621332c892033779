"""How an operation's answers are scored. A module here, called like the operation, defines `SCORER`.

Where equal text is too much to ask of a teacher, who writes in words of its own, it defines `LABELS` as well.
"""

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


def label_scorer(operation: str) -> Scorer:
    """How a teacher's labels of an operation are scored; raises `ConfigError` as `scorer` does."""
    found: Scorer = operations.parts(__name__, "LABELS").get(operation) or scorer(operation)
    return found
