"""The teacher's memory bank: the pipeline run by a teacher, each of its calls kept as a training row.

The memory asks for one operation at a time, as it does of experts; a teacher is made to answer as they do.
"""

import hashlib
import threading
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any

from distill.cleaning import clean, is_answer
from distill.datasets.inputs import to_row
from distill.teachers.asking import RefusedError
from distill.teachers.teacher import Advance, Teacher, TeacherError
from runtime_py import operations
from runtime_py.files import Example
from runtime_py.operations import AnyOperation, UnparsableError
from runtime_py.operations.generator import Generated, Generator


def example_of(operation: AnyOperation, given: Any, target: str = "") -> Example:
    """A row named by the sha256 of its input: the same input has the same name."""
    digest = hashlib.sha256(operation.render(given).encode()).hexdigest()[:24]
    return Example(f"{operation.name}/{digest}", dict(to_row(given)), target)


class TeacherStopped(Exception):
    """A teacher's error that the memory does not take for its own: it would keep the exchange as failed and go on."""

    def __init__(self, error: TeacherError) -> None:
        super().__init__(str(error))
        self.error = error


class TeacherGenerator:
    """A teacher in the place of experts: long prompts, cleaned text. It reads any length."""

    def __init__(self, teacher: Teacher, names: Collection[str]) -> None:
        self.operations: Collection[str] = tuple(names)
        self._teacher = teacher
        self._ahead = threading.Lock()

    def ask_ahead(self, operation: str, inputs: Sequence[Any], advance: Advance | None = None) -> None:
        """Have many inputs answered at once; the teacher keeps them for `run`. Raises `TeacherError`.

        One caller after the other, for each asks for as much at once as the teacher may be asked.

        Where it refuses one of them, the others are asked for by `run`.
        """
        asked = operations.get(operation)
        rows = {row.id: row for row in (example_of(asked, given) for given in inputs)}
        with self._ahead, suppress(RefusedError):
            self._teacher.label(asked, list(rows.values()), advance)

    def run(self, operation: str, given: Any) -> Generated:
        """As `Generator.run`; raises `TeacherStopped`, and `UnparsableError` for text of no use or a refused input."""
        asked = operations.get(operation)
        try:
            text = self._teacher.label(asked, [example_of(asked, given)])[0]
        except RefusedError as e:
            raise UnparsableError(str(e)) from e
        except TeacherError as e:
            raise TeacherStopped(e) from e
        cleaned = clean(asked, given, text)
        if cleaned.target is None:
            raise UnparsableError(f"expected text of {operation}, got {cleaned.reason} text")
        return Generated(asked.parse(cleaned.target))

    def fits(self, _operation: str, _given: Any) -> bool:
        """As `Generator.fits`."""
        return True


class RecordingGenerator:
    """`inner`, with a row for each different input that it answered, in order, by the operation's name.

    An answer that says nothing of the facts is given and not taught.
    """

    def __init__(self, inner: Generator) -> None:
        self._inner = inner
        self.operations: Collection[str] = inner.operations
        self.rows: dict[str, dict[str, Example]] = {name: {} for name in inner.operations}
        self.failed = 0

    def run(self, operation: str, given: Any) -> Generated:
        """As `Generator.run`."""
        asked = operations.get(operation)
        try:
            generated = self._inner.run(operation, given)
        except UnparsableError:
            self.failed += 1
            raise
        if is_answer(asked, given, generated.value):
            row = example_of(asked, given, asked.render_output(generated.value))
            self.rows[operation][row.id] = row
        return generated

    def fits(self, operation: str, given: Any) -> bool:
        """As `Generator.fits`."""
        return self._inner.fits(operation, given)
