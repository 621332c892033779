"""Days and moments as people and programs write them out, year included: headings, exports, fields of a file.

| date | clock, before or after it (`on`, `at` and commas between are read over) |
|---|---|
| `2023-05-08`, `2023/05/08`, `2023.05.08` | `13:56`, `13:56:01`, `T13:56:01.5+02:00` (the zone ignored) |
| `8 May 2023`, `8th of May, 2023`, `May 8, 2023`, `May 8th 2023` | `1:56 pm`, `1 pm`, `1:56PM` |
| `08.05.2023` (day first); `20/05/2023`, `05/20/2023` where one number is above 12 | |

A weekday may stand beside the date (`Friday, 12 May 2023`, `2023/05/20 (Sat)`) and must be its own. Two readings
(`08/05/2023`), a day that no calendar has, any word more: None.
"""

import re
from datetime import date, datetime, time

from runtime_py.text.days.rules import words

_MONTH = "|".join(sorted(words()["month"], key=len, reverse=True))
_WEEKDAY = "|".join(sorted(words()["weekday"], key=len, reverse=True))
_DAY = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>[0-9]{4})"
_DATES = tuple(
    re.compile(rf"(?<![0-9a-z]){pattern}(?![0-9a-z])")
    for pattern in (
        rf"{_YEAR}(?P<sign>[-/.])(?P<month>[0-9]{{1,2}})(?P=sign)(?P<day>[0-9]{{1,2}})",
        rf"{_DAY} (?:of )?(?P<name>{_MONTH})[.]?,? {_YEAR}",
        rf"(?P<name>{_MONTH})[.]? {_DAY},? {_YEAR}",
        rf"(?P<day>[0-9]{{1,2}})[.](?P<month>[0-9]{{1,2}})[.]{_YEAR}",
        rf"(?P<first>[0-9]{{1,2}})/(?P<second>[0-9]{{1,2}})/{_YEAR}",
    )
)
_CLOCKS = (
    re.compile(
        r"(?<![0-9:.])([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.][0-9]+)?)? ?(am|pm|a[.]m[.]|p[.]m[.])?(?![0-9a-z:])"
    ),
    re.compile(r"(?<![0-9:.])([0-9]{1,2})()() ?(am|pm)(?![0-9a-z])"),
)
_ZONE = re.compile(r"(?<=[0-9])(?:z|[+-][0-9]{2}:?[0-9]{2})$")
_NAMED = re.compile(rf"(?<![a-z])({_WEEKDAY})(?![a-z])[.]?")
_BETWEEN = re.compile(r"(?:on|at|the|,|\(|\)| |-|–|\|)*")


def parse_moment(text: str | None) -> datetime | None:
    """The day and the clock (midnight where none is written), without a zone; None where it is no single moment."""
    rest = " ".join((text or "").lower().split()).replace("\u202f", " ")
    rest = re.sub(r"(?<=[0-9])t(?=[0-9]{2}:)", " ", rest)
    rest = _ZONE.sub("", rest) if ":" in rest else rest
    for pattern in _DATES:
        match = pattern.search(rest)
        if match:
            break
    else:
        return None
    day = _day_of(match)
    rest = f"{rest[: match.start()]} {rest[match.end() :]}"
    named = _NAMED.search(rest)
    if day is None or (named and words()["weekday"][named[1]] != day.weekday()):
        return None
    rest = _NAMED.sub(" ", rest, count=1)
    clock: time | None = time()
    for pattern in _CLOCKS:
        if match := pattern.search(rest):
            clock = _clock_of(match)
            rest = f"{rest[: match.start()]} {rest[match.end() :]}"
            break
    if clock is None or not _BETWEEN.fullmatch(rest):
        return None
    return datetime.combine(day, clock)


def parse_day(text: str | None) -> date | None:
    """The day alone."""
    moment = parse_moment(text)
    return moment.date() if moment else None


def _day_of(match: re.Match[str]) -> date | None:
    parts = match.groupdict()
    if "first" in parts:
        first, second = int(parts["first"]), int(parts["second"])
        if (first > 12) == (second > 12) and first != second:
            return None
        month, number = (second, first) if first > 12 else (first, second)
    else:
        month = words()["month"][parts["name"]] if parts.get("name") else int(parts["month"])
        number = int(parts["day"])
    try:
        return date(int(parts["year"]), month, number)
    except ValueError:  # 31 June, month 13
        return None


def _clock_of(match: re.Match[str]) -> time | None:
    hour, minute, second = (int(part or 0) for part in match.groups()[:3])
    half = match[4]
    if half and not 1 <= hour <= 12:
        return None
    if half:
        hour = hour % 12 + 12 * half.startswith("p")
    return time(hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None
