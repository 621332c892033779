"""What a run tells and keeps of itself: its progress, a line per evaluation, a plot."""

import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from runtime_py.errors import ConfigError
from runtime_py.files import LogEntry, read_training_log, write_training_log
from runtime_py.progress import Progress

LOG_EVERY = 20


class ProgressBar(TrainerCallback):  # type: ignore[misc]
    """Tells each step of a run with its newest losses, on the main process."""

    def __init__(self, work: str, progress: Progress) -> None:
        self._work, self._progress = work, progress
        self._notes: dict[str, str] = {}

    def on_train_begin(self, _args: Any, state: Any, _control: Any, **_given: Any) -> None:
        self._tell(state)

    def on_step_end(self, _args: Any, state: Any, _control: Any, **_given: Any) -> None:
        self._tell(state)

    def on_log(self, _args: Any, state: Any, _control: Any, logs: Mapping[str, Any], **_given: Any) -> None:
        for key, name in (("loss", "loss"), ("eval_loss", "validation")):
            if key in logs:
                self._notes[key] = f"{name} {float(logs[key]):.3f}"
        self._tell(state)

    def _tell(self, state: Any) -> None:
        if state.is_world_process_zero:
            self._progress(self._work, state.global_step, state.max_steps, " ".join(self._notes.values()))


class StopWhenDiverged(TrainerCallback):  # type: ignore[misc]
    """A loss that is not finite ends the run with a sentence instead of a useless adapter."""

    def on_log(self, _args: Any, state: Any, _control: Any, logs: Mapping[str, Any], **_given: Any) -> None:
        for key in ("loss", "eval_loss"):
            if key in logs and not math.isfinite(float(logs[key])):
                raise ConfigError(
                    f"training diverged at step {state.global_step}: expected a finite {key}, got {logs[key]}; "
                    "lower learning_rate"
                )


class Timer(TrainerCallback):  # type: ignore[misc]
    """Seconds from the first step to the last, evaluations and checkpoints included."""

    def __init__(self) -> None:
        self._begin = time.monotonic()
        self.seconds = 0.0
        self.first_step = 0

    def on_train_begin(self, _args: Any, state: Any, _control: Any, **_given: Any) -> None:
        self._begin, self.first_step = time.monotonic(), state.global_step

    def on_train_end(self, _args: Any, _state: Any, _control: Any, **_given: Any) -> None:
        self.seconds = time.monotonic() - self._begin


def write_log(path: Path, history: Sequence[Mapping[str, Any]]) -> None:
    """The trainer's history as the expert's training log."""
    entries = []
    for entry in history:
        if "eval_loss" in entry:
            entries.append(LogEntry(entry["step"], validation_loss=float(entry["eval_loss"])))
        elif "loss" in entry:
            entries.append(LogEntry(entry["step"], float(entry["loss"]), float(entry["learning_rate"])))
    write_training_log(path, entries)


def plot_losses(log: Path, path: Path, title: str) -> None:
    """Training and validation loss over steps, as a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    entries = read_training_log(log)
    figure = Figure(figsize=(6, 3.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for key, label, style in (("loss", "training", "-"), ("validation_loss", "validation", "o-")):
        points = [(entry.step, getattr(entry, key)) for entry in entries if getattr(entry, key) is not None]
        if points:
            axes.plot(*zip(*points, strict=True), style, label=label, markersize=3)
    axes.set(xlabel="step", ylabel="cross-entropy per target token", title=title, yscale="log")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=120)
