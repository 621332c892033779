"""Made rows for the rules: lines of the tables and of the corpus joined, cut and changed, with this Python's answers.

`python -m tests.runtime_py.memory.rules.made SEED COUNT FILE` writes them; `tests/conformance/made_rules.json` is of
seed 1 and 300 rows. A longer run of the port: 20000 rows in a file of their own, then
`mvn -f android_demo/pom.xml -pl core test -Dtest=MadeRulesTest -Dmemlora.rows=FILE`.
"""

import json
import random
from pathlib import Path
from typing import Any

from runtime_py.memory import rules
from runtime_py.memory.rules.acts import is_question
from runtime_py.memory.rules.english import table
from runtime_py.operations.extract import Message
from tests.conformance.changes import changed, cut, main


def _parts(text: str) -> list[str]:
    return text.split("|")


HOUSE = Path(__file__).parents[4]
_LONGEST = 200  # letters of a text
_JOINTS = (
    " ",
    " ",
    "\n",
    ". ",
    "! ",
    "? ",
    ", ",
    "; ",
    " and ",
    " but ",
    ", and ",
    " - ",
    "\u2026 ",
    "  ",
    "\r\n",
    "\u2028",
)
_ODD = _parts(
    "\U0001f600|\U00020000|\U0001d7d8|\U0001d400|e\u0301|\u0315\u0327|\u0345|\u00df|\u0130|\u0131|\u017f|\u212a|"
    "\u00c5sa|\u01c5|Zo\u00eb|\u0416\u0435\u043d\u044f|\u03a3\u03c2|\u0915\u093f|\u4eac\u3002|\u061f|\uff1f|"
    "\u0664|\uff11|\u00b2|\u2167|\u00bd|\x1c|\x85|\u200b|\u00a0|\u3000|\"|'|\u2019|\u2018|\u201c|\u201d|\u00ab|"
    "\u00bb|`|(|)|[|]|>|/|@|a@b.c|#|_|-|\u2013|:|;|,|.|!|?|?!|...|www.x.org|https://x.org/a?b|$3.50|\u20ac20|"
    "\u00a35|1.|e.g. |a.m.| [5 May 2023]| [May 2023]|7|12|0810|2017|2nd|13th|12k|1,200|2.50|9.30|9:45|21:30|17h|"
    "4-8-1-5|'85| am| pm|'s|s'|'ll|'d|n't|I|I'm|I've|i|my|My|me|mine|we|We|we're|ill|id|The user|the user's|"
    "the user|Tom|Tom's|Ana|Will|May"
)
_WORDS = _parts(
    "never|not|no longer|just|now|also|and|but|or|so|because|instead of|rather than|moved to|moved from|sold|"
    "left|quit|cancelled|stopped|gave up|broke up with|is off|fell through|died|works at|works as|lives in|likes|"
    "hates|married|divorced|is|was|will|has|had|does|did|another|too|old|before|first|still|remember that|"
    "forget that|please|tell me|do you know|, right?|, isn't it|what a|how about|wrote:|> |Fwd: |From: a@b|"
    "half past nine|ten to one|five thirty|a hundred and twenty|two and a half|two two seven|double zero six|"
    "one eighty five|a dozen|three grand|twenty-first|1 and 2 May|1st of May|May 3, 2026|2026-05-03|Friday|fri|"
    "sun|one|second|from ten to one|World War I|Henry|oh my|My Fair Lady|my wife and I|Bought|Can't|Allergic|"
    "Going|Been|Not a fan|like"
)
_SPEAKERS = (
    "",
    "",
    "Tom",
    "Ana",
    "me",
    "assistant",
    "\u00e9mile",
    "\u00df\u00f6hm",
    " Jo ",
    "Will",
    "May",
    "Anne-Marie",
    "C++",
    "\U0001d400x",
    "O\u2019Hara",
)


