"""Days and clocks in front of a message, as chat programs write them in their users' languages.

| program | line |
|---|---|
| WhatsApp, Android | `12/05/2023, 13:56 - Ann: hi`, `5/12/23, 1:56 PM - ..`, `2023-05-12 13:56 - ` |
| WhatsApp, iOS | `[12.05.23, 13:56:12] Ann: hi`, `[5/12/23, 1:56:12 PM] ..` |
| Signal exporters | `[2023-05-12 13:56] Ann: hi` |
| Telegram, copied | `Ann, [12.05.2023 13:56]`, the text in the lines below |
| anybody | `2023-05-12 Ann: hi`, `12 May 2023, 13:56 - Ann: hi` |
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from runtime_py.errors import ConfigError
from runtime_py.text import parse_moment

MARKS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
"""What only directs how a line is drawn; programs put it in front of names and placeholders."""

_DATE = r"(?P<a>\d{1,4})(?P<sign>[./-]) ?(?P<b>\d{1,2})(?P=sign) ?(?P<c>\d{4}|\d{2})(?!\d)\.?"
_CLOCK = r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.]\d{2})?(?!\d)(?: ?(?P<half>[ap])\.? ?m(?![a-z])\.?)?"
_NUMERIC = rf"{_DATE}(?:,? (?:(?:um|klo|kl\.|at|à|às|alle) )?{_CLOCK})?"
_WHOLE = re.compile(_NUMERIC, re.IGNORECASE | re.ASCII)
_BRACKETED = re.compile(r"\[([^\[\]]{6,40})\] ?(.*)")
_DASHED = re.compile(r"(.{6,40}?) [-–] (.*)")
_BARE = re.compile(rf"({_NUMERIC})[ ,:]+(?=[^\d\W])(.*)", re.IGNORECASE | re.ASCII)
_COPIED = re.compile(r"([^\[\]]{1,60}), \[([^\[\]]{6,40})\]:?(.*)")
_LIKE_ONE = re.compile(r"(?<!\d)(?:\d{1,4}[./-] ?\d{1,2}[./-] ?\d{1,4}|\d{1,2}[:.]\d{2})(?!\d)", re.ASCII)


@dataclass(frozen=True)
class Stamp:
    """A day and perhaps a clock (HH:MM); `parts` are the three numbers of a day whose order is not told by itself."""

    day: date | None
    clock: str | None
    parts: tuple[int, int, int] | None = None


@dataclass(frozen=True)
class Stamped:
    """A line that begins with a stamp, or holds nothing else; `name` where the line's form says it."""

    stamp: Stamp
    rest: str
    name: str | None = None


def read_stamp(text: str) -> Stamp | None:
    """The stamp that `text` is; None if it is none. Raises `ValueError` for a day or clock that does not exist."""
    match = _WHOLE.fullmatch(text)
    if match is None:
        moment = parse_moment(text)
        clock = moment.strftime("%H:%M") if moment and re.search(r"\d[:.]\d|\d ?[ap]m", text.lower()) else None
        return Stamp(moment.date(), clock) if moment else None
    first, second, third = (int(match[name]) for name in "abc")
    clock = _clock(match)
    if len(match["a"]) == 4:
        return Stamp(date(first, second, third), clock)
    if len(match["a"]) > 2:
        return None
    year = third if len(match["c"]) == 4 else 2000 + third
    if match["sign"] == ".":
        return Stamp(date(year, second, first), clock)
    return Stamp(None, clock, (first, second, year))


def read_stamped(line: str) -> Stamped | None:
    """The stamp in front of `line`; None where there is none. Raises `ValueError` as `read_stamp`."""
    plain = re.sub(r"[\s\u00a0\u202f]", " ", line.strip(MARKS + " "))
    if (match := _BRACKETED.fullmatch(plain)) and (stamp := read_stamp(match[1].strip())):
        return Stamped(stamp, match[2])
    if (match := _COPIED.fullmatch(plain)) and (stamp := read_stamp(match[2].strip())):
        return Stamped(stamp, match[3].strip(), match[1])
    if (match := _DASHED.fullmatch(plain)) and (stamp := read_stamp(match[1])):
        return Stamped(stamp, match[2])
    if match := _BARE.fullmatch(plain):
        stamp = read_stamp(match[1])
        return Stamped(stamp, match[match.re.groups]) if stamp else None
    return None


def is_like_a_stamp(name: str) -> bool:
    """Whether `name` holds what looks like a date or a clock."""
    return _LIKE_ONE.search(name) is not None


def settle_days(stamps: Iterable[Stamp], day_first: bool | None, place: str) -> list[Stamp]:
    """`stamps` with their days: one order of day and month for the whole file, in which no number is above 12 and time
    does not run backwards. Where every day is told by itself nothing is settled.

    Raises:
        ConfigError: both orders would do, or none, and `day_first` does not say.
    """
    read = list(stamps)
    if not any(stamp.parts for stamp in read):
        return read
    orders = [order for order in (True, False) if _is_possible(read, order)]
    if day_first is not None:
        orders = [day_first]
    days = {tuple(_day(stamp, order) for stamp in read) for order in orders} if len(orders) == 2 else set()
    if len(orders) != 1 and len(days) != 1:
        first, second, year = next(stamp.parts for stamp in read if stamp.parts)
        raise ConfigError(
            f"{place}: expected dates of one meaning, got {first:02}/{second:02}/{year}, where day and month may be "
            "either; say --day-first or --month-first"
        )
    try:
        return [Stamp(_day(stamp, orders[0]), stamp.clock) for stamp in read]
    except ValueError as e:
        name = "day" if orders[0] else "month"
        raise ConfigError(f"{place}: expected dates with the {name} first, got another ({e}); correct the order") from e


def _is_possible(stamps: list[Stamp], day_first: bool) -> bool:
    try:
        days = [_day(stamp, day_first) for stamp in stamps]
    except ValueError:
        return False
    return days == sorted(days)


def _day(stamp: Stamp, day_first: bool) -> date:
    if stamp.parts is None:
        assert stamp.day is not None
        return stamp.day
    first, second, year = stamp.parts
    return date(year, second, first) if day_first else date(year, first, second)


def _clock(match: re.Match[str]) -> str | None:
    if match["hour"] is None:
        return None
    hour, minute = int(match["hour"]), int(match["minute"])
    if half := match["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(f"no clock has {match['hour']}:{match['minute']} {half}m")
        hour = hour % 12 + 12 * (half.lower() == "p")
    return datetime(2000, 1, 1, hour, minute).strftime("%H:%M")
