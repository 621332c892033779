"""What commands share of the terminal: results on stdout, progress on stderr."""

import json
import sys
import time
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
from rich.text import Text

from runtime_py import progress as told

_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}
_HALVES = {code: f"\\u{code:04x}" for code in range(0xD800, 0xE000)}  # of surrogate pairs: UTF-8 has none
_MOST_LETTERS = 1000  # of a sentence about an error
_SECONDS_A_LINE = 10.0  # between lines of progress in a file


def visible(text: str) -> str:
    """`text` with every control character (ESC, BEL, C1 and their like) written out, so that no terminal obeys it."""
    return text.translate(_CONTROLS | _HALVES)


class ResultsConsole(Console):
    """A console on stdout whose texts cannot steer the terminal, whoever wrote them."""

    def print(self, *objects: Any, **named: Any) -> None:
        """As Rich's, with controls made visible in strings and texts."""
        super().print(*(_shown(each) for each in objects), **named)


def _shown(value: Any) -> Any:
    if isinstance(value, Text):
        value.plain = visible(value.plain)
    return visible(value) if isinstance(value, str) else value


def results() -> Console:
    """The console for results."""
    return ResultsConsole(highlight=False, soft_wrap=True)


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


class _Lines:
    """Progress as lines on stderr, for a file."""

    def __init__(self) -> None:
        self._started = self._said = time.monotonic()
        self._first: dict[str, tuple[float, int]] = {}

    def __call__(self, work: str, done: int, total: int, note: str = "") -> None:
        now = time.monotonic()
        began, first = self._first.setdefault(work, (now, done))
        if done >= total or now - self._said >= _SECONDS_A_LINE:
            self._said = now
            ahead = (now - began) * (total - done) / max(1, done - first)
            left = f", about {ahead:.0f} s left" if first < done < total else ""
            say(f"{work} {done}/{total}, {now - self._started:.0f} s{left}{': ' if note else ''}{note}")


@contextmanager
def drawn_progress() -> Iterator[told.Progress]:
    """A bar on stderr for each piece of work, with the newest note behind its name; nothing where none is told.

    Where stderr is no terminal, a line every few seconds and one for the last step: the log of a run that was killed
    tells how far it came.
    """
    tasks: dict[str, TaskID] = {}
    bar = progress_bar()
    if not bar.console.is_terminal:
        yield _Lines()
        return

    def draw(work: str, done: int, total: int, note: str = "") -> None:
        text = escape(f"{work}, {note}" if note else work)
        bar.start()
        if work not in tasks:
            tasks[work] = bar.add_task(text, total=total)
        bar.update(tasks[work], description=text, completed=done, total=total)

    try:
        yield draw
    finally:
        if tasks:
            bar.stop()


def print_json(value: Any) -> None:
    """One line of JSON on stdout."""
    text = json.dumps(value, ensure_ascii=False)
    print(text.translate(_HALVES | {code: f"\\u{code:04x}" for code in range(127, 160)}), flush=True)


def complain(error: str) -> None:
    """A sentence about an error on stderr, in one line; of a long one the beginning and the end."""
    line = " ".join(error.split())
    if len(line) > _MOST_LETTERS:
        line = f"{line[: _MOST_LETTERS // 2]} [..] {line[-_MOST_LETTERS // 2 :]}"
    say(line)


def say(text: str) -> None:
    """A line of comment on stderr."""
    print(visible(text), file=sys.stderr, flush=True)
