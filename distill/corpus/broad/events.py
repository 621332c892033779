"""What happens on a day (`events.toml`), and how the day is spoken of (`last Friday`) and written (`19 May 2023`)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from distill.corpus.phrases import Phrase, month_of, on_day, random_phrase, weekend_of

_NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten"}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Event:
    """`with_value`: the provider of {x}, empty for none. A `future` one may be called off, and asked after."""

    name: str
    fact: str
    fact_of: str
    say: tuple[str, ...]
    say_of: tuple[str, ...]
    ask: tuple[str, ...]
    ask_of: tuple[str, ...]
    cancel: tuple[str, ...] = ()
    cancel_of: tuple[str, ...] = ()
    still: tuple[str, ...] = ()
    still_of: tuple[str, ...] = ()
    with_value: str = ""
    future: bool = False


@cache
def all_events() -> Mapping[str, Event]:
    """All kinds of event by name."""
    tables: dict[str, dict[str, Any]] = tomllib.loads(
        (files("distill.corpus.broad") / "events.toml").read_text("utf-8")
    )
    return {name: _event(name, table) for name, table in tables.items()}


def _event(name: str, table: Mapping[str, Any]) -> Event:
    given: dict[str, Any] = {
        key: tuple(entry) if isinstance(entry, list) else entry for key, entry in table.items() if key != "with"
    }
    return Event(name=name, with_value=table.get("with", ""), **given)


def day_said(random: Random, today: date, future: bool, after: date | None = None) -> Phrase:
    """A day as one speaks of it today, and resolved; `after`: it must lie behind that day, and is exact."""
    sign = 1 if future else -1
    if after is not None:
        weeks = (after - today).days // 7 + random.randint(1, 3)
        day = today + timedelta(days=7 * weeks)
        if weeks in _NUMBERS and random.random() < 0.7:
            return Phrase(f"in {_NUMBERS[weeks]} weeks", on_day(day))
        day += timedelta(days=random.randint(0, 6))
        return Phrase(on_day(day), on_day(day))
    roll = random.random()
    if roll < 0.6:
        phrase = random_phrase(random, "future" if future else "past", today)
        return phrase if "year" not in phrase.spoken else day_said(random, today, future)
    if roll < 0.72:
        number = random.randint(2, 6)
        unit = random.choice(("week", "week", "month"))
        told = on_day(today + timedelta(days=7 * number * sign)) if unit == "week" else month_of(today, number * sign)
        spoken = f"{_NUMBERS[number]} {unit}s"
        return Phrase(f"in {spoken}" if future else f"{spoken} ago", told)
    if roll < 0.79:
        return Phrase("the day after tomorrow" if future else "the day before yesterday", on_day(_off(today, 2 * sign)))
    if roll < 0.86:
        return Phrase("today" if random.random() < 0.5 else ("tonight" if future else "this morning"), on_day(today))
    if roll < 0.93:
        return Phrase("next weekend" if future else "last weekend", weekend_of(today, sign))
    day = _off(today, sign * random.randint(2, 6))
    return Phrase(f"{'this coming' if future else 'this past'} {_DAYS[day.weekday()]}", on_day(day))


def _off(day: date, days: int) -> date:
    return day + timedelta(days=days)
