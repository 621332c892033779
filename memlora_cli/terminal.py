"""What commands share of the terminal: results on stdout, progress on stderr."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from runtime_py import progress as told


def results() -> Console:
    """The console for results."""
    return Console(highlight=False, soft_wrap=True)


def progress_bar() -> Progress:
    """A bar with count, time spent and time left, on stderr."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


@contextmanager
def drawn_progress() -> Iterator[told.Progress]:
    """A bar on stderr for each piece of work, with the newest note behind its name."""
    tasks: dict[str, TaskID] = {}
    with progress_bar() as bar:

        def draw(work: str, done: int, total: int, note: str = "") -> None:
            text = escape(f"{work}, {note}" if note else work)
            if work not in tasks:
                tasks[work] = bar.add_task(text, total=total)
            bar.update(tasks[work], description=text, completed=done, total=total)

        yield draw


def print_json(value: Any) -> None:
    """One line of JSON on stdout."""
    print(json.dumps(value, ensure_ascii=False), flush=True)


def say(text: str) -> None:
    """A line of comment on stderr."""
    print(text, file=sys.stderr, flush=True)
