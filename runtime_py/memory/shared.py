"""A model that several threads share: engines hold state, so one call runs at a time."""

from collections.abc import Collection, Sequence
from threading import RLock
from typing import Any

from runtime_py.operations.generator import Generated, Generator, OnText, WritingGenerator
from runtime_py.store import Embedder, Vectors


class SharedGenerator:
    """A `Generator` whose calls wait for one another."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self.operations: Collection[str] = generator.operations
        self._lock = RLock()

    def run(self, operation: str, given: Any) -> Generated:
        """As `Generator.run`."""
        with self._lock:
            return self._generator.run(operation, given)

    def write(self, operation: str, given: Any, on_text: OnText) -> Generated:
        """As `WritingGenerator.write`; one that does not write token by token tells its text in one piece."""
        with self._lock:
            if isinstance(self._generator, WritingGenerator):
                return self._generator.write(operation, given, on_text)
            generated = self._generator.run(operation, given)
        on_text(str(generated.value))
        return generated

    def fits(self, operation: str, given: Any) -> bool:
        """As `Generator.fits`."""
        with self._lock:
            return self._generator.fits(operation, given)


class SharedEmbedder:
    """An `Embedder` whose calls wait for one another."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._lock = RLock()
        self.id, self.dimension = embedder.id, embedder.dimension

    def embed(self, texts: Sequence[str]) -> Vectors:
        """As `Embedder.embed`."""
        with self._lock:
            return self._embedder.embed(texts)
