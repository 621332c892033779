"""The memory store: users, sessions, raw turns, memories, history, provenance and words, in one SQLite file."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from runtime_py.store.file import Embedder
from runtime_py.store.forgetting import ForgettingTables


class Store(ForgettingTables):
    """What is remembered. Every change is one transaction, or part of the one around it."""

    def __init__(
        self,
        path: Path,
        embedder: Embedder | None,
        timeout_s: float = 30.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(path, embedder, timeout_s, clock)
        self.finish_erasing()
