"""The same memory for event loops: each call runs in a thread, so the loop goes on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, overload

from memlora.memory import Memory, Row
from memlora.memory import open as open_memory
from runtime_py.memory import Answer, AnswerStream
from runtime_py.memory.labels import Metadata
from runtime_py.memory.messages import Messages


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


class AsyncMemory:
    """`Memory` with awaitable calls; see there for shapes and errors."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @classmethod
    async def open(
        cls, bundle: str | Path | None = None, store: str | Path | None = None, engine: str = "onnx"
    ) -> "AsyncMemory":
        """As `memlora.open`."""
        return cls(await asyncio.to_thread(open_memory, bundle, store, engine))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the store."""
        await asyncio.to_thread(self._memory.close)

    async def add(
        self,
        messages: Messages,
        user_id: str,
        said_on: date | None = None,
        *,
        agent_id: str | None = None,
        run_id: str | None = None,
        metadata: Metadata | None = None,
        infer: bool = True,
    ) -> Row:
        """As `Memory.add`."""
        labels: dict[str, Any] = {"agent_id": agent_id, "run_id": run_id, "metadata": metadata}
        return await asyncio.to_thread(self._memory.add, messages, user_id, said_on, **labels, infer=infer)

    async def search(
        self,
        query: str,
        user_id: str,
        limit: int = 10,
        threshold: float = 0.0,
        filters: Mapping[str, Any] | None = None,
    ) -> Row:
        """As `Memory.search`."""
        return await asyncio.to_thread(self._memory.search, query, user_id, limit, threshold, filters)

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

    async def get(self, memory_id: int, user_id: str) -> Row:
        """As `Memory.get`."""
        return await asyncio.to_thread(self._memory.get, memory_id, user_id)

    async def get_all(self, user_id: str, limit: int | None = None, filters: Mapping[str, Any] | None = None) -> Row:
        """As `Memory.get_all`."""
        return await asyncio.to_thread(self._memory.get_all, user_id, limit, filters)

    async def update(self, memory_id: int, data: str, user_id: str) -> Row:
        """As `Memory.update`."""
        return await asyncio.to_thread(self._memory.update, memory_id, data, user_id)

    async def delete(self, memory_id: int, user_id: str) -> None:
        """As `Memory.delete`."""
        await asyncio.to_thread(self._memory.delete, memory_id, user_id)

    async def undo(self, user_id: str) -> Row:
        """As `Memory.undo`."""
        return await asyncio.to_thread(self._memory.undo, user_id)

    async def delete_all(self, user_id: str) -> None:
        """As `Memory.delete_all`."""
        await asyncio.to_thread(self._memory.delete_all, user_id)

    async def reset(self) -> None:
        """As `Memory.reset`."""
        await asyncio.to_thread(self._memory.reset)

    async def history(self, memory_id: int, user_id: str) -> list[Row]:
        """As `Memory.history`."""
        return await asyncio.to_thread(self._memory.history, memory_id, user_id)
