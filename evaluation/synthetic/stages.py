"""Who does each stage of the pipeline: the base, its experts, or the oracle of a synthetic dialogue."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from runtime_py import operations
from runtime_py.dialogues import Dialogue, OracleEvent
from runtime_py.operations import UnparsableError, extract, update
from runtime_py.operations.extract import ExtractInput
from runtime_py.operations.generator import Generated, Generator
from runtime_py.operations.update import MemoryEvent, UpdateInput
from runtime_py.store import Embedder, Vectors

FACTS, MEMORY = extract.OPERATION.name, update.OPERATION.name
"""What makes facts, and what makes a memory of them."""


@dataclass(frozen=True)
class StageSet:
    """By an operation's name who does it (`base`, `expert` or `oracle`), and whether retrieval is the oracle's."""

    who: Mapping[str, str]
    oracle_retrieval: bool = False


def _stages(experts: Collection[str], oracle: Collection[str] = (), oracle_retrieval: bool = False) -> StageSet:
    names = operations.names()
    who = {name: "oracle" if name in oracle else "expert" if name in experts else "base" for name in names}
    return StageSet(who, oracle_retrieval)


_EVERY = operations.names()
STAGE_SETS = {
    "none": _stages([]),
    FACTS: _stages([FACTS]),
    f"{FACTS}+{MEMORY}": _stages([FACTS, MEMORY]),
    "experts": _stages(_EVERY),
    "oracle facts": _stages(_EVERY, [FACTS]),
    "oracle memory": _stages(_EVERY, [FACTS, MEMORY]),
    "oracle retrieval": _stages(_EVERY, [FACTS, MEMORY], oracle_retrieval=True),
}


class StageGenerator:
    """Sends each operation, and every other form of it, to the generator of its stage."""

    def __init__(self, stages: Mapping[str, Generator]) -> None:
        self._stages = stages
        self.operations: Collection[str] = tuple(
            form for name, stage in stages.items() for form in operations.forms(name) if form in stage.operations
        )

    def run(self, operation: str, given: Any) -> Generated:
        """As `Generator.run`."""
        return self._stages[operations.get(operation).work].run(operation, given)

    def fits(self, operation: str, given: Any) -> bool:
        """As `Generator.fits`."""
        return self._stages[operations.get(operation).work].fits(operation, given)


class RememberedGenerator:
    """Asks `inner` once for each input: greedy answers depend on nothing else, and ablations share most of theirs."""

    def __init__(self, inner: Generator) -> None:
        self._inner = inner
        self.operations: Collection[str] = inner.operations
        self._answers: dict[tuple[str, str], Generated | UnparsableError] = {}

    def run(self, operation: str, given: Any) -> Generated:
        """As `Generator.run`."""
        key = operation, operations.get(operation).render(given)
        if key not in self._answers:
            try:
                self._answers[key] = self._inner.run(operation, given)
            except UnparsableError as e:
                self._answers[key] = e
        answer = self._answers[key]
        if isinstance(answer, UnparsableError):
            raise answer
        return answer

    def fits(self, operation: str, given: Any) -> bool:
        """As `Generator.fits`."""
        return self._inner.fits(operation, given)


class RememberedEmbedder:
    """Embeds each text once; a text's vector depends on nothing else."""

    def __init__(self, inner: Embedder) -> None:
        self.id = inner.id
        self.dimension = inner.dimension
        self._inner = inner
        self._vectors: dict[str, Vectors] = {}

    def embed(self, texts: Sequence[str]) -> Vectors:
        """As `Embedder.embed`."""
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if new:
            self._vectors |= dict(zip(new, self._inner.embed(new), strict=True))
        return np.stack([self._vectors[text] for text in texts]) if texts else np.zeros((0, self.dimension), np.float32)


class Oracle:
    """Extracts and updates as the dialogue's author meant it; takes any input and never answers a question."""

    def __init__(self, dialogue: Dialogue) -> None:
        self._by_operation: Mapping[str, Callable[[Any], Any]] = {
            extract.OPERATION.name: self._extract,
            update.OPERATION.name: self._update,
        }
        self.operations: Collection[str] = tuple(self._by_operation)
        self._facts: dict[tuple[str, str], tuple[str, ...]] = {}
        self._events: dict[str, OracleEvent] = {}
        for turn in dialogue.turns:
            self._facts[turn.speaker, turn.text] = turn.facts or ()
            self._events |= dict(zip(turn.facts or (), turn.events or (), strict=True))

    def run(self, operation: str, given: Any) -> Generated:
        """The oracle's facts of known turns, or its events for known facts."""
        return Generated(self._by_operation[operation](given))

    def fits(self, operation: str, given: Any) -> bool:
        """The oracle reads any length."""
        return True

    def _extract(self, given: ExtractInput) -> list[str]:
        return [fact for message in given.messages for fact in self._facts[message.speaker, message.text]]

    def _update(self, given: UpdateInput) -> list[MemoryEvent]:
        events: list[MemoryEvent] = []
        for fact in given.facts:
            event = self._events.get(fact)
            if event is None:  # a sentence that the guard keeps in the place of a fact
                events.append(MemoryEvent(str(len(given.memories) + len(events)), fact, "ADD"))
            elif event.event == "ADD":
                events.append(MemoryEvent(str(len(given.memories) + len(events)), event.text, "ADD"))
            elif event.old in given.memories:
                events.append(MemoryEvent(str(given.memories.index(event.old)), event.text, event.event))
            elif event.event == "UPDATE":  # the old memory was not near enough to be seen
                events.append(MemoryEvent(str(len(given.memories) + len(events)), event.text, "ADD"))
        return events
