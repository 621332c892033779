"""The dataset format: one example of an operation a line, `{"id", "input", "target"?, "kind"?}`.

Teachers, training, evaluation and goldens read the same files: `datasets/<operation>/<split>.jsonl`.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from runtime_py.errors import ConfigError
from runtime_py.files.lines import read_lines
from runtime_py.files.strict import StrictObject


@dataclass(frozen=True)
class Example:
    """One row of an operation.

    `input` is what the operation's `read_input` reads, `target` the text to write (empty: nobody has written it yet),
    `kind` a class for counts (empty: none).
    """

    id: str
    input: dict[str, Any]
    target: str = ""
    kind: str = ""


def write_example(example: Example) -> str:
    """One line of a dataset file, without its line feed."""
    row: dict[str, Any] = {"id": example.id, "input": example.input}
    if example.target:
        row["target"] = example.target
    if example.kind:
        row["kind"] = example.kind
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def read_examples(path: Path, limit: int | None = None, has_targets: bool = True) -> list[Example]:
    """The first `limit` rows of a dataset file, each with a target unless `has_targets` is False.

    Raises:
        ConfigError: no such file, no row in it, a line that is not of the format, or an id that stands twice.
    """
    if not path.is_file():
        raise ConfigError(f"{path}: expected a dataset, found no file; make the datasets first (`memlora corpus`)")
    examples: list[Example] = []
    seen: set[str] = set()
    for place, example in islice(_examples(path), limit):
        if has_targets and not example.target:
            raise ConfigError(f"{place}: expected a target text, got none; label the rows with a teacher")
        if example.id in seen:
            raise ConfigError(f"{place}: expected every id once, got {example.id!r} again; rename one")
        seen.add(example.id)
        examples.append(example)
    if not examples:
        raise ConfigError(f"{path}: expected at least one row, got an empty file; make the datasets again")
    return examples


def _examples(path: Path) -> Iterator[tuple[str, Example]]:
    for number, line in read_lines(path, "dataset"):
        place = f"{path}:{number}"
        row = StrictObject.parse(line, place)
        example = Example(
            row.text("id"), row.mapping("input"), row.optional_text("target") or "", row.optional_text("kind") or ""
        )
        row.finish()
        yield place, example
