"""Numbers, clocks and dates of a text, whatever way they are written: `half past nine` is `9:30`, `1st May` `May 1`."""

import re
from dataclasses import dataclass

from runtime_py.memory.rules.words import table

_TABLE = table("grounding")
_MONTHS: dict[str, int] = {name: at for at, name in enumerate(_TABLE["months"].split(), 1)} | _TABLE["short_months"]
WEEKDAYS: dict[str, int] = {name: at for at, name in enumerate(_TABLE["weekdays"].split())} | _TABLE["short_days"]
"""Names and short forms of the days, Monday 0."""
_SMALL = {name: at for at, name in enumerate(_TABLE["numbers"].split())}
_TENS = {name: 10 * at for at, name in enumerate(_TABLE["tens"].split(), 2)}
_ORDINALS = {name: at for at, name in enumerate(_TABLE["ordinals"].split())}
_ORDINALS |= {f"{name[:-1]}ieth": value for name, value in _TENS.items()}
_UNITS = {name: value for name, value in (_SMALL | _ORDINALS).items() if 0 < value < 10}
NUMBERS: dict[str, int] = _SMALL | _TENS | _ORDINALS | {"hundred": 100, "dozen": 12, "thousand": 1000}
"""Numbers as one word."""
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY = r"[0-9]{1,2}(?:st|nd|rd|th)?"
_YEAR = r"(?:19|20)[0-9]{2}"
_COUNT = "|".join(sorted(_SMALL, key=len, reverse=True))
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
    re.compile(rf"(?<![^\W_.:]){pattern}(?![^\W_])", re.IGNORECASE)
    for pattern in (
        r"(?P<hour>[01]?[0-9]|2[0-3])[:.](?P<minute>[0-5][0-9])(?: ?[ap]\.?m)?",
        r"(?P<hour>1?[0-9])(?P<minute>) ?(?:[ap]\.?m|o'clock)",
        rf"(?P<before>half|quarter|twenty|ten|five|twenty[ -]five|[0-9]{{1,2}})(?: minutes)? "
        rf"(?P<side>past|to|after) (?P<hour>{_COUNT}|1?[0-9])",
        rf"(?P<hour>{_COUNT}) (?P<minute>fifteen|thirty|forty[ -]five|ten|twenty|forty|fifty)",
    )
)
_DIGITS = re.compile(r"[0-9]+(?:[.,][0-9]+)*")


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
            if not taken.isdisjoint(range(match.start(), match.end())):
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


def clocks(text: str) -> list[tuple[int, int, int]]:
    """(start, end, minutes after twelve, below 720) of the times of day that are written with minutes or `o'clock`."""
    found: dict[int, tuple[int, int, int]] = {}
    for pattern in _CLOCKS:
        for match in pattern.finditer(text):
            parts = match.groupdict()
            hour, minute = _value(parts["hour"]), _value(parts.get("minute") or "0")
            if before := parts.get("before"):
                minute = {"half": 30, "quarter": 15}.get(before.lower()) or _value(before)
                minute = -minute if parts["side"].lower() == "to" else minute
            found.setdefault(match.start(), (match.start(), match.end(), (60 * hour + minute) % 720))
    return sorted(found.values())


def _value(word: str) -> int:
    if word.isdigit():
        return int(word)
    tens, _, unit = word.lower().replace("-", " ").partition(" ")
    return NUMBERS[tens] + (NUMBERS[unit] if unit else 0)


def digits(word: str) -> frozenset[str]:
    """What a number in digits may mean: `1,200` and `1.200` are 1200, the latter 1.2 too; `3rd` is 3."""
    match = _DIGITS.match(word)
    if not match:
        return frozenset()
    plain = match[0]
    values = {plain.replace(",", ".")}
    if re.fullmatch(r"[0-9]{1,3}(?:[.,][0-9]{3})+", plain):
        values.add(re.sub(r"[.,]", "", plain))
    scale = 1000 if word[match.end() :].lower() in ("k",) else 1
    return frozenset(_canonical(value, scale) for value in values)


def _canonical(value: str, scale: int) -> str:
    whole, _, rest = value.partition(".")
    rest = rest.rstrip("0") if "." not in rest else rest
    number = f"{int(whole)}.{rest}" if rest else str(int(whole))
    return number if scale == 1 else (str(int(float(number) * scale)) if rest.isdigit() or not rest else number)


def spoken(words: list[str]) -> tuple[int, int]:
    """(value, words read) of the number that a list of words in small letters begins with; (0, 0) where there is none.

    `twenty one` 21, `a hundred and twenty` 120, `two thousand` 2000, `twenty-first` (given as two words) 21.
    """
    value, read = _below_hundred(words)
    if not read and words[:1] == ["a"] and words[1:2] in (["hundred"], ["thousand"], ["dozen"]):
        value, read = 1, 1
    if not read:
        return (NUMBERS[words[0]], 1) if words and words[0] in NUMBERS else (0, 0)
    for name, scale in (("hundred", 100), ("thousand", 1000), ("dozen", 12)):
        if words[read : read + 1] == [name]:
            value, read = value * scale, read + 1
            skip = 1 if words[read : read + 1] == ["and"] else 0
            more, count = _below_hundred(words[read + skip :])
            if count and scale > 12:
                value, read = value + more, read + skip + count
            break
    return value, read


def _below_hundred(words: list[str]) -> tuple[int, int]:
    if not words or words[0] not in NUMBERS or NUMBERS[words[0]] >= 100:
        return 0, 0
    if words[0] in _TENS and words[1:2] and words[1] in _UNITS:
        return _TENS[words[0]] + _UNITS[words[1]], 2
    return (NUMBERS[words[0]], 1) if words[0] != "dozen" else (0, 0)
