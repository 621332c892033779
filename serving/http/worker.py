"""The engine's turn: one request at a time runs the model, a bounded number wait, whoever hangs up gives way."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event
from typing import Any, TypeVar

from runtime_py.progress import Progress
from serving.http.errors import RequestError

T = TypeVar("T")
Work = Callable[[Event], T]
"""Is given the event that says that nobody waits for its result any more."""
_SMOOTHING = 0.2


class GivenUpError(Exception):
    """Raised by work whose result nobody waits for."""


class Worker:
    """Runs work on threads of its own: `run` what needs the model, one after another; `read` what only reads."""

    def __init__(self, most_waiting: int, timeout_s: float) -> None:
        self._most_waiting, self._timeout_s = most_waiting, timeout_s
        self._model = ThreadPoolExecutor(1, "memlora-model")
        self._readers = ThreadPoolExecutor(2, "memlora-reader")
        self._waiting: dict[ThreadPoolExecutor, int] = {self._model: 0, self._readers: 0}
        self._seconds = 1.0  # of one request, smoothed
        self._running: set[Event] = set()

    @property
    def waiting(self) -> int:
        """Requests for the model that wait or run."""
        return self._waiting[self._model]

    async def run(self, work: Work[T], request: Any, gone: Event | None = None) -> T:
        """The result of `work`, which has the model to itself. Raises what it raises, and `RequestError`."""
        return await self._call(self._model, work, gone or Event(), _hung_up(request))

    async def read(self, work: Callable[[], T]) -> T:
        """The result of `work`, which needs the store alone."""
        return await self._call(self._readers, lambda _gone: work(), Event(), asyncio.Event().wait())

    def check_room(self) -> None:
        """Raises `RequestError` where no more may wait for the model."""
        self._check(self._model)

    def _check(self, pool: ThreadPoolExecutor) -> None:
        if self._waiting[pool] >= self._most_waiting:
            wait_s = max(1, math.ceil(self._seconds * self._waiting[pool]))
            raise RequestError(
                503, f"too busy: expected fewer than {self._most_waiting} requests at once, got more", wait_s
            )

    async def _call(self, pool: ThreadPoolExecutor, work: Work[T], gone: Event, leaving: Awaitable[Any]) -> T:
        watcher = asyncio.ensure_future(leaving)
        try:
            self._check(pool)
            self._running.add(gone)
            self._waiting[pool] += 1
            result = asyncio.wrap_future(pool.submit(self._timed, work, gone))
            result.add_done_callback(lambda _done: self._leave(pool, gone))
            done, _ = await asyncio.wait({result, watcher}, timeout=self._timeout_s, return_when="FIRST_COMPLETED")
            if result in done and result.cancelled():
                raise RequestError(503, "stopping: expected a server that goes on, got one that ends; try again", 5)
            if result in done:
                return result.result()
            gone.set()
            result.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody asks for it
            if watcher in done:
                raise RequestError(499, "the client hung up: expected it to wait, got no one to answer")
            raise RequestError(
                504, f"too slow: expected an answer within {self._timeout_s:g} s, got none; ask for less", 10
            )
        finally:
            watcher.cancel()
            with suppress(asyncio.CancelledError):
                await watcher

    def _leave(self, pool: ThreadPoolExecutor, gone: Event) -> None:
        self._waiting[pool] -= 1
        self._running.discard(gone)

    def _timed(self, work: Work[T], gone: Event) -> T:
        if gone.is_set():
            raise GivenUpError
        start = time.monotonic()
        try:
            return work(gone)
        finally:
            self._seconds += _SMOOTHING * (time.monotonic() - start - self._seconds)

    def give_up(self) -> None:
        """Ask everything that runs or waits to end."""
        for gone in list(self._running):
            gone.set()

    def close(self) -> None:
        """Wait for what runs; what waits is not begun."""
        self.give_up()
        self._model.shutdown(wait=True, cancel_futures=True)
        self._readers.shutdown(wait=True, cancel_futures=True)


def progress_of(gone: Event) -> Progress:
    """Progress that ends work with `GivenUpError` once nobody waits for it."""

    def look(work: str, done: int, total: int, note: str = "") -> None:
        if gone.is_set():
            raise GivenUpError

    return look


async def _hung_up(request: Any) -> None:
    """Returns when the client of a request whose body was read has left."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
