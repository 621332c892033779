"""`two years and three months ago`, `in a fortnight`, `a week on Tuesday`: a number of units from a day."""

import re
from dataclasses import dataclass
from datetime import date

from runtime_py.text.days.calendar import (
    add_days,
    add_months,
    day_text,
    last_weekday,
    month_text,
    next_weekday,
    week_text,
    year_text,
)
from runtime_py.text.days.found import Found, number_of
from runtime_py.text.days.rules import words
from runtime_py.text.days.tense import FUTURE, PAST, PRESENT, words_of

_ABOUT = re.compile(r"(?:^|[^a-z])(?:about|around|roughly|like|maybe|some|approx|circa|say)[ ]+$")
_MONTHS = {"month": 1, "year": 12}
_DAYS = {"day": 1, "week": 7, "fortnight": 14}


@dataclass(frozen=True)
class Span:
    """A length of time and its smallest unit: day, week, month or year."""

    months: int
    days: int
    unit: str

    def shift(self, day: date, sign: int) -> date:
        return add_days(add_months(day, sign * self.months), sign * self.days)


def read_span(text: str) -> Span | None:
    """`half a year`, `a year and a half`, `1 1/2 years`, `2 years and 3 months`; None for half of another unit."""
    kinds = words()["unit"]
    unit_words = [word for word in text.replace(",", " ").split() if word in kinds]
    units = [kinds[word] for word in unit_words]
    rest = text.replace(",", " ")
    half = "half" in text or "1/2" in text
    if half:
        if units != ["year"]:
            return None
        rest = rest.replace("and a half", " ").replace("1/2", " ")
        whole = 0 if text.startswith("half") else number_of(" ".join(w for w in rest.split() if w not in kinds))
        return Span(12 * whole + 6, 0, "month")
    months = days = 0
    counts = re.split("|".join(rf"\b{word}\b" for word in unit_words), rest)
    for count, unit in zip(counts, units, strict=False):
        amount = number_of(" ".join(word for word in count.split() if word != "and") or "a")
        months += amount * _MONTHS.get(unit, 0)
        days += amount * _DAYS.get(unit, 0)
    return Span(months, days, "week" if units[-1] == "fortnight" else units[-1])


def _in_unit(day: date, unit: str, found: Found) -> str:
    """A day for days and weeks; a week where it is said loosely (`a couple of weeks`, `in two weeks' time`)."""
    if unit == "year":
        return year_text(day.year)
    loose = "couple" in found.match[0] or "time" in found.match[0]
    return month_text(day) if unit == "month" else week_text(day) if unit == "week" and loose else day_text(day)


def ago(found: Found) -> str | None:
    span = read_span(found.word("span")) if found.has("span") else None
    before = found.hidden[max(0, found.match.start() - 12) : found.match.start()]
    if span is None or (span.unit in ("day", "week") and _ABOUT.search(before)):
        return None
    return _in_unit(span.shift(found.today, -1), span.unit, found)


def ago_from(found: Found) -> str | None:
    """`a year ago today`"""
    span = read_span(found.word("span"))
    return day_text(add_days(span.shift(found.today, -1), found.value("fixed"))) if span else None


def ago_in(found: Found) -> str | None:
    """`ten years ago last month`"""
    span, unit, step = read_span(found.word("span")), found.value("period", "unit"), found.value("step")
    if span is None or unit not in ("week", "month"):
        return None
    if unit == "month":
        return month_text(add_months(span.shift(found.today, -1), step))
    monday = span.shift(add_days(found.today, 7 * step - found.today.weekday()), -1)
    return week_text(add_days(monday, 3))  # the Monday nearest to it


def ago_weekday(found: Found) -> str | None:
    """`a week ago last Friday`"""
    span = read_span(found.word("span"))
    if span is None or span.months or span.days % 7:
        return None
    return day_text(add_days(last_weekday(found.today, found.value("weekday")), -span.days))


def ahead(found: Found) -> str | None:
    span = read_span(found.word("span"))
    if span is None or (found.rule.tense == FUTURE and not _is_planned(found)):
        return None
    return _in_unit(span.shift(found.today, 1), span.unit, found)


def _is_planned(found: Found) -> bool:
    """A future form, a verb of plans in the present, or a bare noun (`exam in two weeks`)."""
    tense = found.tense(clause_only=True)
    if words_of("bookings").intersection(found.tenses.clause_words(*found.match.span())):
        return True  # `I have tickets for it in two months`
    if tense == PRESENT and words_of("rates").intersection(found.tenses.clause_words(*found.match.span())):
        return False  # `I go twice in a week`
    if tense:
        return tense in (FUTURE, PRESENT) and found.is_planned()
    clause = found.tenses.clause_words(*found.match.span())
    start = found.match.start()
    digits = any("0" <= sign <= "9" for sign in found.hidden[max(0, start - 20) : start])
    return (
        1 <= len(clause) <= 4 and found.tense() != PAST and not digits and not words_of("quantity").intersection(clause)
    )


def _weeks(found: Found) -> int:
    """Days of `three weeks`, `a fortnight`, `week`."""
    span = read_span(found.word("span"))
    return span.days if span else 0


def weeks_to_last(found: Found) -> str | None:
    """`a week last Thursday`"""
    return day_text(add_days(last_weekday(found.today, found.value("weekday")), -_weeks(found)))


def weeks_to_day(found: Found) -> str | None:
    """`three weeks tomorrow`, `a week from today`, `a week yesterday`; `a week today` only with a future form."""
    offset, span = found.value("fixed"), read_span(found.word("span"))
    said = found.match[0].split()
    if span is None:
        return None
    if len(found.word("span").split()) == 1 and "from" not in said:
        return None
    if offset == 0 and "from" not in said and found.tense(clause_only=True) not in (FUTURE, PRESENT):
        return None
    return day_text(add_days(span.shift(found.today, 1 if offset >= 0 else -1), offset))


def weeks_to_weekday(found: Found) -> str | None:
    """`a week on Tuesday`, `two weeks from Monday`; None without `on` or `from`, and on a Tuesday itself."""
    said = found.match[0].split()
    if not {"on", "from", "this"}.intersection(said) or found.today.weekday() == found.value("weekday"):
        return None
    return day_text(add_days(next_weekday(found.today, found.value("weekday")), _weeks(found)))


def day_week(found: Found) -> str | None:
    """`tomorrow week`, `this day fortnight`"""
    offset = found.value("fixed") if found.has("fixed") else 0
    return day_text(add_days(found.today, offset + 7 * found.value("week"))) if offset >= 0 else None


def weekday_week(found: Found) -> str | None:
    """`Tuesday week`"""
    if not found.stands_free():
        return None
    return day_text(add_days(next_weekday(found.today, found.value("weekday")), 7 * found.value("week")))
