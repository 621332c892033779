"""A whole dialogue into the memory, exchange by exchange; killed and run again, it goes on where it was."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from runtime_py.dialogues import Dialogue, Turn
from runtime_py.memory.memory import Memory
from runtime_py.memory.outcome import Failed, Outcome, Stored
from runtime_py.memory.remember import ALREADY_STORED
from runtime_py.operations.extract import Message
from runtime_py.operations.select import NAMELESS
from runtime_py.progress import Progress, silent

TURNS_PER_EXCHANGE = 2


@dataclass(frozen=True)
class Session:
    """Turns said on one day (None: unknown); `name` is unique in the store's user."""

    name: str
    moment: date | None
    turns: tuple[Message, ...]


@dataclass(frozen=True)
class Tally:
    """Exchanges by what became of them, and events by name; `failures` are the reasons of failed ones in order."""

    stored: int
    empty: int
    failed: int
    known: int
    events: dict[str, int]
    failures: tuple[str, ...]


def to_sessions(dialogue: Dialogue) -> list[Session]:
    """The dialogue as the memory reads it: its first speaker is the user, everybody else an assistant.

    `Me` and the `Assistant` he talks to have no names.
    """
    user = dialogue.speakers[0]
    nameless = tuple(NAMELESS.values()) if user == NAMELESS["user"] else ()

    def message(turn: Turn) -> Message:
        name = "" if turn.speaker in nameless else turn.speaker
        return Message("user" if turn.speaker == user else "assistant", name, turn.text)

    return [
        Session(f"{dialogue.id}/{number}", session.moment, tuple(message(turn) for turn in session.turns))
        for number, session in enumerate(dialogue.sessions, start=1)
    ]


def exchanges(sessions: Iterable[Session]) -> Iterator[tuple[Session, str, Sequence[Message]]]:
    """(session, place in it, two turns in a row); one turn where a session's number of turns is odd."""
    for session in sessions:
        for start in range(0, len(session.turns), TURNS_PER_EXCHANGE):
            yield session, str(start), session.turns[start : start + TURNS_PER_EXCHANGE]


def ingest(
    memory: Memory,
    user_id: str,
    sessions: Iterable[Session],
    progress: Callable[[Outcome], None] = lambda _outcome: None,
    within: Progress = silent,
) -> Tally:
    """Remember every exchange in order. `progress` is called after each, `within` told how far a long one is.

    What is done is told by the store alone: an exchange is there with all its facts, or not at all, so that running
    again after a kill repeats none and misses none. Failed exchanges are tried again. Raises `StoreError`.
    """
    counts: Counter[str] = Counter()
    events: Counter[str] = Counter()
    failures = []
    for session, place, messages in exchanges(sessions):
        outcome = memory.add(messages, user_id, session.moment, session.name, place, progress=within)
        if isinstance(outcome, Stored):
            counts["stored"] += 1
            events.update(event.event for event in outcome.events)
        elif isinstance(outcome, Failed):
            counts["failed"] += 1
            failures.append(outcome.reason)
        else:
            counts["known" if outcome.reason == ALREADY_STORED else "empty"] += 1
        progress(outcome)
    return Tally(
        counts["stored"],
        counts["empty"],
        counts["failed"],
        counts["known"],
        dict(sorted(events.items())),
        tuple(failures),
    )
