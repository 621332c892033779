"""What the memory asks of a language model: one operation on one input."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

OnText = Callable[[str], bool | None]
"""Is given an answer's text so far, in whole characters, whenever it has grown; False ends the answer there."""


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


@runtime_checkable
class WritingGenerator(Generator, Protocol):
    """A generator that tells its text while it writes."""

    def write(self, operation: str, given: Any, on_text: OnText) -> Generated:
        """As `run`; where `on_text` ended it, what was written until then, cut."""
        ...
