"""The long instructions that a teacher gets, one text file per operation."""

from typing import Any

from runtime_py import operations
from runtime_py.operations import AnyOperation


def teacher_prompt(operation: AnyOperation, given: Any) -> str:
    """The operation's long instructions followed by the same user text that the student will read.

    `given` is the operation's input dataclass. Raises `ConfigError` for an operation without instructions.
    """
    path = operations.part_file(__name__, operation.name, ".txt", "teacher's instructions")
    return f"{path.read_text(encoding='utf-8').strip()}\n\nInput:\n{operation.render(given)}\n\nOutput:"
