"""What the memory asks of a language model: one operation on one input."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Generated:
    """An operation's parsed output; `is_cut` when its token limit ended the answer, so the last part may be torn."""

    value: Any
    is_cut: bool = False


class Generator(Protocol):
    """The experts of a bundle, or a script in their place."""

    @property
    def operations(self) -> Collection[str]:
        """Names of the operations that can be run."""
        ...

    def run(self, operation: str, given: Any) -> Generated:
        """The output of the operation called `operation` for its input dataclass `given`.

        Raises `UnparsableError` for text that is no output, `MemloraError` when the model cannot be run on `given`.
        """
        ...

    def fits(self, operation: str, given: Any) -> bool:
        """Whether the prompt of `given` leaves room for an answer."""
        ...
