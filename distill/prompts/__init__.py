"""The long instructions that a teacher gets, one text file per operation."""

from pathlib import Path
from typing import Any

from runtime_py.errors import ConfigError
from runtime_py.operations import AnyOperation

FOLDER = Path(__file__).parent


def teacher_prompt(operation: AnyOperation, given: Any) -> str:
    """The operation's long instructions followed by the same user text that the student will read.

    `given` is the operation's input dataclass. Raises `ConfigError` for an operation without instructions.
    """
    path = FOLDER / f"{operation.name}.txt"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in FOLDER.glob("*.txt")))
        raise ConfigError(
            f"no teacher instructions for {operation.name!r}: expected one of {known}; add distill/prompts/{path.name}"
        )
    return f"{path.read_text(encoding='utf-8').strip()}\n\nInput:\n{operation.render(given)}\n\nOutput:"
