"""Relative dates of a text with the day they mean in brackets behind them: `I quit last Friday [1 May 2026]`."""

import re
from dataclasses import dataclass
from datetime import date

from runtime_py.text.dates import MONTHS
from runtime_py.text.days.calendar import OutsideError, read_day
from runtime_py.text.days.meanings import MEANINGS, Found
from runtime_py.text.days.protect import hide
from runtime_py.text.days.rules import Rule, rules
from runtime_py.text.days.tense import Tenses
from runtime_py.text.days.titles import is_title

_REACH = 40  # letters that a guard reads before or after
_MONTHS = "|".join(MONTHS)
_NOTE = re.compile(
    rf" \[(?:(?:the (?:week|weekend) of )?[0-9]{{1,2}} (?:{_MONTHS}) [0-9]{{4}}|(?:{_MONTHS}) [0-9]{{4}}|[0-9]{{4}})\]"
)


@dataclass(frozen=True)
class Expression:
    """Letters `start` to `end` of a text and what they mean.

    `1 May 2026`, `the week of 4 May 2026` (its Monday), `the weekend of 2 May 2026` (its Saturday), `May 2026`, `2026`.
    """

    start: int
    end: int
    meaning: str


def annotate(text: str, day: date | None) -> str:
    """`text` with ` [meaning]` behind each relative date, said on `day` (None: unchanged).

    An expression is resolved whole or left alone; what is in doubt is left alone. Links, addresses, tags, file names,
    titles and quotes are never read. Notes that stand there already stay and are not doubled, so that applied again
    nothing changes.
    """
    if day is None:
        return text
    plain, notes = _take_notes(text)
    for found in expressions(plain, day):
        notes.setdefault(found.end, f" [{found.meaning}]")
    out, done = [], 0
    for place in sorted(notes):
        out += [plain[done:place], notes[place]]
        done = place
    return "".join([*out, plain[done:]])


def expressions(text: str, day: date) -> list[Expression]:
    """The relative dates of `text` that are resolved, in order."""
    today = date(day.year, day.month, day.day)
    hidden = hide(text)
    tenses: Tenses | None = None
    resolved: list[Expression] = []
    days: list[tuple[int, date, bool]] = []
    for rule, match in _longest(hidden):
        if rule.meaning == "nothing" or not _is_free(rule, match, hidden) or is_title(text, *match.span()):
            continue
        tenses = tenses or Tenses(hidden, text)
        try:
            meaning = MEANINGS[rule.meaning](Found(rule, match, hidden, text, today, tenses, tuple(days[-4:])))
        except OutsideError:
            continue
        if meaning:
            resolved.append(Expression(*match.span(), meaning))
            named = read_day(meaning)
            if named and named != today:
                days.append((match.start(), named, "month" in match.re.groupindex))
    return resolved


def _longest(hidden: str) -> list[tuple[Rule, re.Match[str]]]:
    """Matches that do not overlap, in order: the longest win, then the first, then the earlier rule.

    One that is then left alone still keeps its place: no part of it is resolved.
    """
    matches = [
        (match.start() - match.end(), match.start(), order, rule, match)
        for order, rule in enumerate(rules())
        for match in rule.find.finditer(hidden)
    ]
    kept: list[tuple[Rule, re.Match[str]]] = []
    taken = bytearray(len(hidden))
    for _, start, _, rule, match in sorted(matches, key=lambda row: row[:3]):
        if not taken[start] and not taken[match.end() - 1]:  # none that is kept is shorter, so none lies between
            taken[start : match.end()] = b"\1" * (match.end() - start)
            kept.append((rule, match))
    return sorted(kept, key=lambda row: row[1].start())


def _is_free(rule: Rule, match: re.Match[str], text: str) -> bool:
    before, after = text[max(0, match.start() - _REACH) : match.start()], text[match.end() : match.end() + _REACH]
    return not (rule.not_after and rule.not_after.search(before)) and not (
        rule.not_before and rule.not_before.search(after)
    )


def _take_notes(text: str) -> tuple[str, dict[int, str]]:
    """`text` without the notes it has, and place -> note."""
    notes: dict[int, str] = {}
    out, done, length = [], 0, 0
    for match in _NOTE.finditer(text):
        out.append(text[done : match.start()])
        length += match.start() - done
        notes[length] = notes.get(length, "") + match[0]
        done = match.end()
    return "".join([*out, text[done:]]), notes
