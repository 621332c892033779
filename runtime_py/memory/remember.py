"""One exchange into the store: extract, compare with what is known, update, then everything written at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from runtime_py.errors import MemloraError, StoreError
from runtime_py.memory.events import Applied, apply_events, say_again
from runtime_py.memory.extraction import Guarded
from runtime_py.memory.outcome import Empty, Failed, Outcome, Stored
from runtime_py.memory.photos.sight import Rows, Sight
from runtime_py.memory.rules import decide_changes, parts_said
from runtime_py.memory.selection import find_facts
from runtime_py.operations import UnparsableError, get
from runtime_py.operations.extract import Message
from runtime_py.operations.generator import Generated, Generator
from runtime_py.operations.select import TURNS_BEFORE
from runtime_py.operations.update import MemoryEvent, UpdateInput
from runtime_py.progress import Progress, Steps, silent
from runtime_py.retrieval import Retrieval
from runtime_py.store import (
    NO_LABELS,
    Embedder,
    Labels,
    Photo,
    State,
    Store,
    StoredMemory,
    Vectors,
    exchange_key,
    searchable,
)

NEAR_PER_FACT = 5
FACTS_PER_PART = 16  # each is compared with what is near any of them
COMPARED = "groups of facts compared"
ALREADY_STORED = "this exchange was stored before"
NO_FACTS = "no facts in it"


@dataclass(frozen=True)
class Exchange:
    """What was said at once. `session` and `place` (where it stands in its dialogue) tell apart equal words."""

    user_id: str
    messages: tuple[Message, ...]
    moment: date | None
    session: str = ""
    place: str = ""
    is_imported: bool = False
    labels: Labels = NO_LABELS
    is_verbatim: bool = False
    """Every message is a memory as it was said; no model runs."""
    photos: tuple[Photo, ...] = ()

    @property
    def day(self) -> date | None:
        """The day of `moment`."""
        return self.moment.date() if isinstance(self.moment, datetime) else self.moment

    @property
    def session_name(self) -> str:
        """`session`, else the day: what is said on a day without another name is one session."""
        return self.session or (self.day.isoformat() if self.day else "")

    @cached_property
    def key(self) -> str:
        """Hex sha256 of who said what, with which photos, when and where: the same exchange has the same key."""
        said = [(message.role, message.speaker, message.text) for message in self.messages]
        return exchange_key(self.session, self.day, self.place, said, [photo.name for photo in self.photos])


@dataclass(frozen=True)
class _Step:
    """update's events for some of the facts, beside the memories they were compared with."""

    events: list[MemoryEvent]
    near: list[StoredMemory]
    facts: list[str]
    is_cut: bool = False


@dataclass(frozen=True)
class _Plan:
    known: list[str]
    steps: list[_Step]
    vectors: dict[str, Vectors] = field(default_factory=dict)
    turn_vectors: Vectors | None = None
    refused: tuple[str, ...] = ()
    seen: dict[str, Rows] = field(default_factory=dict)


