"""Written dialogues: plain text, one file a hand, in `natural/` (its `FORMAT.md` says how), read as dialogues."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from runtime_py.dialogues import Dialogue, OracleEvent, Question, Session, Turn
from runtime_py.errors import ConfigError

FOLDER = Path(__file__).with_name("natural")
UNANSWERABLE = "no information available"
UNNAMED = "Me"  # the user where he has no name
_KINDS = {"single": "single_hop", "multi": "multi_hop"}  # the others are called alike
_QUESTION_KINDS = ("single", "multi", "temporal", "changed", "retracted", "past", "unanswerable")
_HEADING = re.compile(r"# (\d{4}-\d\d-\d\d)(?: (\d\d:\d\d))?")
_SPOKEN = re.compile(r"([^:]{1,30}): (.*)")
_ASKED_BY = re.compile(r"Asked by ([^:]{1,30}): (.*)")


@dataclass
class _Draft:
    """A dialogue while it is read; `standing` are the facts that hold so far."""

    id: str
    speakers: tuple[str, ...]
    sessions: list[tuple[date, str | None, list[Turn]]] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    standing: list[str] = field(default_factory=list)

    @property
    def turns(self) -> list[Turn]:
        return [turn for _, _, turns in self.sessions for turn in turns]

    def finish(self) -> Dialogue:
        sessions = tuple(Session(day, tuple(turns), clock) for day, clock, turns in self.sessions)
        return Dialogue(self.id, self.speakers, sessions, tuple(self.questions))


def read_natural(path: Path) -> list[Dialogue]:
    """The dialogues of one hand's file, with facts, events, questions and evidence.

    Raises:
        ConfigError: a line that is not of the format, with its number.
    """
    drafts: list[_Draft] = []
    for number, line in enumerate(path.read_text("utf-8").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            if line.startswith("=== "):
                drafts.append(_read_head(line))
            elif not drafts:
                raise ConfigError("expected `=== ID | SPEAKERS | KIND` first")
            else:
                _read_line(drafts[-1], line.rstrip())
        except ConfigError as e:
            raise ConfigError(f"{path.name}:{number}: {e}, got {line[:60]!r}; correct the line") from None
    return [draft.finish() for draft in drafts]


def hands(folder: Path = FOLDER) -> Iterator[tuple[str, Path]]:
    """(letters, file) of every hand, sorted: what stands before the file's first `-`."""
    return ((path.name.partition("-")[0], path) for path in sorted(folder.glob("[a-z]*-*.txt")))


def _read_head(line: str) -> _Draft:
    parts = [part.strip() for part in line[4:].split("|")]
    if len(parts) != 3 or not all(parts):
        raise ConfigError("expected `=== ID | SPEAKERS | KIND`")
    return _Draft(parts[0], tuple(name.strip() for name in parts[1].split(",")))


def _read_line(draft: _Draft, line: str) -> None:
    if heading := _HEADING.fullmatch(line.strip()):
        day = date.fromisoformat(heading[1])
        if draft.sessions and draft.sessions[-1][0] > day:
            raise ConfigError("expected sessions in order of time")
        draft.sessions.append((day, heading[2], []))
    elif line.startswith("? "):
        draft.questions.append(_read_question(draft, line[2:]))
    elif line[:2] in ("+ ", "~ ", "- "):
        _read_fact(draft, line[0], line[2:].strip())
    elif (spoken := _SPOKEN.fullmatch(line)) and spoken[1] in draft.speakers and draft.sessions:
        number = str(len(draft.turns) + 1)
        draft.sessions[-1][2].append(Turn(number, spoken[1], spoken[2].strip(), (), ()))
    else:
        raise ConfigError("expected a turn of a speaker under a day, a fact or a question")


def _read_fact(draft: _Draft, mark: str, text: str) -> None:
    if not draft.turns:
        raise ConfigError("expected a turn before its facts")
    new, _, old = (part.strip() for part in text.partition("<<")) if mark == "~" else (text, "", "")
    if mark == "-":
        new, old = "", text
    if old and old not in draft.standing:
        raise ConfigError("expected an old fact word for word as it stands in the memory")
    if mark == "~":
        draft.standing[draft.standing.index(old)] = new
        event = OracleEvent("UPDATE", new, old)
    elif mark == "-":
        draft.standing.remove(old)
        event = OracleEvent("DELETE", old, old)
    else:
        draft.standing.append(new)
        event = OracleEvent("ADD", new)
    turns = draft.sessions[-1][2] or draft.sessions[-2][2]
    last = turns[-1]
    fact = new or f"no longer: {old}"
    turns[-1] = Turn(last.id, last.speaker, last.text, (*(last.facts or ()), fact), (*(last.events or ()), event))


def _read_question(draft: _Draft, line: str) -> Question:
    parts = [part.strip() for part in re.split(r" \|(?!\|)", line)]
    kind = parts[0]
    if len(parts) < 3 or kind not in _QUESTION_KINDS:
        raise ConfigError(f"expected `? KIND | QUESTION | ANSWER | TURNS`, a kind out of {', '.join(_QUESTION_KINDS)}")
    evidence = tuple(re.findall(r"\d+", parts[3])) if len(parts) > 3 else ()
    answers = [answer.strip() for answer in parts[2].split("||")]
    known = {turn.id for turn in draft.turns}
    if not set(evidence) <= known or (kind == "unanswerable") != (not evidence):
        raise ConfigError("expected the numbers of turns that tell the answer, and none for an unanswerable question")
    if kind == "unanswerable" and answers != [UNANSWERABLE]:
        raise ConfigError(f"expected the answer {UNANSWERABLE!r}")
    asked = _ASKED_BY.fullmatch(parts[1])
    asker = asked[1] if asked else draft.speakers[0] if draft.speakers[0] == UNNAMED else ""
    return Question(
        id=f"q{len(draft.questions) + 1}",
        text=asked[2] if asked else parts[1],
        kind=_KINDS.get(kind, kind),
        answer=answers[0],
        evidence=evidence,
        alternatives=tuple(answers[1:]),
        asker=asker,
    )
