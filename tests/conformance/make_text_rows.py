"""Made rows for the rules of days and sentences: lines of the other tables and of the corpus, joined, cut and changed.

`python -m tests.conformance.make_text_rows SEED COUNT FILE` writes rows with this Python's answers. The committed
`made_text.json` is of seed 1 and 500 rows. A longer run of the port: 20000 rows in a file of their own, then
`mvn -f android_demo/pom.xml -pl core test -Dtest=MadeRowsTest -Dmemlora.rows=FILE`.
"""

import json
import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from runtime_py.text import annotate, parse_moment, parse_session_date
from runtime_py.text.dates import MONTHS, format_date
from runtime_py.text.days.rules import read, words
from runtime_py.text.sentences import sentences
from tests.conformance.changes import changed, cut, main


def _parts(text: str) -> list[str]:
    return text.split("|")


HOUSE = Path(__file__).parents[2]
TABLES = ["dates", "sentences", "speech_acts", "person", "relations", "quoted", "plain", "grounding"]
LONGEST = 400  # letters of a row
JOINTS = _parts(" | |\n|. |! |? |... |\u2026 |, |; | - | \u2014 |  |\t|\r\n|\u2028")
ODD = _parts(
    "\U0001f600|\U0001f469\u200d\U0001f4bb|\U00020000|\U0001d7d8|e\u0301|\u00df|\u0130|\u0131|\u017f|\u212a|\u00c5sa|\u01c5|"
    "\u0416\u0435\u043d\u044f|\u03a3\u03c2|\u0915\u093f|\u4eac\u3002|\u061f|\u06d4|\u0664|\uff11|\u00b2|\u2460|\u2167|\u00bd|\x1c|"
    "\x85|\u200b|\ufeff|\u00a0|\u2009|\u3000|\x0b|\x00|\"|'|\u2019|\u2018|\u201c|\u201d|\u201e|\u00ab|\u00bb|`|(|)|[|]|*|>|/|\\|"
    "@|#|_|-|\u2013|\u2014|:|;|,|.|!|?|\u2026|...|www.|http://|.txt|.pdf|$3.50|1.|No. 5|Dr. |e.g. |a.m.| [5 May 2023]|"
    " [May 2023]|7|12|20|2017|2nd|13th| am| pm|'s|'ll|'d|n't| I "
)
EDGES = [date(1, 1, 1), date(999, 12, 31), date(1000, 1, 1), date(1001, 3, 1), date(9998, 6, 1), date(9999, 12, 31)]


def pool() -> list[str]:
    """The texts that rows are made of."""
    texts: list[str] = []
    for name in TABLES:
        table = json.loads((HOUSE / "tests" / "conformance" / f"{name}.json").read_text("utf-8"))
        texts += [row[key] for row in table for key in ("text", "old", "new") if key in row]
    for file in sorted((HOUSE / "distill" / "corpus" / "natural").glob("*.txt")):
        lines = (line.split(": ", 1) for line in file.read_text("utf-8").splitlines() if line[:1] not in "=#+~-?")
        texts += [parts[1] for parts in lines if len(parts) == 2]
    return texts


def vocabulary() -> list[str]:
    """Words and expressions that the rules know."""
    lists = [list(entries) for entries in words().values()]
    lists += [entries for name, entries in read("rules.json")["lists"].items() if name != "twice"]
    lists += [entries[:12] for entries in read("tense.json").values()]
    steps = [
        f"{step} {noun}"
        for step in words()["step"]
        for noun in ("week", "month", "Friday", "May", "weekend", "Christmas")
    ]
    spans = [
        f"{count} {unit}" for count in ("two", "3", "a couple of", "half a", "twenty-five") for unit in words()["unit"]
    ]
    dates = [f"{day} {month}" for day in ("3", "the 21st of", "thirtieth", "30") for month in MONTHS]
    made = [
        "before last",
        "after next",
        "the next day",
        "two weeks later",
        "on the Sunday",
        "ago",
        "from now",
        "in",
        "since",
        "until",
    ]
    return [word for entries in [*lists, steps, spans, dates, made, made] for word in entries]


def day_of(dice: random.Random) -> date:
    if dice.random() < 0.04:
        return dice.choice(EDGES)
    return date(1996, 1, 1) + timedelta(days=dice.randrange(14000))


def moment_text(dice: random.Random) -> str:
    """A day and a clock as they are written, or nearly so."""
    day, month = day_of(dice), dice.choice([*words()["month"], *MONTHS])
    y, n = str(day.year).zfill(4), day.day + dice.choice([0, 0, 0, 0, 9])
    forms = [
        f"{y}-{day.month:02}-{n:02}",
        f"{y}/{day.month}/{n}",
        f"{n} {month}, {y}",
        f"{month} {n}th {y}",
        f"{n}.{day.month}.{y}",
    ]
    forms += [f"{day.month}/{n}/{y}", format_date(day), f"{day:%A}, {format_date(day)}", f"{n}th of {month}. {y}"]
    clock = dice.choice(
        ["", "", "13:56", "1:56 pm", "1 pm", "24:00", "T13:56:01.5+02:00", "7:05:09", "12:30am", "0:10 p.m.", "T08:15Z"]
    )
    if dice.random() < 0.3:
        return dice.choice(["", "1:56 pm on ", "12:30 am ", "7:05 PM, ", "13:00 pm on "]) + dice.choice(forms)
    joint = "" if clock[:1] == "T" else dice.choice([" ", " on ", ", ", " at ", "\u202f"])
    return joint.join(
        [clock, dice.choice(forms)] if dice.random() < 0.3 and clock[:1] != "T" else [dice.choice(forms), clock]
    )


def rows(seed: int, count: int) -> list[dict[str, Any]]:
    dice, texts, known = random.Random(seed), pool(), vocabulary()
    made: list[dict[str, Any]] = []
    for _ in range(count):
        if dice.random() < 0.2:
            text = moment_text(dice)
            changes = dice.choice([0, 0, 1, 2])
        elif dice.random() < 0.2:
            text = " ".join(dice.choice(known) for _ in range(dice.randrange(2, 14)))
            changes = dice.choice([0, 1, 2])
        else:
            text = dice.choice(JOINTS).join(dice.choice(texts) for _ in range(dice.choice([1, 1, 2, 3])))
            changes = dice.choice([0, 1, 2, 4, 8])
        text = cut(text, dice, LONGEST)
        for _ in range(changes):
            text = changed(text, dice, ODD, known)
        day, moment, session = day_of(dice), parse_moment(text), parse_session_date(text)
        made.append(
            {
                "day": day.isoformat(),
                "text": text,
                "right": annotate(text, day),
                "sentences": sentences(text),
                "moment": moment and moment.isoformat(),
                "session": session and session.isoformat(),
            }
        )
    return made


if __name__ == "__main__":
    main(rows)
