"""The oracle: targets that are already known, from the synthetic corpus or gold answers."""

from collections.abc import Mapping, Sequence
from typing import Any

from distill.teachers.teacher import Advance, TeacherError
from runtime_py.files import Example
from runtime_py.operations import AnyOperation


class OracleTeacher:
    """Gives back the target of each example."""

    @property
    def description(self) -> Mapping[str, Any]:
        return {"teacher": "oracle"}

    def label(self, operation: AnyOperation, examples: Sequence[Example], advance: Advance | None = None) -> list[str]:
        """The targets; raises `TeacherError` for an example without one."""
        texts = []
        for example in examples:
            if not example.target:
                raise TeacherError(
                    f"oracle: expected a known target for {operation.name} row {example.id}, found none; "
                    "use an endpoint or a local model for data without gold answers"
                )
            texts.append(example.target)
            if advance:
                advance()
        return texts
