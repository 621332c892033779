"""How many dates that people asked for are among the notes of the turns that tell them.

`python -m evaluation.dates FILE..`: dialogues as JSON lines (`sessions` with `date` and `turns` of `text` and `facts`,
`questions` with `kind`, `answers`, `evidence` as numbers of turns from 1). Two figures:

- covered: of the `temporal` questions, those of which an answer is a note of a turn of the evidence, or written there;
- right: of the notes of turns whose facts or questions name any date, those that one of these names. A note on
  something that no fact keeps counts as wrong, so the figure is a floor.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from runtime_py.text.dates import MONTHS
from runtime_py.text.days import expressions


@dataclass
class DateScore:
    """Counts and, for reading, the misses: (dialogue, day, text, expected, notes)."""

    questions: int = 0
    covered: int = 0
    notes: int = 0
    right: int = 0
    missed: list[tuple[str, ...]] = field(default_factory=list)
    doubtful: list[tuple[str, ...]] = field(default_factory=list)

    def summary(self) -> str:
        return f"covered {self.covered} of {self.questions} questions; right {self.right} of {self.notes} notes"


def score(dialogues: Iterator[dict[str, Any]]) -> DateScore:
    """Over all dialogues."""
    total = DateScore()
    for dialogue in dialogues:
        turns = [(s["date"], t) for s in dialogue["sessions"] for t in s["turns"]]
        notes = [[e.meaning for e in expressions(t["text"], date.fromisoformat(day))] for day, t in turns]
        named = [" | ".join(fact["text"] for fact in t["facts"]) for _, t in turns]
        for question in dialogue["questions"]:
            if question["kind"] != "temporal":
                continue
            evidence = [n - 1 for n in question["evidence"]]
            total.questions += 1
            answers = question["answers"]
            found = [note for i in evidence for note in notes[i]]
            if any(
                _tells(note, answer)
                for note in [*found, *(turns[i][1]["text"] for i in evidence)]
                for answer in answers
            ):
                total.covered += 1
            else:
                said = " / ".join(f"({turns[i][0]}) {turns[i][1]['text']}" for i in evidence)
                total.missed.append((dialogue["id"], said, " || ".join(answers), ", ".join(found)))
            for i in evidence:
                named[i] += " | " + " | ".join(answers)
        for i, (day, turn) in enumerate(turns):
            if not any(f"{month} 2" in named[i] for month in MONTHS):
                continue
            for note in notes[i]:
                total.notes += 1
                if _tells(named[i], note):
                    total.right += 1
                else:
                    total.doubtful.append((dialogue["id"], f"({day}) {turn['text']}", note, named[i]))
    return total


def _tells(text: str, wanted: str) -> bool:
    """`wanted` stands in `text`, not as the end of another day (`3 May 2025` in `13 May 2025`)."""
    place = text.find(wanted)
    while place >= 0:
        if not (place and text[place - 1].isdigit()):
            return True
        place = text.find(wanted, place + 1)
    return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--misses", action="store_true", help="also print what was missed and what may be wrong")
    arguments = parser.parse_args()
    for path in arguments.files:
        total = score(json.loads(line) for line in path.read_text("utf-8").split("\n") if line)
        print(f"{path.name}: {total.summary()}")  # noqa: T201
        for kind, rows in (("missed", total.missed), ("doubtful", total.doubtful)) if arguments.misses else ():
            for row in rows:
                print(f"  {kind}: " + "\n      ".join(row))  # noqa: T201


if __name__ == "__main__":
    main()
