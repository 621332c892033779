"""A memory on a scripted generator: with the operations of the embedded base, or of sentences as they were said."""

from collections.abc import Callable
from pathlib import Path

import pytest

from runtime_py.memory import Memory, Reads
from runtime_py.operations.generate import GenerateInput
from runtime_py.operations.select import SelectInput, numbered
from runtime_py.store import Store
from tests.runtime_py.script import Script, WordEmbedder

OpenMemory = Callable[[Script], Memory]


@pytest.fixture
def open_memory(tmp_path: Path) -> OpenMemory:
    def open_with(script: Script) -> Memory:
        embedder = WordEmbedder()
        return Memory(script, embedder, Store(tmp_path / "store.db", embedder))

    return open_with


def keep_all(given: SelectInput) -> list[int]:
    """Every sentence."""
    return list(range(1, len(numbered(given)) + 1))


Opened = Callable[..., tuple[Memory, Script]]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    def open_with(
        answer: Callable[[GenerateInput], str] = lambda given: given.memories[-1].text,
        select: Callable[[SelectInput], list[int]] = keep_all,
        reads: Reads | None = None,
        room: int = 100_000,
    ) -> tuple[Memory, Script]:
        script = Script(generate=answer, select=select, room=room)
        embedder = WordEmbedder()
        return Memory(script, embedder, Store(tmp_path / "store.db", embedder), 3, reads), script

    return open_with
