"""Days of a month, months, seasons and feasts, without their year."""

from dataclasses import replace
from datetime import date

from runtime_py.text.days.calendar import (
    add_days,
    add_months,
    day_in,
    day_of,
    day_text,
    easter,
    last_weekday,
    month_text,
    next_weekday,
    nth_weekday,
    week_text,
    weekend_text,
    year_text,
)
from runtime_py.text.days.found import Found, in_years, nearest, number_of
from runtime_py.text.days.spans import read_span
from runtime_py.text.days.tense import MAYBE, PAST

_NEWBORN_DAYS = 60


def _is_may(found: Found) -> bool:
    """`may` and `march` in small letters are verbs where only a number stands beside them."""
    return found.word("month") in ("may", "march") and found.word("month") in found.said


def _text(day: date | None) -> str | None:
    return day_text(day) if day else None


def _day(found: Found) -> date | None:
    return nearest(found, in_years(found, found.value("month"), number_of(found.word("number"))))


def date_of(found: Found) -> str | None:
    """`3 May`, `May 3rd`, `the third of May`"""
    number = found.word("number")
    if number.isdigit():
        if _is_may(found) and " of " not in found.match[0]:
            return None
        if found.match[0].rstrip().endswith(number) and not found.stands_free():
            return None  # `in March 20 people came`
    day = _day(found)
    if day and found.is_birth() and not 0 <= (found.today - day).days < _NEWBORN_DAYS:
        return None
    return _text(day)


def date_of_step(found: Found) -> str | None:
    """`the thirtieth of June next year`"""
    year = found.today.year + found.value("step")
    day = day_of(year, found.value("month"), number_of(found.word("number")))
    return _text(day)


def week_of_date(found: Found) -> str | None:
    day = _day(found)
    return week_text(day) if day else None


def ordinal(found: Found) -> str | None:
    """`the 18th`: in the month that was just named, else nearest in the direction of the verbs."""
    if not found.stands_free() or found.is_habit():
        return None
    number, today, anchor = number_of(found.word("ordinal")), found.today, found.anchor(with_month=True)
    late = anchor is not None and number < anchor.day and found.direction(clause_only=True) > 0
    if late and found.word("lead") not in ("until", "till", "til") and found.anchor(reach=0, with_month=True):
        return None  # `I fly on the 27th of December, back on the ninth`: of which month?
    if anchor and (not late or found.anchor(reach=0, with_month=True)):
        month = add_months(anchor.replace(day=1), 1 if late else 0)
        day = day_of(month.year, month.month, number)
        return _text(day)
    if wanted := found.month_before():
        return _text(nearest(found, in_years(found, wanted, number)))
    if found.is_near_year_end():
        return None
    direction = _side(found)
    for step in (0, 1, 2):
        month = add_months(today.replace(day=1), step * direction)
        day = day_of(month.year, month.month, number)
        if direction and day and (day < today if direction < 0 else day > today):
            return day_text(day)
    return None


def _side(found: Found) -> int:
    """The direction of the clause, else of the sentence where all its verbs agree; where none stands there, of the
    sentence before if the day opens its own (`I passed! On the 3rd.`), else ahead (`first scan on the 27th`).
    """
    direction = found.direction(clause_only=True)
    tenses = found.tenses.all_of_sentence(found.match.start())
    if direction or found.word("lead").startswith("since"):
        return direction
    if tenses:
        return -1 if tenses <= {PAST, MAYBE} else 0 if PAST in tenses else 1
    if found.tenses.opens(found.match.start()):
        return found.direction(around=True) or 1
    return 1


def ordinal_of_step(found: Found) -> str | None:
    """`the 19th of this month`"""
    month = add_months(found.today.replace(day=1), found.value("step"))
    day = day_of(month.year, month.month, number_of(found.word("number")))
    return _text(day)


def nth_weekday_of(found: Found) -> str | None:
    """`the second Saturday of April`, `the first Monday of next month`"""
    place, wanted = found.value("place"), found.value("weekday")
    if found.has("step"):
        month = add_months(found.today.replace(day=1), found.value("step"))
        day = nth_weekday(month.year, month.month, place, wanted)
    else:
        years = (found.today.year + step for step in (-1, 0, 1))
        day = nearest(found, [nth_weekday(year, found.value("month"), place, wanted) for year in years])
    return _text(day)


def nth_weekend(found: Found) -> str | None:
    years = (found.today.year + step for step in (-1, 0, 1))
    day = nearest(found, [nth_weekday(year, found.value("month"), found.value("place"), 5) for year in years])
    return weekend_text(day) if day else None


def last_day(found: Found) -> str | None:
    """`the last day of February`"""
    firsts = [day_in(found.today.year + step, found.value("month"), 1) for step in (-1, 0, 1)]
    day = nearest(found, [add_days(add_months(first, 1), -1) for first in firsts])
    return _text(day)


