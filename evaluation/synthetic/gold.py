"""Gold rows of an operation: `datasets/<operation>/<split>.jsonl`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runtime_py.errors import ConfigError


@dataclass(frozen=True)
class Row:
    """One example: `input` as the operation's `read_input` takes it, `target` the gold text, `kind` of the answer."""

    id: str
    input: Mapping[str, Any]
    target: str
    kind: str


def read_rows(path: Path, limit: int | None = None) -> list[Row]:
    """The first `limit` rows of a file of `{"id", "input", "target"}` objects; `kind` is optional.

    Raises:
        ConfigError: the file is missing, empty, or a line is not such an object, or an id repeats.
    """
    if not path.is_file():
        raise ConfigError(f"no evaluation data: expected the file {path}; make it with `memlora distill`")
    rows: list[Row] = []
    seen: set[str] = set()
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if limit is not None and len(rows) >= limit:
                break
            try:
                row = json.loads(line)
                rows.append(Row(str(row["id"]), row["input"], str(row["target"]), str(row.get("kind") or "value")))
            except (ValueError, KeyError, TypeError) as e:
                raise ConfigError(f"{path}:{number}: expected an object with id, input and target, got {e!r}") from e
            if rows[-1].id in seen:
                raise ConfigError(f"{path}:{number}: expected ids that differ, got {rows[-1].id!r} again")
            seen.add(rows[-1].id)
    if not rows:
        raise ConfigError(f"no evaluation data: expected one row a line, got the empty file {path}")
    return rows
