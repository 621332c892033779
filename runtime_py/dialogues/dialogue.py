"""The dialogue format: one JSON object a line, for synthetic and real conversations (`docs/dialogue-format.md`)."""

import dataclasses
import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

from runtime_py.errors import ConfigError
from runtime_py.files import StrictObject, read_lines

FORMAT = "memlora.dialogue"
VERSION = 1
KINDS = ("single_hop", "multi_hop", "temporal", "changed", "retracted", "past", "open_domain", "unanswerable")
_OPTIONAL = ("category", "alternatives", "asker")
CATEGORIES = {"multi_hop": 1, "temporal": 2, "open_domain": 3, "single_hop": 4, "unanswerable": 5}
"""LoCoMo's numbers."""
EVENTS = ("ADD", "UPDATE", "DELETE", "NONE")
_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class OracleEvent:
    """What a fact does to the memory; `old` is the memory's text before, None for ADD."""

    event: str
    text: str
    old: str | None = None


@dataclass(frozen=True)
class Turn:
    """What one person said. `facts` and `events` are the oracle's, in order of appearance; None when unknown."""

    id: str
    speaker: str
    text: str
    facts: tuple[str, ...] | None = None
    events: tuple[OracleEvent, ...] | None = None


@dataclass(frozen=True)
class Session:
    """Turns of one day. `date` None: unknown. `time` is HH:MM."""

    date: date | None
    turns: tuple[Turn, ...]
    time: str | None = None

    @property
    def moment(self) -> datetime | None:
        """The day at its clock, midnight where only the day is known."""
        return datetime.combine(self.date, time.fromisoformat(self.time or "00:00")) if self.date else None


@dataclass(frozen=True)
class Question:
    """A question asked after the last session; `evidence` are ids of the turns that tell the answer.

    `alternatives` are other right answers; `asker` is the speaker who asks in the first person, empty for nobody.
    """

    id: str
    text: str
    kind: str
    answer: str
    evidence: tuple[str, ...] = ()
    category: int | None = None
    alternatives: tuple[str, ...] = ()
    asker: str = ""


@dataclass(frozen=True)
class Dialogue:
    """Sessions in order of time between the `speakers`, and questions about them."""

    id: str
    speakers: tuple[str, ...]
    sessions: tuple[Session, ...]
    questions: tuple[Question, ...] = ()

    @property
    def turns(self) -> Iterator[Turn]:
        """All turns in order."""
        return (turn for session in self.sessions for turn in session.turns)


def to_json(dialogue: Dialogue) -> str:
    """One line of the format, without its newline; None and empty oracle fields are left out."""
    row: dict[str, Any] = {"format": FORMAT, "version": VERSION, "id": dialogue.id, "speakers": list(dialogue.speakers)}
    row["sessions"] = [
        {
            "date": session.date.isoformat() if session.date else None,
            **({"time": session.time} if session.time else {}),
            "turns": [_turn(turn) for turn in session.turns],
        }
        for session in dialogue.sessions
    ]
    row["questions"] = [
        {key: value for key, value in dataclasses.asdict(question).items() if key not in _OPTIONAL or value}
        for question in dialogue.questions
    ]
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def _turn(turn: Turn) -> dict[str, Any]:
    row: dict[str, Any] = {"id": turn.id, "speaker": turn.speaker, "text": turn.text}
    if turn.facts is not None:
        row["facts"] = list(turn.facts)
    if turn.events is not None:
        row["events"] = [
            {"event": e.event, "text": e.text, **({} if e.old is None else {"old": e.old})} for e in turn.events
        ]
    return row


