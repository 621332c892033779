"""A memory on a scripted generator."""

from collections.abc import Callable
from pathlib import Path

import pytest

from runtime_py.memory.memory import Memory
from runtime_py.store.store import Store
from tests.runtime_py.script import Script, WordEmbedder

OpenMemory = Callable[[Script], Memory]


@pytest.fixture
def open_memory(tmp_path: Path) -> OpenMemory:
    def open_with(script: Script) -> Memory:
        embedder = WordEmbedder()
        return Memory(script, embedder, Store(tmp_path / "store.db", embedder))

    return open_with
