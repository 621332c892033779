"""Chat files made of the committed ones by changes at random, and what `import_chat` reads in them.

    python -m tests.distill.made_chats FOLDER SEED COUNT   # 0.txt .., chats.json

A row is `{"file", "day_first", "refused" or "speakers" and "sessions"}`; `refused` is the error up to what it got.
"""

import json
import sys
from pathlib import Path
from random import Random
from typing import Any

from distill.corpus import import_chat
from runtime_py.errors import ConfigError

_CHATS = Path(__file__).with_name("chats")
_HEADINGS = (
    "# June 8, 2023",
    "--- Thursday, 8 June 2023 ---",
    "[2023/06/08]",
    "08.06.23",
    "DATE: 1:56 pm on 8 June, 2023",
    "2023-06-08T13:56:00Z",
    "# 28/06/2023",
    "# Chapter 2",
    "Thursday the 8th",
    "-- ",
    "May I ask: no",
    "https://example.org",
    "Ann:hi",
    "Zoe\u0308:  so",
)
_SIGNS = "0123456789/.-:[](), #~APMapmſKİßé\u0301٣\u00a0\u202f\u200e\u2028\u2013\U0001f388\t\r"


def make(random: Random, lines: list[list[str]]) -> str:
    """A file with up to four changes."""
    made = list(random.choice(lines))
    for _ in range(random.randint(0, 4)):
        place = random.randrange(len(made) + 1)
        change = random.randrange(5)
        if change == 0:
            made.insert(place, random.choice(_HEADINGS))
        elif change == 1:
            made.insert(place, random.choice(random.choice(lines)))
        elif change == 2 and len(made) > 1:
            made.pop(place % len(made))
        else:
            line = made[place % len(made)]
            at = random.randrange(len(line) + 1)
            made[place % len(made)] = line[:at] + random.choice(_SIGNS) + line[at + (change == 3) :]
    return "\n".join(made)


def read(path: Path, day_first: bool | None) -> dict[str, Any]:
    """What is to be read in the file."""
    row: dict[str, Any] = {"file": path.name, "day_first": day_first}
    try:
        dialogue = import_chat(path, day_first)
    except ConfigError as e:
        return {**row, "refused": str(e).removeprefix(str(path)).partition(", got")[0]}
    sessions = [
        {
            "date": session.date.isoformat() if session.date else None,
            "time": session.time,
            "turns": [[turn.id, turn.speaker, turn.text] for turn in session.turns],
        }
        for session in dialogue.sessions
    ]
    return {**row, "speakers": list(dialogue.speakers), "sessions": sessions}


def main(folder: Path, seed: int, count: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    random = Random(seed)
    lines = [path.read_bytes().decode().split("\n") for path in sorted(_CHATS.glob("*.txt"))]
    rows = []
    for number in range(count):
        path = folder / f"{number}.txt"
        path.write_bytes(make(random, lines).encode() + (b"\n\xff" if random.random() < 0.01 else b""))
        rows.append(read(path, random.choice((None, None, True, False))))
    (folder / "chats.json").write_text(json.dumps(rows), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