class Pipeline:
    """Runs exchanges through the experts into the store. The model runs before the write lock is taken."""

    def __init__(
        self,
        generator: Generator,
        embedder: Embedder,
        store: Store,
        retrieval: Retrieval,
        sight: Sight | None = None,
    ) -> None:
        self._sight = sight
        self._generator = generator
        self._embedder = embedder
        self._store = store
        self._retrieval = retrieval

    def is_stored(self, exchange: Exchange) -> bool:
        """Whether adding it again changes nothing: words that a model found empty can still be kept as they are."""
        settled = ("stored",) if exchange.is_verbatim else ("stored", "empty")
        return self._store.exchange_state(exchange.user_id, exchange.key) in settled

    def remember(self, exchange: Exchange, progress: Progress = silent) -> Outcome:
        """Turns, photos, facts, vectors, history, provenance in one transaction; without facts when the model fails.

        `progress` is told how far what needs several calls of the model is. Raises `StoreError` when the store cannot
        be written.
        """
        try:
            return self._write(exchange, self._plan(exchange, progress))
        except StoreError:
            raise
        except (UnparsableError, MemloraError) as e:
            reason = " ".join(str(e).split())
            return Failed(reason, self._keep_turns(exchange, reason))
        except BaseException:
            self._keep_turns(exchange, "interrupted")
            raise

    def _plan(self, exchange: Exchange, progress: Progress) -> _Plan:
        spoken = [message for message in exchange.messages if message.text.strip()]
        found = self._find_facts(exchange, spoken, progress) if spoken else Guarded((), ())
        known = {fact: None for fact in found.facts if self._store.find_memory(exchange.user_id, fact) is not None}
        facts = [fact for fact in found.facts if fact not in known]
        vectors = self._embed(facts)
        if exchange.is_verbatim:
            steps = [_Step([MemoryEvent("", fact, "ADD") for fact in facts], [], facts)] if facts else []
        else:
            steps = self._decide_all(self._parts(exchange.user_id, facts, vectors), progress)
        texts = [event.text.strip() for step in steps for event in step.events]
        vectors |= self._embed([text for text in texts if text and text not in vectors])
        turn_vectors = self._embedder.embed([searchable(m.speaker, m.text) for m in exchange.messages])
        seen = self._sight.encode_new(exchange.photos) if self._sight else {}
        return _Plan(list(known), steps, vectors, turn_vectors, found.refused, seen)

    def _find_facts(self, exchange: Exchange, spoken: Sequence[Message], progress: Progress) -> Guarded:
        """By selecting where the bundle has an expert for it, else by rewriting, which is held to what was said."""
        if exchange.is_verbatim:
            return Guarded(tuple(dict.fromkeys(message.text.strip() for message in spoken)), ())
        turns = self._store.last_turns(exchange.user_id, exchange.session_name, TURNS_BEFORE)
        before = [Message(turn.role, turn.speaker, turn.text) for turn in turns]
        return find_facts(self._generator, spoken, exchange.day, before, progress)

    def _parts(
        self, user_id: str, facts: Sequence[str], vectors: dict[str, Vectors]
    ) -> list[tuple[list[StoredMemory], list[str]]]:
        """The facts in parts that update can read, each with its nearest memories; far ones give way first."""
        parts: list[tuple[list[StoredMemory], list[str]]] = []
        for fact in facts:
            near = self._near(user_id, vectors[fact])
            before, others = parts[-1] if parts else ([], [])
            union = sorted({memory.id: memory for memory in [*before, *near]}.values(), key=lambda memory: memory.id)
            if 0 < len(others) < FACTS_PER_PART and self._fits(union, [*others, fact]):
                parts[-1] = (union, [*others, fact])
                continue
            count = NEAR_PER_FACT
            while near and not self._fits(near, [fact]):
                count -= 1
                near = self._near(user_id, vectors[fact], count)
            parts.append((near, [fact]))
        return parts

    def _near(self, user_id: str, vector: Vectors, count: int = NEAR_PER_FACT) -> list[StoredMemory]:
        """The `count` nearest memories, oldest first."""
        ids = {hit.id for hit in self._retrieval.near(user_id, vector, count)}
        return self._store.memories_by_id(user_id, sorted(ids))

    def _decide_all(self, parts: Sequence[tuple[list[StoredMemory], list[str]]], progress: Progress) -> list[_Step]:
        told = Steps(progress if len(parts) > 1 else silent, COMPARED, len(parts))
        steps = []
        for near, facts in parts:
            steps.append(self._decide(near, facts))
            told.advance()
        return steps

    def _decide(self, near: list[StoredMemory], facts: list[str]) -> _Step:
        """The last event of an answer that was ended by its limit is dropped: it may be torn."""
        decided = decide_events(self._generator, UpdateInput(tuple(memory.text for memory in near), tuple(facts)))
        events: list[MemoryEvent] = decided.value
        return _Step(events[:-1] if decided.is_cut else events, near, facts, decided.is_cut)

    def _fits(self, near: Sequence[StoredMemory], facts: Sequence[str]) -> bool:
        return may_decide(self._generator, UpdateInput(tuple(m.text for m in near), tuple(facts)))

    def _embed(self, texts: Sequence[str]) -> dict[str, Vectors]:
        distinct = list(dict.fromkeys(texts))
        return dict(zip(distinct, self._embedder.embed(distinct), strict=True)) if distinct else {}

    def _write(self, exchange: Exchange, plan: _Plan) -> Outcome:
        with self._store.writing():
            if self.is_stored(exchange):
                return Empty(ALREADY_STORED)  # another process was first
            state: State = "stored" if plan.known or plan.steps else "empty"
            turns, photos = self._put_turns(exchange, state, None, plan.turn_vectors)
            if self._sight:
                self._sight.keep(plan.seen)
            events = [Applied(None, fact, "NONE") for fact in plan.known]
            said, changes = parts_said(exchange.messages, exchange.is_imported), 0
            for fact in plan.known:
                say_again(self._store, exchange.user_id, fact, [fact], said)
            for step in plan.steps:
                applied = apply_events(
                    self._store,
                    exchange.user_id,
                    step.events,
                    step.near,
                    step.facts,
                    exchange.day,
                    plan.vectors,
                    turns,
                    step.is_cut,
                    said,
                    changes,
                    exchange.labels,
                )
                changes += sum(event.event in ("UPDATE", "DELETE") for event in applied)
                events += applied
        return Stored(tuple(events), plan.refused, photos) if state == "stored" else Empty(NO_FACTS, photos)

    def _keep_turns(self, exchange: Exchange, reason: str) -> tuple[int, ...]:
        """The ids of its photos."""
        with self._store.writing():
            if self._store.exchange_state(exchange.user_id, exchange.key) in ("stored", "empty"):
                return ()
            return self._put_turns(exchange, "failed", reason, None)[1]

    def _put_turns(
        self, exchange: Exchange, state: State, reason: str | None, vectors: Vectors | None
    ) -> tuple[list[int], tuple[int, ...]]:
        """The ids of the turns and of the photos."""
        user, messages = exchange.user_id, [(each.role, each.speaker, each.text) for each in exchange.messages]
        said = (exchange.session_name, exchange.moment, messages)
        turns = self._store.put_exchange(user, exchange.key, *said, state, reason, vectors)
        return turns, tuple(self._store.put_photos(user, turns, exchange.photos)) if exchange.photos else ()


def decide_events(generator: Generator, given: UpdateInput) -> Generated:
    """What becomes of new facts and of the memories beside them, a list of `MemoryEvent`: by the expert, else by rules.

    Without memories every fact is an ADD, which needs no model; so it is when the answer cannot be parsed.
    """
    if "update" not in generator.operations:
        return Generated(decide_changes(given.memories, given.facts))
    if given.memories and may_decide(generator, given):
        try:
            return generator.run("update", given)
        except UnparsableError:
            pass
    return Generated(get("update").fallback(given))


def may_decide(generator: Generator, given: UpdateInput) -> bool:
    """Whether `given` can be read: rules read any length."""
    return "update" not in generator.operations or generator.fits("update", given)
