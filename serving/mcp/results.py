"""What the tools give back: their fields become the schemas that a client sees."""

from datetime import date as Date
from typing import Literal, Self

from pydantic import BaseModel

from runtime_py.memory import Answer, Outcome, Recalled, RecalledTurn, Stored
from runtime_py.operations.generate import is_refusal
from runtime_py.store import StoredMemory


class Change(BaseModel):
    """What became of one memory: `previous_memory` are the words that `memory` takes the place of."""

    id: int | None
    memory: str
    event: str
    previous_memory: str | None


class Added(BaseModel):
    """`empty`: nothing to remember, or it was stored before; `failed`: the words are kept, and may be added again."""

    status: Literal["stored", "empty", "failed"]
    reason: str | None
    changes: list[Change]

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        """What became of an exchange."""
        if not isinstance(outcome, Stored):
            return cls(status=outcome.to_json()["status"], reason=outcome.reason, changes=[])
        changes = [Change(**vars(event)) for event in outcome.events]
        return cls(status="stored", reason=None, changes=changes)


class Remembered(BaseModel):
    """A memory, and the day on which it was said (`2026-05-12`; null where unknown)."""

    id: int
    memory: str
    date: str | None

    @classmethod
    def of(cls, memory: StoredMemory) -> Self:
        """A memory as a client sees it."""
        return cls(id=memory.id, memory=memory.text, date=_iso(memory.day))


class Match(Remembered):
    """A memory that was found, with a score from 0 to 1, higher is better."""

    score: float

    @classmethod
    def found(cls, recalled: Recalled) -> Self:
        """A memory with its score."""
        memory = Remembered.of(recalled.memory)
        return cls(**memory.model_dump(), score=recalled.score)


class Found(BaseModel):
    """The memories that fit, best first."""

    memories: list[Match]


class Said(BaseModel):
    """Words of a conversation, who said them and when (`2026-05-12`; null where unknown)."""

    speaker: str
    text: str
    date: str | None

    @classmethod
    def of(cls, found: RecalledTurn) -> Self:
        """A turn; a speaker without a name is `user` or `assistant`."""
        turn = found.turn
        return cls(speaker=turn.speaker or turn.role, text=turn.text, date=_iso(turn.day))


class Answered(BaseModel):
    """An answer and the words it was read from.

    `is_known` is false where nothing that was said answers; `likely` may then hold the answer, and must be told as what
    was said, not as the answer.
    """

    answer: str
    is_known: bool
    evidence: list[Said]
    likely: Said | None

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """An answer with the turns that hold its words; where none does, with the memories it was given."""
        known = not is_refusal(answer.text)
        evidence = [Said.of(turn) for turn in answer.used]
        if known and not evidence:
            memories = [recalled.memory for recalled in answer.memories]
            evidence = [Said(speaker="", text=memory.text, date=_iso(memory.day)) for memory in memories]
        likely = Said.of(answer.likely) if answer.likely else None
        return cls(answer=answer.text, is_known=known, evidence=evidence, likely=likely)


class Listed(BaseModel):
    """Memories, newest first; `total` is how many there are."""

    memories: list[Remembered]
    total: int


class Forgotten(BaseModel):
    """The memory that is gone, and its last words."""

    id: int
    memory: str


def _iso(day: Date | None) -> str | None:
    return day.isoformat() if day else None
