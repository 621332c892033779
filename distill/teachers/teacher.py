"""What a teacher is."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from distill.prompts import teacher_prompt
from runtime_py.errors import MemloraError
from runtime_py.files import Example
from runtime_py.operations import AnyOperation

Advance = Callable[[], None]


class TeacherError(MemloraError):
    """A teacher that cannot be reached, refuses, or answers with something else than text."""


class Teacher(Protocol):
    """Writes one text per example, in their order, uncleaned."""

    @property
    def description(self) -> Mapping[str, Any]:
        """What decides the texts, without secrets: it stands in the manifest of the labelled data."""

    def label(self, operation: AnyOperation, examples: Sequence[Example], advance: Advance | None = None) -> list[str]:
        """Texts for `examples`; `advance` is called once for each that is done. Raises `TeacherError`."""


def prompt_for(operation: AnyOperation, example: Example) -> str:
    """The long prompt for one example."""
    return teacher_prompt(operation, operation.read_input(example.input))
