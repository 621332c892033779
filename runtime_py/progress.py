"""How long work tells where it is. Only the command line draws it (`memlora_cli.terminal.drawn_progress`)."""

from typing import Protocol


class Progress(Protocol):
    """Called after each step of a piece of work."""

    def __call__(self, work: str, done: int, total: int, note: str = "") -> None:
        """`done` of `total` steps of `work` (a file, an expert); `note`: what was done last, or its figures."""


def silent(work: str, done: int, total: int, note: str = "") -> None:
    """Tells nobody."""


class Steps:
    """Counts the steps of one piece of work."""

    def __init__(self, progress: Progress, work: str, total: int) -> None:
        self._progress, self._work, self._total = progress, work, total
        self._done = 0

    def advance(self, note: str = "") -> None:
        """One step more is done."""
        self._done += 1
        self._progress(self._work, self._done, self._total, note)