def from_json(line: str, place: str) -> Dialogue:
    """Reads one line; `place` names it in errors. Raises `ConfigError` for anything that the format does not say."""
    row = StrictObject.parse(line, place)
    if (name := row.text("format")) != FORMAT:
        raise ConfigError(
            f"{place}: expected the format {FORMAT!r}, got {name!r}; import the file with `memlora import`"
        )
    if (version := row.integer("version")) != VERSION:
        raise ConfigError(f"{place}: expected version {VERSION}, got {version}; use the memlora that wrote it")
    speakers = row.texts("speakers")
    if not speakers or len(set(speakers)) != len(speakers):
        raise ConfigError(f"{place}: expected the names of all speakers, each once, got {list(speakers)}; correct them")
    dialogue = Dialogue(
        id=row.text("id"),
        speakers=speakers,
        sessions=tuple(_read_session(session, speakers) for session in row.objects("sessions")),
        questions=tuple(_read_question(question) for question in row.objects("questions", ())),
    )
    row.finish()
    _check_ids(dialogue, place)
    return dialogue


def _read_session(row: StrictObject, speakers: tuple[str, ...]) -> Session:
    day = row.optional_text("date", required=True)
    try:
        if day is not None and not _DAY.fullmatch(day):  # Python also takes 20230512 and 2023-W19-5
            raise ValueError(day)
        parsed = date.fromisoformat(day) if day is not None else None
    except ValueError as e:
        raise ConfigError(f"{row.place}: expected a date like '2023-05-12' or null, got {day!r}; correct it") from e
    clock = row.optional_text("time")
    if clock is not None and not _CLOCK.fullmatch(clock):
        raise ConfigError(f"{row.place}: expected a time like '13:56' or null, got {clock!r}; correct it")
    session = Session(parsed, tuple(_read_turn(turn, speakers) for turn in row.objects("turns")), clock)
    row.finish()
    return session


def _read_turn(row: StrictObject, speakers: tuple[str, ...]) -> Turn:
    speaker = row.choice("speaker", speakers)
    facts = row.texts("facts") if "facts" in row else None
    events = tuple(_read_event(event) for event in row.objects("events")) if "events" in row else None
    turn = Turn(row.text("id"), speaker, row.text("text"), facts, events)
    row.finish()
    return turn


def _read_event(row: StrictObject) -> OracleEvent:
    event = OracleEvent(row.choice("event", EVENTS), row.text("text"), row.optional_text("old"))
    row.finish()
    return event


def _read_question(row: StrictObject) -> Question:
    question = Question(
        id=row.text("id"),
        text=row.text("text"),
        kind=row.choice("kind", KINDS),
        answer=row.text("answer"),
        evidence=row.texts("evidence", ()),
        category=row.integer("category") if "category" in row else None,
        alternatives=row.texts("alternatives", ()),
        asker=row.optional_text("asker") or "",
    )
    row.finish()
    return question


def _check_ids(dialogue: Dialogue, place: str) -> None:
    for what, ids in (
        ("turn", [turn.id for turn in dialogue.turns]),
        ("question", [question.id for question in dialogue.questions]),
    ):
        if len(set(ids)) != len(ids):
            twice = next(i for i in ids if ids.count(i) > 1)
            raise ConfigError(f"{place}: expected every {what} id once, got {twice!r} twice; rename one")
    known = {turn.id for turn in dialogue.turns}
    for question in dialogue.questions:
        for evidence in question.evidence:
            if evidence not in known:
                raise ConfigError(
                    f"{place}: expected turn ids as evidence of question {question.id}, got {evidence!r}; correct it"
                )


def read_dialogues(path: Path, limit: int | None = None) -> Iterator[Dialogue]:
    """The first `limit` dialogues of a JSONL file, one at a time; blank lines are skipped.

    Raises:
        ConfigError: no such file, no dialogue in it, not UTF-8, or a line that is not of the format.
    """
    empty = True
    for number, line in islice(read_lines(path, "dialogue file"), limit):
        empty = False
        yield from_json(line, f"{path}:{number}")
    if empty:
        raise ConfigError(f"{path}: expected a dialogue a line, got an empty file; generate or import one")


def write_dialogues(path: Path, dialogues: Iterable[Dialogue]) -> int:
    """Writes the file beside its place and renames it; returns the number of dialogues."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    count = 0
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            for dialogue in dialogues:
                file.write(to_json(dialogue) + "\n")
                count += 1
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return count
