"""A scripted generator and an embedder without a model."""

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from runtime_py.memory import Memory
from runtime_py.operations import UnparsableError, get
from runtime_py.operations.extract import ExtractInput
from runtime_py.operations.generate import GenerateInput
from runtime_py.operations.generator import Generated
from runtime_py.operations.select import SelectInput
from runtime_py.operations.update import MemoryEvent, UpdateInput
from runtime_py.store import Vectors

DIMENSION = 64


class WordEmbedder:
    """A bag of words hashed into 64 places: texts that share words are near."""

    def __init__(self, id: str = "words", dimension: int = DIMENSION) -> None:
        self.id = id
        self.dimension = dimension

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.full((len(texts), self.dimension), 1e-3, dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word in re.findall(r"\w+", text.casefold()):
                row[int(hashlib.sha256(word.encode("utf-8", "replace")).hexdigest(), 16) % self.dimension] += 1
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


def facts_said(given: ExtractInput) -> list[str]:
    """Every sentence between stars is a fact."""
    return [fact for message in given.messages for fact in re.findall(r"\*(.*?)\*", message.text)]


def add_all(given: UpdateInput) -> list[MemoryEvent]:
    """Every fact is new."""
    return [MemoryEvent(str(len(given.memories) + i), fact, "ADD") for i, fact in enumerate(given.facts)]


def refuse(_given: Any) -> Any:
    """No operation's answer."""
    raise UnparsableError("expected JSON, got 'sorry'")


def events(*rows: tuple[str, str, str]) -> Callable[[UpdateInput], list[MemoryEvent]]:
    """An update that always says `rows`: id, text and event."""
    return lambda _given: [MemoryEvent(*row) for row in rows]


def texts(memory: Memory, user: str = "ana") -> list[str]:
    """The user's live memories."""
    return [found.text for found in memory.get_all(user)]


class Script:
    """A generator whose operations are functions; what it was given stays in `seen`. Texts over `room` do not fit."""

    def __init__(
        self,
        extract: Callable[[ExtractInput], Any] = facts_said,
        update: Callable[[UpdateInput], Any] = add_all,
        generate: Callable[[GenerateInput], Any] = lambda given: given.memories[0].text if given.memories else "?",
        room: int = 100_000,
        is_cut: bool = False,
        select: Callable[[SelectInput], Any] | None = None,
    ) -> None:
        self._operations: dict[str, Callable[[Any], Any]] = {"extract": extract, "update": update, "generate": generate}
        if select is not None:  # as the bundles of such a base: no update expert
            self._operations = {"select": select, "generate": generate}
        self.operations = tuple(self._operations)
        self._room = room
        self._is_cut = is_cut
        self.seen: list[tuple[str, Any]] = []

    def run(self, operation: str, given: Any) -> Generated:
        assert self.fits(operation, given)
        self.seen.append((operation, given))
        return Generated(self._operations[operation](given), self._is_cut)

    def fits(self, operation: str, given: Any) -> bool:
        return len(get(operation).render(given)) <= self._room

    def inputs(self, operation: str) -> list[Any]:
        return [given for name, given in self.seen if name == operation]
