"""Plain chats as dialogues: `Name: text` lines under date headings, or what a chat program exports."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from distill.corpus.chat_stamps import MARKS, Stamp, is_like_a_stamp, read_stamp, read_stamped, settle_days
from runtime_py.dialogues import Dialogue, Session, Turn
from runtime_py.errors import ConfigError
from runtime_py.files import read_lines

_TURN = re.compile(r"([^\s:][^:]{0,39}?)\s*:(?:\s+(.*)|)")
_CLOSE = re.compile(r"([^\W\d][^:\s]{0,39}):(?!//)(\S.*)")  # no blank behind the colon
_HEADING = re.compile(r"#+\s+(.*)|-{2,}\s*(.*?)\s*-*|\[(.*)\]")
_LABEL = re.compile(r"(?:date|day|time|when|session)\s*:\s*(.*)", re.IGNORECASE)
_DATE_WORDS = re.compile(
    r"(?=.*\d)(?=.*[a-z]{3})(?:(?:mon|tues?|wednes|thurs?|fri|satur|sun)(?:day)?|(?:jan|febr?)(?:uary)?|mar(?:ch)?|apr(?:il)?|may"
    r"|june?|july?|aug(?:ust)?|sept?(?:ember)?|(?:octo|novem|decem)ber|oct|nov|dec|\d{1,4}(?:st|nd|rd|th)?|of|the|on|at"
    r"|[ap]m|[,. :()-])+",
    re.IGNORECASE,
)


@dataclass
class _Spoken:
    """One message, or (`name` None) the program's own line; `text` grows by the lines that follow."""

    name: str | None
    text: str


@dataclass
class _Piece:
    """What was said under one stamp (None: before the first)."""

    stamp: Stamp | None
    spoken: list[_Spoken] = field(default_factory=list)


def import_chat(path: Path, day_first: bool | None = None) -> Dialogue:
    """One dialogue from a text file.

    By the first line it is one of two kinds. An export has a stamp before each message (`chat_stamps`); lines without
    one go on with the message before, lines of the program itself are left out, and each day is a session. In a plain
    chat a line with a date alone (also as `# ..`, `-- .. --`, `[..]` or `Date: ..`) starts a session, `Name: text` a
    turn, and a line without a name goes on with the turn before; turns before the first date form a session without
    one. `day_first` decides dates such as 08/06/2023 where the file does not.

    Raises:
        ConfigError: unreadable, not UTF-8, no turn in it, text before the first name, a date that cannot be read or has
        two meanings, or a name that holds a date or a clock.
    """
    lines = [(f"{path}:{number}", line.strip(MARKS + " \t")) for number, line in read_lines(path, "chat file")]
    lines = [(place, line) for place, line in lines if line]
    try:
        exported = bool(lines) and _read_stamped(*lines[0]) is not None
    except ConfigError:
        exported = True  # a stamp that is none: reading it says why
    pieces = _read_export(lines) if exported else _read_plain(lines)
    days = settle_days((piece.stamp for piece in pieces if piece.stamp), day_first, str(path))
    return _dialogue(path, _join_days(pieces, days) if exported else _set_days(pieces, days))


def _read_export(lines: Sequence[tuple[str, str]]) -> list[_Piece]:
    pieces: list[_Piece] = []
    for place, line in lines:
        stamped = _read_stamped(place, line)
        if stamped is None:
            last = pieces[-1].spoken[-1]
            last.text = f"{last.text} {line}".strip()
            continue
        stamp, rest, name = stamped
        text = rest
        if name is None and (turn := _TURN.fullmatch(rest)):
            name, text = turn[1], turn[2] or ""
        pieces.append(_Piece(stamp, [_Spoken(_name(place, name) if name else None, text.strip(MARKS + " "))]))
    return pieces


