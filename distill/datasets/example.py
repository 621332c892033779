"""One training or test row of an operation, and the exchanges and memory states it is cut from."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from random import Random

from runtime_py.dialogues import Dialogue, OracleEvent, Turn
from runtime_py.errors import ConfigError
from runtime_py.files import Example as Example
from runtime_py.memory import TURNS_PER_EXCHANGE

Builder = Callable[[Dialogue, Random], Iterator[Example]]
"""What a module called like its operation defines as `DATASET`: the examples of one dialogue."""
PassBuilder = Callable[[Dialogue, Random, int], Iterator[Example]]
"""What such a module may define as `WRITTEN`: the examples of one written dialogue in the pass of that number."""


@dataclass(frozen=True)
class Exchange:
    """Two turns in a row (one at the end of an odd session) and the memories that stood before them."""

    id: str
    day: date | None
    turns: tuple[Turn, ...]
    before: tuple[str, ...]

    @property
    def facts(self) -> tuple[str, ...]:
        """The oracle's facts of both turns, in order."""
        return tuple(fact for turn in self.turns for fact in turn.facts or ())

    @property
    def events(self) -> tuple[OracleEvent, ...]:
        """The oracle's events of both turns, in order: one a fact."""
        return tuple(event for turn in self.turns for event in turn.events or ())


@dataclass
class OracleMemory:
    """Memories by text, oldest first, each with the day and the turn of its newest statement."""

    rows: dict[str, tuple[date | None, str]] = field(default_factory=dict)

    def apply(self, event: OracleEvent, day: date | None, turn: str) -> None:
        """Replays one event of the oracle. Raises `ConfigError` when the memory it names is not there."""
        if event.event in ("UPDATE", "DELETE") and event.old not in self.rows:
            raise ConfigError(
                f"turn {turn}: expected {event.event} of a stored memory, got old text {event.old!r}; mend the events"
            )
        if event.event == "ADD":
            self.rows[event.text] = (day, turn)
        elif event.event == "UPDATE":  # keeps its place
            changed = {event.text if text == event.old else text: row for text, row in self.rows.items()}
            changed[event.text] = (day, turn)
            self.rows = changed
        elif event.event == "DELETE":
            del self.rows[event.text]


def exchanges(dialogue: Dialogue) -> Iterator[Exchange]:
    """Exchanges of a dialogue with oracle facts and events. Raises `ConfigError` where they are missing."""
    memory = OracleMemory()
    for number, session in enumerate(dialogue.sessions, start=1):
        for start in range(0, len(session.turns), TURNS_PER_EXCHANGE):
            turns = session.turns[start : start + TURNS_PER_EXCHANGE]
            for turn in turns:
                if turn.facts is None or turn.events is None or len(turn.facts) != len(turn.events):
                    raise ConfigError(
                        f"dialogue {dialogue.id}, turn {turn.id}: expected one oracle event a fact, got none; "
                        "label it with a teacher or generate the corpus"
                    )
            yield Exchange(
                f"{dialogue.id}/{number}.{start // TURNS_PER_EXCHANGE + 1}", session.date, turns, tuple(memory.rows)
            )
            for turn in turns:
                for event in turn.events or ():
                    memory.apply(event, session.date, turn.id)


def final_memory(dialogue: Dialogue) -> OracleMemory:
    """The memories that stand when the questions are asked."""
    memory = OracleMemory()
    for session in dialogue.sessions:
        for turn in session.turns:
            for event in turn.events or ():
                memory.apply(event, session.date, turn.id)
    return memory
