"""The same memory for event loops: each call runs in a thread, so the loop goes on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from datetime import date
from functools import wraps
from types import TracebackType
from typing import Any, Concatenate, Literal, ParamSpec, Self, TypeVar, overload

from memlora.memory import Memory, Row
from memlora.memory import open as open_memory
from runtime_py.memory import Answer, AnswerStream


class AsyncAnswerStream(AsyncIterator[str]):
    """`AnswerStream` for `async for`. A task that is cancelled while it waits for a piece ends the writing."""

    def __init__(self, stream: AnswerStream) -> None:
        self._stream = stream

    @property
    def answer(self) -> Answer:
        """As `AnswerStream.answer`."""
        return self._stream.answer

    async def __anext__(self) -> str:
        try:
            piece = await asyncio.to_thread(next, self._stream, None)
        except asyncio.CancelledError:
            self._stream.close()
            raise
        if piece is None:
            raise StopAsyncIteration
        return piece

    async def aclose(self) -> None:
        """As `AnswerStream.close`."""
        self._stream.close()


P = ParamSpec("P")
R = TypeVar("R")


def _opened(opening: Callable[P, Memory]) -> Callable[P, Coroutine[Any, Any, "AsyncMemory"]]:
    """`opening` in a thread, with its arguments and its docstring."""

    @wraps(opening)
    async def call(*args: P.args, **named: P.kwargs) -> "AsyncMemory":
        return AsyncMemory(await asyncio.to_thread(opening, *args, **named))

    return call


def _awaited(
    method: Callable[Concatenate[Memory, P], R],
) -> Callable[Concatenate["AsyncMemory", P], Coroutine[Any, Any, R]]:
    """A method of `Memory` in a thread, with its arguments and its docstring."""

    @wraps(method)
    async def call(self: "AsyncMemory", /, *args: P.args, **named: P.kwargs) -> R:
        return await asyncio.to_thread(method, self._memory, *args, **named)

    return call


class AsyncMemory:
    """`Memory` with awaitable calls."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    open = staticmethod(_opened(open_memory))
    close = _awaited(Memory.close)
    add = _awaited(Memory.add)
    search = _awaited(Memory.search)
    get = _awaited(Memory.get)
    get_all = _awaited(Memory.get_all)
    update = _awaited(Memory.update)
    delete = _awaited(Memory.delete)
    photos = _awaited(Memory.photos)
    photo = _awaited(Memory.photo)
    forget_photo = _awaited(Memory.forget_photo)
    undo = _awaited(Memory.undo)
    delete_all = _awaited(Memory.delete_all)
    reset = _awaited(Memory.reset)
    history = _awaited(Memory.history)

    # told again: a thread of its own writes a stream, and no type takes over the two results
    @overload
    def ask(
        self,
        question: str,
        user_id: str,
        asked_on: date | None = None,
        asker: str = "",
        *,
        stream: Literal[False] = False,
    ) -> Awaitable[Row]: ...
    @overload
    def ask(
        self,
        question: str,
        user_id: str,
        asked_on: date | None = None,
        asker: str = "",
        *,
        stream: Literal[True],
    ) -> AsyncAnswerStream: ...
    def ask(
        self, question: str, user_id: str, asked_on: date | None = None, asker: str = "", *, stream: bool = False
    ) -> Awaitable[Row] | AsyncAnswerStream:
        """As `Memory.ask`; with `stream` for `async for`."""
        if stream:
            return AsyncAnswerStream(self._memory.ask(question, user_id, asked_on, asker, stream=True))
        return asyncio.to_thread(self._memory.ask, question, user_id, asked_on, asker)
