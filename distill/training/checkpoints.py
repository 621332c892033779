"""Where a run keeps itself between a kill and the next start."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from runtime_py.files import write_file_atomic, write_json

COMPLETE = "complete"
KEY = "run.json"


class MarkComplete(TrainerCallback):  # type: ignore[misc]
    """Marks a checkpoint once all of it is written, so that a kill in between leaves none that looks whole."""

    def on_save(self, args: Any, state: Any, _control: Any, **_given: Any) -> None:
        if state.is_world_process_zero:
            write_file_atomic(Path(args.output_dir, f"checkpoint-{state.global_step}", COMPLETE), b"")


class EvaluateAtEnd(TrainerCallback):  # type: ignore[misc]
    """The last step is a candidate too, whatever the rhythm of the evaluations."""

    def on_step_end(self, _args: Any, state: Any, control: Any, **_given: Any) -> Any:
        if state.global_step >= state.max_steps:
            control.should_evaluate = True
            control.should_save = True
        return control


def run_folder(out: Path) -> Path:
    """The hidden folder beside `out` in which its run keeps checkpoints."""
    return out.with_name(f".{out.name}.training")


def prepare_run(folder: Path, identity: Mapping[str, Any]) -> None:
    """Keep what is in `folder` when it belongs to the very run `identity` describes; start it empty otherwise.

    Checkpoints that a kill left half-written are removed.
    """
    text = json.dumps(identity, sort_keys=True)
    key = {"identity": hashlib.sha256(text.encode()).hexdigest()}
    path = folder / KEY
    if not path.is_file() or json.loads(path.read_text(encoding="utf-8")) != key:
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        write_json(path, key)
    for checkpoint in folder.glob("checkpoint-*"):
        if not (checkpoint / COMPLETE).is_file():
            shutil.rmtree(checkpoint)


def last_checkpoint(folder: Path) -> Path | None:
    """The newest complete checkpoint, None before the first."""
    found = [path for path in folder.glob("checkpoint-*") if (path / COMPLETE).is_file()]
    return max(found, key=lambda path: int(path.name.rpartition("-")[2]), default=None)