def pool() -> tuple[list[str], list[tuple[str, str]]]:
    """The texts that rows are made of, and pairs of an old fact and a new one; half of both are of the tables."""
    texts: list[str] = []
    lines: list[str] = []
    pairs: list[tuple[str, str]] = []
    told: list[tuple[str, str]] = []
    line_before = ""
    for name in (
        "speech_acts",
        "names",
        "relations",
        "remaining",
        "past_questions",
        "plain",
        "quoted",
        "person",
        "grounding",
    ):
        for row in json.loads((HOUSE / "tests" / "conformance" / f"{name}.json").read_text("utf-8")):
            texts += [row[key] for key in ("text", "old", "new", "memory", "fact", "right") if key in row]
            texts += row.get("said", [])
            pairs += [(row[old], row[new]) for old, new in (("old", "new"), ("memory", "fact")) if old in row]
    for file in sorted((HOUSE / "distill" / "corpus" / "natural").glob("*.txt")):
        for line in file.read_text("utf-8").splitlines():
            new, _, old = line[2:].partition(" << ")
            if line[:2] == "~ ":
                told.append((old, new))
            elif line[:2] == "- ":
                told.append((new, line_before))
            elif line[:2] == "+ ":
                lines.append(new)
            elif line[:1] not in "=#?" and ": " in line:
                speaker, _, said = line.partition(": ")
                lines.append(said)
                line_before = rules.third_person(said, speaker)
    return texts * (len(lines) // len(texts)) + lines, pairs * (len(told) // len(pairs)) + told


def vocabulary() -> list[str]:
    """Words that the rules know."""
    lists = [table("words")[name].split() for name in table("words") if isinstance(table("words")[name], str)]
    forms = [form for forms in table("words")["irregular"].values() for form in forms.split()]
    meanings = [word for row in table("grounding")["same"] for word in row.split()]
    return [*_WORDS, *_WORDS, *forms[::3], *meanings[::2], *(word for words in lists for word in words[:40])]


class Maker:
    """Texts by chance."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.texts, self.pairs = pool()
        self.known = vocabulary()

    def text(self, most: int = 3) -> str:
        dice = self.dice
        text = f"{dice.choice(_SPEAKERS[2:])} " if dice.random() < 0.1 else ""
        text += dice.choice(_JOINTS).join(dice.choice(self.texts) for _ in range(dice.randint(1, most)))
        text = cut(text, dice, _LONGEST)
        return self.changed(text, dice.choice((0, 0, 1, 2, 4, 7)))

    def changed(self, text: str, times: int) -> str:
        for _ in range(times):
            text = changed(text, self.dice, _ODD, self.known)
        return text

    def pair(self) -> tuple[str, str]:
        """An old memory and a new fact: a pair, halves of two, or one fact and itself in other words."""
        dice = self.dice
        old, new = dice.choice(self.pairs)
        if dice.random() < 0.2:
            new = dice.choice(self.pairs)[1]
        elif dice.random() < 0.15:
            new = self.changed(old, dice.randint(1, 3))
        if dice.random() < 0.3:
            other = dice.choice(self.texts)
            old = dice.choice((f"{old}. {other}", f"{other} {old}", f"{old}. She {other}"))
        return self.changed(old, dice.choice((0, 0, 0, 1, 2))), self.changed(new, dice.choice((0, 0, 0, 1, 2)))

    def row(self) -> dict[str, Any]:
        dice = self.dice
        old, new = self.pair()
        text = self.text()
        told = [text, self.text(2), old][: dice.randint(1, 3)]
        fact = dice.choice((new, old, self.text(1), self.changed(text[:120], 2)))
        asked = {
            "text": text,
            "speaker": dice.choice(_SPEAKERS),
            "speakers": [
                "Tom",
                "Will",
                *dice.sample([speaker for speaker in _SPEAKERS if speaker not in ("", "Tom", "Will")], 3),
            ],
            "old": old,
            "new": new,
            "fact": fact,
            "said": told,
            "known": [dice.choice(_SPEAKERS)],
            "memories": [old, *(dice.choice(self.pairs)[0] for _ in range(dice.randrange(2)))],
        }
        return asked | {"answers": answers(asked)}


def answers(row: dict[str, Any]) -> dict[str, Any]:
    """What every rule says to a row."""
    text, said, fact = row["text"], row["said"], row["fact"]
    line = rules.read_line(text)
    messages = [Message("user", row["speaker"], text), *(Message("assistant", "", told) for told in said[1:])]
    parts = rules.parts_said(messages)
    changes = rules.decide_changes(row["memories"], [row["new"], fact])
    return {
        "line": [line.said, line.asked, line.forget],
        "question": is_question(text),
        "named": sorted(rules.named(text, row["speakers"])),
        "told_of": rules.told_of(text, row["speaker"], fact, row["speakers"][0], row["speakers"]),
        "of_self": rules.told_of_self(text, row["speaker"], fact, row["speakers"]),
        "without_names": rules.without_names(text, row["speakers"]),
        "alone": rules.stands_alone(text),
        "past": rules.asks_of_the_past(text),
        "plain": rules.is_plain_statement(text),
        "own": rules.own_words(text),
        "person": rules.third_person(text, row["speaker"]),
        "relation": rules.compare(row["old"], row["new"]),
        "remaining": rules.remaining(row["old"], row["new"]),
        "changes": [[event.id, event.text, event.event] for event in changes],
        "ungrounded": rules.ungrounded(fact, said, row["known"]),
        "grounded": rules.grounded_sentence(fact, said),
        "plain_fact": rules.without_notes(fact),
        "subject": rules.subject(fact),
        "words": sorted(rules.content_words(fact)),
        "source": rules.fact_source(fact, parts),
        "parts": [[source, len(words)] for source, words in parts],
        "says": rules.says(row["new"], row["old"]),
        "after": rules.source_after(row["old"], "imported", [row["new"], fact], parts),
    }


def rows(seed: int, count: int) -> list[dict[str, Any]]:
    """`count` rows, the same for a seed on every machine."""
    maker = Maker(seed)
    return [maker.row() for _ in range(count)]


if __name__ == "__main__":
    main(rows)
