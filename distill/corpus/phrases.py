"""Date phrases of the oracle: how a day is spoken of in a session, and the absolute phrase it stands for.

Derived from day ordinals and month counts, apart from `runtime_py.text.days`, so that a test can compare the two.
"""

from dataclasses import dataclass
from datetime import date
from random import Random

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}


@dataclass(frozen=True)
class Phrase:
    """A date phrase with its preposition: as `spoken` in the session and `resolved` to an absolute one."""

    spoken: str
    resolved: str


def on_day(day: date) -> str:
    """`on 5 May 2023`."""
    return f"on {long_date(day)}"


def long_date(day: date) -> str:
    """`5 May 2023`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def week_of(day: date) -> str:
    """`in the week of 1 May 2023`: the Monday of that day's week."""
    return f"in the week of {long_date(date.fromordinal(day.toordinal() - day.weekday()))}"


def month_of(day: date, shift: int = 0) -> str:
    """`in April 2023`, `shift` months away from that day's month."""
    count = day.year * 12 + day.month - 1 + shift
    return f"in {_MONTHS[count % 12]} {count // 12}"


def _moved(day: date, days: int) -> date:
    return date.fromordinal(day.toordinal() + days)


def random_day(random: Random) -> date:
    """A day from 2018 to 2026."""
    return date.fromordinal(random.randint(date(2018, 1, 1).toordinal(), date(2026, 12, 31).toordinal()))


def random_phrase(random: Random, time: str, today: date) -> Phrase:
    """A phrase for a day in the `past` or `future` of `today`."""
    sign = -1 if time == "past" else 1
    word = "last" if time == "past" else "next"
    roll = random.random()
    if roll < 0.12:
        absolute = on_day(_moved(today, sign * random.randint(1, 200)))
        return Phrase(absolute, absolute)
    if roll < 0.40:
        days = sign * random.randint(1, 7)
        day = _moved(today, days)
        return Phrase(f"{word} {_WEEKDAYS[day.weekday()]}", on_day(day))
    if roll < 0.47:
        return Phrase("yesterday" if sign < 0 else "tomorrow", on_day(_moved(today, sign)))
    if roll < 0.56:
        number = random.randint(2, 6)
        spoken = f"{number if random.random() < 0.5 else _NUMBERS[number]} days"
        return Phrase(f"{spoken} ago" if sign < 0 else f"in {spoken}", on_day(_moved(today, sign * number)))
    if roll < 0.70:
        if random.random() < 0.2:
            return Phrase("this week", week_of(today))
        return Phrase(f"{word} week", week_of(_moved(today, 7 * sign)))
    if roll < 0.86:
        if random.random() < 0.2:
            return Phrase("this month", month_of(today))
        return Phrase(f"{word} month", month_of(today, sign))
    if random.random() < 0.2:
        return Phrase("this year", f"in {today.year}")
    return Phrase(f"{word} year", f"in {today.year + sign}")


def weekend_of(day: date, weeks: int) -> str:
    """`on the weekend of 6 May 2023`: the Saturday of the week that is `weeks` away."""
    return f"on the weekend of {long_date(_moved(day, 7 * weeks + 5 - day.weekday()))}"
