"""Plain chats as dialogues: `Name: text` lines under date headings."""

import re
from datetime import date
from pathlib import Path

from runtime_py.dialogues import Dialogue, Session, Turn
from runtime_py.errors import ConfigError
from runtime_py.text import parse_session_date

_TURN = re.compile(r"([^\s:][^:\n]{0,39}?)\s*:\s+(.*)")
_HEADING = re.compile(r"(?:#+\s*|-{2,}\s*|\[)?(.*?)(?:\s*-{2,}|\])?")


def import_chat(path: Path) -> Dialogue:
    """One dialogue from a text file.

    A line with a date alone (`2023-05-12`, `12 May 2023`, `1:56 pm on 8 May, 2023`, also as `# ..`, `-- .. --` or
    `[..]`) starts a session; `Name: text` starts a turn, and a line without a name goes on with the turn before.
    Turns before the first date form a session without one.

    Raises:
        ConfigError: unreadable, not UTF-8, no turn in it, or text before the first name.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except OSError as e:
        raise ConfigError(f"{path}: expected a readable chat file, got {e.strerror}; check the path") from e
    except UnicodeDecodeError as e:
        raise ConfigError(f"{path}: expected UTF-8 text, got {e.reason} at byte {e.start}; save it as UTF-8") from e
    sessions: list[tuple[date | None, str | None, list[tuple[str, str]]]] = []
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text:
            continue
        heading = _HEADING.fullmatch(text)
        moment = parse_session_date(heading[1]) if heading else None
        if moment is not None:
            clock = moment.strftime("%H:%M") if ":" in text else None
            sessions.append((moment.date(), clock, []))
        elif turn := _TURN.fullmatch(text):
            if not sessions:
                sessions.append((None, None, []))
            sessions[-1][2].append((turn[1], turn[2].strip()))
        elif sessions and sessions[-1][2]:
            name, said = sessions[-1][2][-1]
            sessions[-1][2][-1] = (name, f"{said} {text}")
        else:
            raise ConfigError(
                f"{path}:{number}: expected a date or 'Name: text', got {text[:40]!r}; put a name in front"
            )
    return _dialogue(path, sessions)


def _dialogue(path: Path, sessions: list[tuple[date | None, str | None, list[tuple[str, str]]]]) -> Dialogue:
    filled = [session for session in sessions if session[2]]
    if not filled:
        raise ConfigError(f"{path}: expected at least one line 'Name: text', got none; check the file")
    speakers = dict.fromkeys(name for _, _, turns in filled for name, _ in turns)
    read = tuple(
        Session(day, tuple(Turn(f"s{n}t{i}", name, text) for i, (name, text) in enumerate(turns, start=1)), clock)
        for n, (day, clock, turns) in enumerate(filled, start=1)
    )
    return Dialogue(path.stem, tuple(speakers), read)
