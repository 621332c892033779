"""Weekdays, weeks and weekends."""

import re
from datetime import date

from runtime_py.text.days.calendar import (
    add_days,
    add_months,
    day_text,
    last_weekday,
    month_text,
    next_weekday,
    week_text,
    weekend_text,
    year_text,
)
from runtime_py.text.days.found import Found, in_years, nearest, number_of
from runtime_py.text.days.tense import PAST, words_of
from runtime_py.text.days.titles import word_after, word_before

_NAME_FOLLOWED_BY = ("is", "was", "has", "had", "will")
_CLOCK = re.compile(
    r",?[ \t]+(?:at[ \t]+[0-9]|(?:from[ \t]+)?[0-9]{1,2}(?:[.:h][0-9]{2}|[ \t]?(?:[ap][.]?m|o'clock|-|to|til|till)))"
)
_NUMBER = re.compile(r"[ \t]+([0-9]{1,2})(?![0-9:.h]|[ \t]?(?:[ap][.]?m|o'clock|-|to|til|till))")
_MEETS = re.compile(r"(?:see|meet|seeing|meeting|catch) (?:u|you|ya|him|her|them) $")
_REACH_DAYS = (45, 110)
_NEAR_DAYS = 300
_OPENING = 12  # letters: `Right, Sunday evening.` at the start of a diary's page is today


def fixed(found: Found) -> str | None:
    return day_text(add_days(found.today, found.value("fixed")))


def day_beside(found: Found) -> str | None:
    """`the day before yesterday`, `the day after tomorrow`; None for another day beside a known one."""
    sign, offset = (-1 if found.word("side") == "before" else 1), found.value("fixed")
    return day_text(add_days(found.today, offset + sign)) if offset == sign else None


def weekday(found: Found) -> str | None:
    """`on Friday`, `since Friday`, `Friday`: the nearest one before or after, never today."""
    options, wanted, today = found.rule.options, found.value("weekday"), found.today
    bare = bool(options.get("bare") or options.get("short"))
    if found.is_habit() or (bare and not _is_day(found)) or (options.get("short") and not _is_short_day(found)):
        return None
    if bare and wanted == today.weekday():
        return (
            day_text(today)
            if found.match.start() < _OPENING and found.tenses.sentence(found.match.start()) == 0
            else None
        )
    direction = found.direction(around=True)
    number = _NUMBER.match(found.hidden, found.match.end())
    other = number and _with_ordinal(found, int(number[1]), 31, 31)
    clock = _CLOCK.match(found.hidden, found.match.end()) or (number and int(number[1]) <= 12)
    if clock and not found.tense(clause_only=True):
        direction = 1  # `Wednesday at 4`: an appointment
    mark = found.tenses.nearest(*found.match.span())
    if bare and mark and mark.word in words_of("report") and found.tenses.touches(found.match.start()):
        direction = 1  # `he said Wednesday`
    if not direction and not found.tenses.opens(found.match.start()) and not found.tense():
        direction = 1  # `EEG on Friday`
    if not direction:
        return None
    day = next_weekday(today, wanted) if direction > 0 else last_weekday(today, wanted)
    if other and day.day != other.day:
        return None  # `Friday 12`: a clock or another Friday
    return day_text(day)


def _is_short_day(found: Found) -> bool:
    """`accepted sat!`, `see u sun!`, `sat 3pm`: a verb before it and the end or a mark after it, or a clock."""
    after = found.hidden[found.match.end() : found.match.end() + 1]
    if _CLOCK.match(found.hidden, found.match.end()):
        return True
    meets = _MEETS.search(found.hidden[max(0, found.match.start() - 20) : found.match.start()])
    return (bool(meets) or found.tenses.touches(found.match.start())) and after in (
        "",
        ".",
        "!",
        ",",
        ";",
        ")",
        "?",
        "\n",
    )


def _is_day(found: Found) -> bool:
    """A weekday without a preposition is no name and belongs to no noun."""
    if not found.stands_free():
        return False
    if not found.said[0].isupper():
        return True
    before, opens = word_before(found.text, found.match.start())
    after = word_after(found.text, found.match.end())
    if before[:1].isupper() and before not in ("I", "OK") and (not opens or after in _NAME_FOLLOWED_BY):
        return before.isupper() and len(before) > 1
    return not after[:1].isupper() or after.isupper() or after in ("I", "I'm", "I'll")


