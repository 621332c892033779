"""Dates and clocks of a text, whatever way they are written: `1st of May` is `May 1`, `half past nine` `9:30`."""

import re
from dataclasses import dataclass

from runtime_py.memory.rules.english.numerals import NUMBERS, SMALL, digits
from runtime_py.memory.rules.english.words import table

_TABLE = table("grounding")
_MONTHS: dict[str, int] = {name: at for at, name in enumerate(_TABLE["months"].split(), 1)} | _TABLE["short_months"]
WEEKDAYS: dict[str, int] = {name: at for at, name in enumerate(_TABLE["weekdays"].split())} | _TABLE["short_days"]
"""Names and short forms of the days, Monday 0."""
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY = r"[0-9]{1,2}(?:st|nd|rd|th)?"
_YEAR = r"(?:19|20)[0-9]{2}"
_COUNT = "|".join(sorted(SMALL, key=len, reverse=True))
_DATES = tuple(
    re.compile(rf"(?<![^\W_]){pattern}(?![^\W_])", re.IGNORECASE)
    for pattern in (
        r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})",
        rf"(?P<first>{_DAY})(?: ?(?:and|to|&|-|\u2013) ?| until | till )"
        rf"(?P<day>{_DAY})(?: of)? (?P<name>{_MONTH})(?![^\W_])\.?(?:,? (?P<year>{_YEAR}))?",
        rf"(?P<day>{_DAY})(?: of)? (?P<name>{_MONTH})(?![^\W_])\.?(?:,? (?P<year>{_YEAR}))?",
        rf"(?P<name>{_MONTH})\.? (?:the )?(?P<day>{_DAY})(?![^\W_])(?:,? (?P<year>{_YEAR}))?",
        rf"(?P<name>{_MONTH})\.?,?(?: of)? (?P<year>{_YEAR})",
    )
)
_CLOCKS = tuple(
    re.compile(rf"(?<![^\W_.:]){pattern}(?![^\W_:])(?!-[^\W_])", re.IGNORECASE)
    for pattern in (
        r"(?P<hour>[01]?[0-9]|2[0-3])[:.](?P<minute>[0-5][0-9])(?: ?[ap]\.?m)?",
        r"(?P<hour>[01]?[0-9]|2[0-3])h(?P<minute>[0-5][0-9])?",
        r"(?P<hour>1?[0-9])(?P<minute>) ?(?:[ap]\.?m|o'clock)",
        rf"(?P<hour>{_COUNT})(?P<minute>) (?:[ap]\.?m|o'clock)",
        rf"(?P<before>half|quarter|twenty|ten|five|twenty[ -]five|[0-9]{{1,2}})(?: minutes)? "
        rf"(?P<side>past|to|after) (?P<hour>{_COUNT}|1?[0-9])",
        rf"(?P<before>half) (?P<hour>{_COUNT}|1?[0-9])",
        rf"(?P<hour>{_COUNT}) (?P<minute>fifteen|thirty|forty[ -]five|twenty|forty|fifty)",
    )
)


@dataclass(frozen=True)
class Clock:
    """A time of day: its place in the text, minutes after twelve (below 720), the numbers that it may be instead."""

    start: int
    end: int
    minutes: int
    numbers: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Date:
    """A date as written: its place in the text, and day, month and year, 0 where it has none."""

    start: int
    end: int
    day: int
    month: int
    year: int

    def within(self, other: "Date") -> bool:
        """Whether every part it has is the other's."""
        pairs = (self.day, other.day), (self.month, other.month), (self.year, other.year)
        return all(own in (0, others) for own, others in pairs)


def dates(text: str) -> list[Date]:
    """The dates of a text in order; of `1 and 2 May` both."""
    found: list[Date] = []
    taken: set[int] = set()
    for pattern in _DATES:
        for match in pattern.finditer(text):
            if _is_foreign(match[0]) or not taken.isdisjoint(range(match.start(), match.end())):
                continue
            taken.update(range(match.start(), match.end()))
            parts = match.groupdict()
            month = _MONTHS[parts["name"].lower()] if "name" in parts else int(parts["month"])
            year = int(parts.get("year") or 0)
            for day in (parts.get("first"), parts.get("day") or "0"):
                if day is not None:
                    value = int(re.sub(r"[^0-9]", "", day))
                    found.append(Date(match.start(), match.end(), value, month, year))
    return sorted(found, key=lambda date: date.start)


def clocks(text: str) -> list[Clock]:
    """The times of day that are written with minutes, `h` or `o'clock`, in order.

    `9.30` may be a number too, `five thirty` 530; `from ten to one` may be two.
    """
    found: dict[int, Clock] = {}
    for pattern in _CLOCKS:
        for match in pattern.finditer(text):
            if _is_foreign(match[0]):
                continue
            parts = match.groupdict()
            hour, minute = _value(parts["hour"]), _value(parts.get("minute") or "0")
            numbers = digits(match[0]) if re.search(r"[0-9]\.[0-9]", match[0]) else frozenset()
            if before := parts.get("before"):
                minute = {"half": 30, "quarter": 15}.get(before.lower()) or _value(before)
                if (parts.get("side") or "").lower() == "to":
                    is_span = text[max(0, match.start() - 5) : match.start()].lower() == "from "
                    numbers = frozenset([str(minute), str(hour)]) if is_span else frozenset()
                    minute = -minute
            elif pattern is _CLOCKS[-1]:
                numbers = frozenset([str(100 * hour + minute)])
            found.setdefault(match.start(), Clock(match.start(), match.end(), (60 * hour + minute) % 720, numbers))
    return [found[start] for start in sorted(found)]


def _is_foreign(found: str) -> bool:
    """Whether a month or number holds a letter that only case folding takes for an English one: `Augu\u017ft`."""
    return not found.replace("\u2013", "-").isascii()


def _value(word: str) -> int:
    if word.isdigit():
        return int(word)
    tens, _, unit = word.lower().replace("-", " ").partition(" ")
    return NUMBERS[tens] + (NUMBERS[unit] if unit else 0)