def month(found: Found) -> str | None:
    """`in May`, `since March`, `late October`; None for the month that it is."""
    wanted, today = found.value("month"), found.today
    if wanted == today.month and "end of" in found.match[0]:
        return month_text(today)
    if found.word("lead") in ("in", "during", "back in") and not found.is_planned():
        return None
    if found.is_habit() or wanted == today.month or found.is_followed_by_verb():
        return None
    middle = today.replace(day=15)
    day = nearest(replace(found, today=middle), [day_in(today.year + step, wanted, 15) for step in (-1, 0, 1)])
    return month_text(day) if day else None


def _month(today: date, wanted: int, direction: int) -> date:
    away = (wanted - today.month) % 12 if direction > 0 else -((today.month - wanted) % 12)
    return add_months(today.replace(day=1), away or 12 * direction)


def month_step(found: Found) -> str | None:
    """`last May`, `next May`; None where it is so near that another year may be meant."""
    wanted, today, step = found.value("month"), found.today, found.value("step")
    if _is_may(found):
        return None
    if not step:
        return month_text(day_in(today.year, wanted, 1))
    resolved = _month(today, wanted, step)
    near = resolved.year == today.year and abs(resolved.month - today.month) <= 2
    return None if near or wanted == today.month else month_text(resolved)


def month_of_step(found: Found) -> str | None:
    """`in May last year`"""
    return month_text(day_in(found.today.year + found.value("step"), found.value("month"), 1))


def time_last_year(found: Found) -> str | None:
    """`this time last year`"""
    step = found.value("step")
    return month_text(add_months(found.today, 12 * step)) if step else None


def end_of_month(found: Found) -> str | None:
    return None if found.is_habit() else month_text(found.today)


def season(found: Found) -> str | None:
    """Of the northern half; the year alone. None where two years may be meant, and for winter, which has two."""
    first, final = found.value("season")
    step, today = found.value("step"), found.today
    if (step < 0 and today.month > final) or (step > 0 and today.month < first):
        return None
    return year_text(today.year + step)


def christmas(found: Found) -> str | None:
    """`last Christmas`: the month, for days are many."""
    today = found.today
    step = found.value("step") if found.has("step") else 0
    over = today >= day_in(today.year, 12, 25)
    if not found.has("step"):
        said = found.match[0].split()[0]
        step = {"since": -1, "by": 1, "until": 1, "till": 1, "til": 1}.get(said, found.direction())
        if not step:
            return None
    year = today.year + (0 if (step < 0) == over or step == 0 else step)
    return month_text(day_in(year, 12, 1))


def easter_of(found: Found) -> str | None:
    """`at Easter`: its weekend."""
    today = found.today
    step = found.value("step") if found.has("step") else 0
    if not found.has("step"):
        said = found.match[0].split()[0]
        step = {"since": -1, "by": 1, "until": 1, "till": 1}.get(said, found.direction())
        if not step:
            return None
    days = [easter(today.year + years) for years in (-1, 0, 1)]
    if step:
        days = [day for day in days if (day < today if step < 0 else day > today)]
    return weekend_text(add_days(days[-1] if step < 0 else days[0] if step else days[1], -1))


def _feasts(found: Found, name: str = "feast") -> list[date | None]:
    month, day = found.value(name, "feast")
    if month:
        return in_years(found, month, day)
    return [add_days(easter(found.today.year + step), day) for step in (-1, 0, 1)]


def feast(found: Found) -> str | None:
    """`on Christmas Eve`; None where no verb tells which."""
    if not found.direction() or found.is_habit():
        return None
    day = nearest(found, _feasts(found))
    return _text(day)


def feast_next(found: Found) -> str | None:
    """`the day before Christmas Eve`"""
    offset = -1 if found.word("side") == "day before" else 1
    day = nearest(found, [add_days(day, offset) for day in _feasts(found) if day])
    return _text(day)


def weekday_near_feast(found: Found) -> str | None:
    """`the Wednesday after Easter`"""
    wanted = found.value("weekday")
    years = [found.today.year + step for step in (-1, 0, 1)]
    feasts = [easter(year) if found.word("near") == "easter" else day_in(year, 12, 25) for year in years]
    after = found.word("side") == "after"
    day = nearest(found, [next_weekday(f, wanted) if after else last_weekday(f, wanted) for f in feasts])
    return _text(day)


def beside_anchor(found: Found) -> str | None:
    """After a day that was named: `the next day`, `two days later`, `on the Sunday`, `the Friday before`."""
    anchor, kind = found.anchor(), found.rule.options["kind"]
    if anchor is None or not found.stands_free("anchored"):
        return None
    if kind == "day":
        return day_text(add_days(anchor, found.rule.options["step"]))
    if kind == "span":
        span = read_span(found.word("span"))
        return day_text(span.shift(anchor, 1)) if span and not span.months else None
    wanted = found.value("weekday")
    if kind == "week":
        return day_text(add_days(anchor, 7 - anchor.weekday() + wanted))
    if kind == "same" and anchor.weekday() == wanted:
        return day_text(anchor)  # `two weeks from now, on the Tuesday`
    return day_text(last_weekday(anchor, wanted) if found.rule.options["step"] < 0 else next_weekday(anchor, wanted))
