"""A dialogue as the suites see it: dated sessions of turns, and questions with the turns that answer them.

`read_dialogues` takes what the suites need from the dialogue format (`docs/dialogue-format.md`), oracle included.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from runtime_py.errors import ConfigError
from runtime_py.memory import Session as ToldSession
from runtime_py.operations.extract import Message


@dataclass(frozen=True)
class OracleEvent:
    """What a fact does to the memory; `old` is the memory's text before, None for ADD."""

    event: str
    text: str
    old: str | None


@dataclass(frozen=True)
class Turn:
    """One turn; `id` is unique in its dialogue, `photo` the caption of a shared picture.

    The oracle's `facts` and their `events` are None when unknown.
    """

    id: str
    speaker: str
    text: str
    photo: str | None = None
    facts: tuple[str, ...] | None = None
    events: tuple[OracleEvent, ...] | None = None

    @property
    def told(self) -> str:
        """What the memory is given: the text, then the photo's caption."""
        return " ".join(part for part in (self.text, f"[shares a photo: {self.photo}]" if self.photo else "") if part)


@dataclass(frozen=True)
class Session:
    """Turns said at one `moment` (None: unknown)."""

    id: str
    moment: datetime | None
    turns: tuple[Turn, ...]

    @property
    def day(self) -> date | None:
        """The day of `moment`."""
        return self.moment.date() if self.moment else None


@dataclass(frozen=True)
class Question:
    """A question with its gold answer, its `kind` and the ids of the turns that answer it."""

    id: str
    text: str
    answer: str
    kind: str
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Dialogue:
    """What people said over some sessions, and questions about it."""

    id: str
    speakers: tuple[str, ...]
    sessions: tuple[Session, ...]
    questions: tuple[Question, ...]

    @property
    def turns(self) -> Iterator[Turn]:
        """All turns in order."""
        return (turn for session in self.sessions for turn in session.turns)


def to_sessions(dialogue: Dialogue) -> list[ToldSession]:
    """The dialogue as the memory reads it, as `memlora ingest` does: the first speaker is the user."""
    user = dialogue.speakers[0]
    return [
        ToldSession(
            f"{dialogue.id}/{session.id}",
            session.moment,
            tuple(Message("user" if t.speaker == user else "assistant", t.speaker, t.told) for t in session.turns),
        )
        for session in dialogue.sessions
    ]


def read_dialogues(path: Path, limit: int | None = None) -> list[Dialogue]:
    """The first `limit` dialogues of a JSONL file.

    Raises:
        ConfigError: the file is missing or empty, or a line is no dialogue.
    """
    if not path.is_file():
        raise ConfigError(f"no dialogues: expected the file {path}; make it with `memlora corpus`")
    dialogues: list[Dialogue] = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if limit is not None and len(dialogues) >= limit:
                break
            try:
                dialogues.append(_read_dialogue(json.loads(line)))
            except (ValueError, KeyError, TypeError) as e:
                raise ConfigError(
                    f"{path}:{number}: expected a dialogue, got {e!r}; see docs/dialogue-format.md"
                ) from e
    if not dialogues:
        raise ConfigError(f"no dialogues: expected one a line, got the empty file {path}")
    return dialogues


def _read_dialogue(row: Mapping[str, Any]) -> Dialogue:
    if (row["format"], row["version"]) != ("memlora.dialogue", 1):
        raise ValueError(f"format {row['format']}, version {row['version']}")
    sessions = tuple(_read_session(str(i), session) for i, session in enumerate(row["sessions"], start=1))
    questions = tuple(
        Question(q["id"], q["text"], q["answer"], q["kind"], tuple(q.get("evidence", ())))
        for q in row.get("questions", ())
    )
    return Dialogue(row["id"], tuple(row["speakers"]), sessions, questions)


def _read_session(name: str, row: Mapping[str, Any]) -> Session:
    clock = time.fromisoformat(row.get("time") or "00:00")
    moment = datetime.combine(date.fromisoformat(row["date"]), clock) if row["date"] else None
    return Session(name, moment, tuple(_read_turn(turn) for turn in row["turns"]))


def _read_turn(row: Mapping[str, Any]) -> Turn:
    facts = tuple(row["facts"]) if "facts" in row else None
    events = (OracleEvent(e["event"], e["text"], e.get("old")) for e in row["events"]) if "events" in row else None
    return Turn(row["id"], row["speaker"], row["text"], None, facts, None if events is None else tuple(events))
