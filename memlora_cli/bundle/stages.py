"""Stages of long work on stderr: what is being done, the time spent, and how long it still takes, as it took before."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text


class StageTimes:
    """Seconds of each stage, and the seconds left by those of an `earlier` run."""

    def __init__(self, earlier: Mapping[str, float], now: Callable[[], float] = time.monotonic) -> None:
        self.seconds: dict[str, float] = {}
        self._earlier = earlier
        self._now = now
        self._current = ""
        self._started = now()

    def start(self, stage: str) -> None:
        """The stage before has ended; a stage that comes again goes on."""
        self.end()
        self._current, self._started = stage, self._now()

    def end(self) -> None:
        """All is done."""
        if self._current:
            self.seconds[self._current] = self.seconds.get(self._current, 0.0) + self._now() - self._started
        self._current = ""

    def left(self) -> float | None:
        """None where nothing is known of an earlier run."""
        if not self._earlier:
            return None
        ahead = sum(took for name, took in self._earlier.items() if name not in self.seconds and name != self._current)
        now = self._earlier.get(self._current, 0.0) - self.seconds.get(self._current, 0.0)
        return ahead + max(0.0, now - (self._now() - self._started))


class _TimeLeft(ProgressColumn):
    def __init__(self, times: StageTimes) -> None:
        super().__init__()
        self._times = times

    def render(self, task: Task) -> Text:
        left = self._times.left()
        return Text("" if left is None else f"about {int(left) // 60}:{int(left) % 60:02} left")


@contextmanager
def stages(work: str) -> Iterator[Callable[[str], None]]:
    """A line on stderr for every stage; what `work` took when it was last done tells how long it still takes."""
    from export.machine.cache import cache_folder

    file = cache_folder().parent / "stage_seconds.json"
    kept = read_kept(file)
    times = StageTimes(kept.get(work, {}))
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), _TimeLeft(times))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def stage(text: str) -> None:
            times.start(text)
            bar.console.print(f"[dim]{text}[/dim]", highlight=False)
            bar.update(task, description=text)

        yield stage
    times.end()
    keep(file, kept | {work: times.seconds})


def export_work(base: Path, targets: Sequence[str], operations: Sequence[str], merged: bool = False) -> str:
    """What exports that take the same time have in common."""
    from export.sources.model import read_config

    config = read_config(base)
    model = f"{config.model_type} {config.num_hidden_layers}x{config.hidden_size}"
    return (
        f"export {model}{', merged' if merged else ''}: {', '.join(sorted(operations))}; {', '.join(sorted(targets))}"
    )


def read_kept(file: Path) -> dict[str, dict[str, float]]:
    """Work -> seconds by stage; empty for a file that is not there or damaged, as only an estimate is lost."""
    try:
        kept: dict[str, dict[str, float]] = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return kept


def keep(file: Path, kept: Mapping[str, Mapping[str, float]]) -> None:
    """Write what `read_kept` reads."""
    from runtime_py.files import write_json

    file.parent.mkdir(parents=True, exist_ok=True)
    write_json(file, kept)
