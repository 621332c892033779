"""`train_log.jsonl` of an expert: losses over steps. Training writes it, plots and the report read it."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from runtime_py.files.lines import read_lines
from runtime_py.files.strict import StrictObject

TRAINING_LOG = "train_log.jsonl"


@dataclass(frozen=True)
class LogEntry:
    """Losses are cross-entropy per target token at a `step`; what was not measured there is None."""

    step: int
    loss: float | None = None
    learning_rate: float | None = None
    validation_loss: float | None = None


def write_training_log(path: Path, entries: Iterable[LogEntry]) -> None:
    """One entry a line, None left out."""
    rows = ({key: value for key, value in asdict(entry).items() if value is not None} for entry in entries)
    path.write_bytes("".join(json.dumps(row) + "\n" for row in rows).encode())


def read_training_log(path: Path) -> list[LogEntry]:
    """The entries in order. Raises `ConfigError` for a file that cannot be read or a line that is none."""
    entries = []
    for number, line in read_lines(path, "training log"):
        row = StrictObject.parse(line, f"{path}:{number}")
        entries.append(
            LogEntry(
                row.integer("step"), *(row.optional_number(key) for key in ("loss", "learning_rate", "validation_loss"))
            )
        )
        row.finish()
    return entries
