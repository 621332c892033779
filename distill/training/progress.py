"""What a run shows and keeps of itself: a bar on stderr, a line per evaluation, a plot."""

import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from transformers import TrainerCallback

from runtime_py.errors import ConfigError
from runtime_py.files import LogEntry, read_training_log, write_training_log

LOG_EVERY = 20


class ProgressBar(TrainerCallback):  # type: ignore[misc]
    """A bar with loss and ETA on stderr, on the main process; a quiet one shows nothing."""

    def __init__(self, title: str, quiet: bool) -> None:
        self._quiet = quiet
        self._columns = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=quiet,
        )
        self._task = self._columns.add_task(title, total=None, note="")
        self._notes: dict[str, str] = {}

    def on_train_begin(self, _args: Any, state: Any, _control: Any, **_given: Any) -> None:
        if state.is_world_process_zero:
            self._columns.update(self._task, total=state.max_steps, completed=state.global_step)
            self._columns.start()

    def on_step_end(self, _args: Any, state: Any, _control: Any, **_given: Any) -> None:
        self._columns.update(self._task, completed=state.global_step)

    def on_log(self, _args: Any, _state: Any, _control: Any, logs: Mapping[str, Any], **_given: Any) -> None:
        for key, name in (("loss", "loss"), ("eval_loss", "validation")):
            if key in logs:
                self._notes[key] = f"{name} {float(logs[key]):.3f}"
        self._columns.update(self._task, note=" ".join(self._notes.values()))

    def on_train_end(self, _args: Any, _state: Any, _control: Any, **_given: Any) -> None:
        self._columns.stop()

    def stop(self) -> None:
        """Release the terminal after a failure."""
        self._columns.stop()


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
