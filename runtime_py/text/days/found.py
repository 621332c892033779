"""A match of a rule, with what its meaning needs to know: the day, the words around, the direction in time."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from runtime_py.text.days.calendar import day_of
from runtime_py.text.days.rules import Rule, words
from runtime_py.text.days.tense import FUTURE, MAYBE, PAST, PRESENT, Tenses, words_of

_YEARS = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")
_AFTER = re.compile(r"[ \t\u00a0]*(?:([a-z\u00c0-\u024f]+(?:'[a-z]+)?)|(.)|$)", re.DOTALL)
_SIGNS = {PAST: -1, MAYBE: -1, FUTURE: 1, PRESENT: 1}
_FARTHER = {-1: (1, 3), 0: (2, 1), 1: (6, 1)}  # direction -> factors of days before and after today
_ENDING = re.compile(r"(?:st|nd|rd|th)$")


@dataclass(frozen=True)
class Found:
    """
    rule    that matched
    match   in `hidden`
    hidden  the text in small letters, protected places NUL
    text    as it was written
    today   the day it was said
    tenses  its verb forms
    earlier single days that the text has named before: (place, day, whether with its month)
    """

    rule: Rule
    match: re.Match[str]
    hidden: str
    text: str
    today: date
    tenses: Tenses
    earlier: tuple[tuple[int, date, bool], ...] = ()

    def has(self, name: str) -> bool:
        return name in self.match.re.groupindex and self.match[name] is not None

    def word(self, name: str) -> str:
        """What stands at `{name}`, with single spaces; "" where nothing does."""
        return " ".join(self.match[name].split()) if self.has(name) else ""

    def value(self, name: str, of: str = "") -> Any:
        """What it stands for, after the list of words `of` (by default the one of its name)."""
        return words()[of or name][self.word(name)]

    @property
    def said(self) -> str:
        """The expression as it was written."""
        return self.text[self.match.start() : self.match.end()]

    def tense(self, clause_only: bool = False) -> str:
        return self.tenses.at(self.match.start(), self.match.end(), clause_only)

    def is_habit(self) -> bool:
        """`always`, `every` in the clause: no single day is meant."""
        clause = self.tenses.clause_words(*self.match.span())
        never = "never" in clause and self.tense(clause_only=True) != PAST
        return never or bool(words_of("habit").intersection(clause))

    def month_before(self) -> int:
        """The month that the sentence, or the one before it, names without a day (`September, the 13th`), else 0."""
        sentence = self.tenses.sentence(self.match.start())
        months = words()["month"]
        for place, word in reversed(self.tenses.words_before(self.match.start())):
            if sentence - self.tenses.sentence(place) > 1:
                break
            if len(word) > 2 and word in months and "A" <= self.text[place] <= "Z":
                return int(months[word])
        return 0

    def is_near_year_end(self) -> bool:
        """Christmas or New Year in the sentence: the 22nd is not of the month that comes next."""
        return any(word in words_of("year_end") for word in self.tenses.sentence_words(*self.match.span()))

    def has_other_year(self) -> bool:
        """Another year in the sentence: `he died in 2017, on the ninth of June`."""
        around = self.hidden[max(0, self.match.start() - 80) : self.match.end() + 80]
        return any(int(year) != self.today.year for year in _YEARS.findall(around))

    def is_birth(self) -> bool:
        """`born`: of which year nobody knows."""
        return "born" in self.tenses.clause_words(*self.match.span())

    def is_followed_by_verb(self) -> bool:
        """`since June left`: a name."""
        after = _AFTER.match(self.hidden, self.match.end())
        return bool(after and after[1] and after[1] in words_of("past"))

    def is_planned(self) -> bool:
        """Past, future, or in the present a verb of plans (`starts`, `see you`); not what is always so."""
        tense, clause = self.tense(), self.tenses.clause_words(*self.match.span())
        endings = {end for word in clause for end in (word, word[-2:], word[-3:])}
        return tense != PRESENT or bool(words_of("schedule").intersection(endings))

    def direction(self, around: bool = False, clause_only: bool = False) -> int:
        """-1 to the past, 1 to the future, 0 where neither the words before it nor the verbs tell."""
        lead = self.word("lead")
        clause = self.tenses.clause_words(*self.match.span())
        if lead.startswith("since") or words_of("since").intersection(clause):
            return -1
        if lead in ("until", "till", "til"):
            mark = self.tenses.nearest(*self.match.span(), clause_only=True)
            return -1 if mark and mark.tense == PAST and mark.word not in words_of("giving") else 1
        if lead in ("by", "before", "for"):
            if lead == "for" and words_of("thanks").intersection(clause):
                return -1
            return 0 if self.tense(clause_only=True) == PAST and not words_of("plans").intersection(clause) else 1
        tense = self.tense(clause_only)
        if not tense and around:
            tense = self.tenses.around(self.match.start())
        return _SIGNS.get(tense, 0)

    def anchor(self, reach: int = 2, with_month: bool = False) -> date | None:
        """The last day that this sentence or one of the `reach` before it has named."""
        sentence = self.tenses.sentence(self.match.start())
        for place, day, has_month in reversed(self.earlier):
            if sentence - self.tenses.sentence(place) > reach:
                break
            if has_month or not with_month:
                return day
        return None

    def stands_free(self, words: str = "follow") -> bool:
        """No noun follows: the end, a mark, a number or one of the words of this list."""
        after = _AFTER.match(self.hidden, self.match.end())
        return after is None or not after[1] or after[1] in words_of(words)


@cache
def number_of(text: str) -> int:
    """`3`, `3rd`, `third`, `twenty five`, `a couple of`.

    Raises KeyError where it is no number.
    """
    text = " ".join(text.split())
    bare = _ENDING.sub("", text)
    if bare.isascii() and bare.isdigit():
        return int(bare)
    for name in ("small", "ordinal", "tens"):
        if text in words()[name]:
            return int(words()[name][text])
    tens, ones = text.replace("-", " ").split(" ", 1)
    return int(words()["tens"][tens] + words()["small"][ones])


def nearest(found: Found, days: list[date | None]) -> date | None:
    """Of `days` the likeliest: what lies against the tense counts as farther away (`_FARTHER`), for a verb may belong
    to something else (`I registered for a race on 5 April`); after `since`, `until`, `by` only one side is possible.
    """
    lead, direction = found.word("lead"), found.direction(clause_only=True)
    if direction < 0 and words_of("plans").intersection(found.tenses.sentence_words(*found.match.span())):
        direction = 0
    elif direction < 0 and found.tenses.touches(found.match.start()):
        lead = "since"
    behind, beyond = _FARTHER[direction]
    known = [day for day in days if day] if not found.has_other_year() else []
    if lead.startswith("since"):
        known = [day for day in known if day <= found.today]
    elif lead in ("until", "till", "til", "by") and direction > 0:
        known = [day for day in known if day >= found.today]
    away = {day: (day - found.today).days for day in known}
    return min(
        known, key=lambda day: (away[day] * beyond if away[day] >= 0 else -away[day] * behind, day), default=None
    )


def in_years(found: Found, month: int, day: int) -> list[date | None]:
    """This day of last, this and next year."""
    return [day_of(found.today.year + step, month, day) for step in (-1, 0, 1)]