def weekday_step(found: Found) -> str | None:
    """`last`, `this`, `next Friday`, `Friday just gone`"""
    step = found.value("step") if found.has("step") else found.rule.options["step"]
    wanted, today = found.value("weekday"), found.today
    if step == 0 and found.word("weekday") == "sun":
        return None  # `this sun is hot`
    if step:
        return day_text(next_weekday(today, wanted) if step > 0 else last_weekday(today, wanted))
    if today.weekday() == wanted:
        return day_text(today)
    past = found.tenses.touches(found.match.start()) or (found.tense() == PAST and found.match.start() == 0)
    return day_text(last_weekday(today, wanted) if past else next_weekday(today, wanted))


def weekday_of_week(found: Found) -> str | None:
    """`Thursday of next week`"""
    monday = add_days(found.today, 7 * found.value("step") - found.today.weekday())
    return day_text(add_days(monday, found.value("weekday")))


def weekday_twice(found: Found) -> str | None:
    """`the Friday before last`, `Tuesday after next`, `Tuesday the week after next`"""
    sign = -1 if found.word("twice") == "before last" else 1
    wanted, today = found.value("weekday"), found.today
    if found.rule.options.get("weeks"):
        return day_text(add_days(today, 14 * sign - today.weekday() + wanted))
    return day_text(add_days(next_weekday(today, wanted) if sign > 0 else last_weekday(today, wanted), 7 * sign))


def _with_ordinal(found: Found, number: int, behind: int, beyond: int) -> date | None:
    """The nearest day, at most so many days behind and beyond, that is this weekday and has this number."""
    days = [add_days(found.today, step) for step in range(-behind, beyond + 1)]
    fitting: list[date | None] = [d for d in days if d.day == number and d.weekday() == found.value("weekday")]
    return nearest(found, fitting)


def weekday_ordinal(found: Found) -> str | None:
    """`the Saturday, the third`: the nearest day that is both."""
    day = _with_ordinal(found, number_of(found.word("ordinal")), *_REACH_DAYS)
    return day_text(day) if day else None


def weekday_date(found: Found) -> str | None:
    """`Tuesday 3 December`: only where the weekday agrees."""
    month, number = found.value("month"), number_of(found.word("number"))
    days = [day for day in in_years(found, month, number) if day and abs((day - found.today).days) < _NEAR_DAYS]
    day = nearest(found, [day for day in days if day.weekday() == found.value("weekday")])
    return day_text(day) if day else None


def weekend(found: Found) -> str | None:
    """`at the weekend`: the last one begun or the next one to come."""
    direction = found.direction(around=True)
    if not direction or found.is_habit() or not found.is_planned():
        return None
    day = found.today
    if direction < 0 and day.weekday() < 5:
        day = add_days(day, -7)
    return weekend_text(day)


def period(found: Found) -> str | None:
    """`last`, `this`, `next` with week, weekend, month, year"""
    step, name, today = found.value("step"), found.word("period"), found.today
    if name in ("year", "yr"):
        return year_text(today.year + step)
    if name in ("month", "mth"):
        return month_text(add_months(today.replace(day=1), step))
    if name in ("week", "wk"):
        return week_text(add_days(today, 7 * step))
    if found.word("step") in ("coming", "this coming"):
        step = 0 if today.weekday() < 5 else 1
    if step == 0 and today.weekday() < 4 and found.tense() == PAST:
        step = -1  # `this weekend was fun` on a Monday
    return weekend_text(add_days(today, 7 * step))


def twice(found: Found) -> str | None:
    """`the week after next`, `the weekend before last`"""
    sign = -1 if found.word("twice") == "before last" else 1
    name, today = found.word("period"), found.today
    if name in ("year", "yr"):
        return year_text(today.year + 2 * sign)
    if name in ("month", "mth"):
        return month_text(add_months(today.replace(day=1), 2 * sign))
    if name in ("week", "wk"):
        return week_text(add_days(today, 14 * sign))
    if sign > 0 and today.weekday() == 3:
        return None  # on a Thursday nobody knows
    return weekend_text(add_days(today, 7 if sign > 0 and today.weekday() < 3 else 14 * sign))
