"""A written dialogue end to end: remembered exchange by exchange, then asked about in several ways; not judged.

What is recorded is plain JSON: the memory's `{"exchanges": [{"turns", "status", "seconds", "calls", "events"}]}`, and
of each way `{"answers": [{"id", "answer", "read", "seconds", "calls"}]}`, where `read` are the dialogue's ids of the
turns that were read, or that told what was read.
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from runtime_py.dialogues import Dialogue
from runtime_py.errors import MemloraError
from runtime_py.memory import TURNS_PER_EXCHANGE, Memory, Outcome, Reads, Stored, ingest, to_sessions
from runtime_py.memory.outcome import Answer
from runtime_py.operations.generate import UNANSWERABLE
from runtime_py.operations.generator import Generated, Generator
from runtime_py.store import Embedder, Store

READS: dict[str, Reads] = {"both": "both", "turns": "turns", "memories": "memories", "base": "turns"}
WAYS = (*READS, "refusal")
"""What is read with the expert (both turns and memories, turns alone, memories alone), the base without its expert over
turns, and a constant refusal."""
Advance = Callable[[str], None]


class CountedGenerator:
    """`inner`, with the number of its runs."""

    def __init__(self, inner: Generator) -> None:
        self._inner = inner
        self.operations: Collection[str] = inner.operations
        self.runs = 0

    def run(self, operation: str, given: Any) -> Generated:
        """As `Generator.run`."""
        self.runs += 1
        return self._inner.run(operation, given)

    def fits(self, operation: str, given: Any) -> bool:
        """As `Generator.fits`."""
        return self._inner.fits(operation, given)


class DialogueRun:
    """One dialogue in a store of its own; `models` has `expert` and `base`, `limit` turns or memories are read.

    With `asked_on` everything was said on that day, in one session, and questions are asked on it.
    """

    def __init__(
        self,
        dialogue: Dialogue,
        models: Mapping[str, Generator],
        embedder: Embedder,
        store: Store,
        limit: int,
        asked_on: date | None = None,
    ) -> None:
        self._dialogue, self._embedder, self._store, self._limit = dialogue, embedder, store, limit
        self._asked_on = asked_on
        self._models = {name: CountedGenerator(model) for name, model in models.items()}

    def remember(self, advance: Advance) -> dict[str, Any]:
        """Everything said, in order. Raises `StoreError`."""
        expert = self._models["expert"]
        memory = Memory(expert, self._embedder, self._store, self._limit)
        rows: list[dict[str, Any]] = []
        pieces = [
            [turn.id for turn in session.turns[start : start + TURNS_PER_EXCHANGE]]
            for session in self._dialogue.sessions
            for start in range(0, len(session.turns), TURNS_PER_EXCHANGE)
        ]
        clock = time.perf_counter()

        def keep(outcome: Outcome) -> None:
            nonlocal clock
            rows.append(
                {
                    "turns": pieces[len(rows)],
                    "status": outcome.to_json()["status"],
                    "seconds": round(time.perf_counter() - clock, 4),
                    "calls": expert.runs,
                    "events": [asdict(event) for event in outcome.events] if isinstance(outcome, Stored) else [],
                }
            )
            advance("remembering")
            clock, expert.runs = time.perf_counter(), 0

        expert.runs = 0
        sessions = to_sessions(self._dialogue)
        if self._asked_on:
            sessions = [replace(session, name=self._asked_on.isoformat()) for session in sessions]
        ingest(memory, self._dialogue.id, sessions, keep)
        return {"exchanges": rows}

    def ask(self, way: str, advance: Advance) -> dict[str, Any]:
        """Every question, in one of `WAYS`; `{"missing": why}` where a bundle cannot run its base alone."""
        answers = []
        for question in self._dialogue.questions:
            try:
                answers.append({"id": question.id, **self._answer(way, question.text, question.asker)})
            except MemloraError as e:
                if way != "base":
                    raise
                return {"answers": [], "missing": " ".join(str(e).split())}
            advance(f"asking, {way}")
        return {"answers": answers}

    def _answer(self, way: str, question: str, asker: str) -> dict[str, Any]:
        if way == "refusal":
            return {"answer": UNANSWERABLE, "read": [], "seconds": 0.0, "calls": 0}
        model = self._models["base" if way == "base" else "expert"]
        memory = Memory(model, self._embedder, self._store, self._limit, READS[way])
        model.runs, clock = 0, time.perf_counter()
        answer = memory.ask(question, self._dialogue.id, asked_on=self._asked_on, asker=asker)
        seconds = round(time.perf_counter() - clock, 4)
        return {"answer": answer.text, "read": self._read(answer), "seconds": seconds, "calls": model.runs}

    def _read(self, answer: Answer) -> list[str]:
        stored = self._store.turns(self._dialogue.id)
        places = dict(zip((turn.id for turn in stored), (turn.id for turn in self._dialogue.turns), strict=True))
        user = self._dialogue.id
        told = [turn.id for found in answer.memories for turn in self._store.provenance(user, found.memory.id)]
        return list(dict.fromkeys(places[row] for row in [*told, *(found.turn.id for found in answer.turns)]))