def _read_plain(lines: Sequence[tuple[str, str]]) -> list[_Piece]:
    pieces = [_Piece(None)]
    close = Counter(match[1] for _, line in lines if (match := _CLOSE.fullmatch(line)))
    names = {turn[1] for _, line in lines if (turn := _TURN.fullmatch(line))}
    names |= {name for name, count in close.items() if count > 1}
    for place, line in lines:
        match = _HEADING.fullmatch(line)
        heading = None if match is None else next(part for part in match.groups() if part is not None)
        if heading == "":
            continue
        label = _LABEL.fullmatch(line)
        stamp = _heading_stamp(place, heading or (label[1] if label else line))
        if stamp is not None:
            pieces.append(_Piece(stamp))
        elif heading is not None or _DATE_WORDS.fullmatch(line):
            raise ConfigError(
                f"{place}: expected a date such as 12 May 2023 in the heading, got {line[:40]!r}; mend or remove "
                "the line"
            )
        elif _read_stamped(place, line):
            raise ConfigError(
                f"{place}: expected a plain chat, as it begins, got a date in front of a message ({line[:40]!r}); put "
                "one before the first line too, or dates into lines of their own"
            )
        elif turn := _TURN.fullmatch(line):
            pieces[-1].spoken.append(_Spoken(_name(place, turn[1]), (turn[2] or "").strip(MARKS + " ")))
        elif (turn := _CLOSE.fullmatch(line)) and turn[1] in names:
            pieces[-1].spoken.append(_Spoken(_name(place, turn[1]), turn[2]))
        elif pieces[-1].spoken:
            last = pieces[-1].spoken[-1]
            last.text = f"{last.text} {line}".strip()
        else:
            raise ConfigError(f"{place}: expected a date or 'Name: text', got {line[:40]!r}; put a name in front")
    return pieces


def _read_stamped(place: str, line: str) -> tuple[Stamp, str, str | None] | None:
    try:
        found = read_stamped(line)
    except ValueError as e:
        raise ConfigError(f"{place}: expected a date and a clock, got {line[:40]!r} ({e}); correct it") from e
    if found is None or (not found.rest and found.name is None):
        return None
    return found.stamp, found.rest, found.name


def _heading_stamp(place: str, text: str) -> Stamp | None:
    try:
        return read_stamp(" ".join(text.split()))
    except ValueError as e:
        raise ConfigError(f"{place}: expected a date, got {text[:40]!r} ({e}); correct it") from e


def _name(place: str, written: str) -> str:
    """The name without marks, its letters composed; never with a time in it."""
    name = unicodedata.normalize("NFC", " ".join(written.strip(MARKS + "~ \u202f\u00a0").split()))
    if not name or is_like_a_stamp(name):
        raise ConfigError(
            f"{place}: expected 'Name: text', got a date or clock of an unknown form in the name {name[:40]!r}; put "
            "dates into lines of their own, such as 12 May 2023"
        )
    return name


def _set_days(pieces: Sequence[_Piece], days: Sequence[Stamp]) -> list[_Piece]:
    settled = iter(days)
    return [_Piece(next(settled) if piece.stamp else None, piece.spoken) for piece in pieces]


def _join_days(pieces: Sequence[_Piece], days: Sequence[Stamp]) -> list[_Piece]:
    """One piece a day."""
    joined: list[_Piece] = []
    for piece, stamp in zip(pieces, days, strict=True):
        if not joined or joined[-1].stamp is None or joined[-1].stamp.day != stamp.day:
            joined.append(_Piece(stamp))
        joined[-1].spoken.extend(piece.spoken)
    return joined


def _dialogue(path: Path, pieces: Sequence[_Piece]) -> Dialogue:
    told = ((piece.stamp, [m for m in piece.spoken if m.name and m.text]) for piece in pieces)
    sessions = [(stamp, spoken) for stamp, spoken in told if spoken]
    if not sessions:
        raise ConfigError(f"{path}: expected at least one line 'Name: text', got none; check the file")
    speakers = dict.fromkeys(message.name or "" for _, spoken in sessions for message in spoken)
    read = tuple(
        Session(
            stamp.day if stamp else None,
            tuple(Turn(f"s{n}t{i}", m.name or "", m.text) for i, m in enumerate(spoken, start=1)),
            stamp.clock if stamp else None,
        )
        for n, (stamp, spoken) in enumerate(sessions, start=1)
    )
    return Dialogue(path.stem, tuple(speakers), read)
