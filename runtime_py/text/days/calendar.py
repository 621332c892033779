"""Days, weeks, weekends, months and years as this house writes them, and the steps between them."""

from calendar import monthrange
from datetime import date, timedelta

from runtime_py.text.dates import MONTHS, format_date

EARLIEST_YEAR = 1000  # a year has four digits


class OutsideError(ValueError):
    """A day before the year 1000 or after 9999."""


def day_text(day: date) -> str:
    """`19 May 2023`"""
    if day.year < EARLIEST_YEAR:
        raise OutsideError(str(day))
    return format_date(day)


def read_day(text: str) -> date | None:
    """The day of a `day_text`, else None."""
    parts = text.split()
    return date(int(parts[2]), MONTHS.index(parts[1]) + 1, int(parts[0])) if len(parts) == 3 else None


def week_text(day: date) -> str:
    """`the week of 15 May 2023`, its Monday."""
    return f"the week of {day_text(add_days(day, -day.weekday()))}"


def weekend_text(day: date) -> str:
    """`the weekend of 20 May 2023`, the Saturday of the week of `day`."""
    return f"the weekend of {day_text(add_days(day, 5 - day.weekday()))}"


def month_text(day: date) -> str:
    """`May 2023`"""
    day_text(day)
    return f"{MONTHS[day.month - 1]} {day.year}"


def year_text(year: int) -> str:
    """`2023`"""
    if not EARLIEST_YEAR <= year <= 9999:
        raise OutsideError(str(year))
    return str(year)


def add_days(day: date, count: int) -> date:
    try:
        return day + timedelta(days=count)
    except OverflowError as e:
        raise OutsideError(f"{day} and {count} days") from e


def add_months(day: date, count: int) -> date:
    """The same day of another month, its last day where the month is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    if not EARLIEST_YEAR <= year <= 9999:
        raise OutsideError(f"{day} and {count} months")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def day_in(year: int, month: int, day: int) -> date:
    """A day of the calendar; outside where no calendar has the year."""
    if not date.min.year <= year <= date.max.year:
        raise OutsideError(f"the year {year}")
    return date(year, month, day)


def day_of(year: int, month: int, day: int) -> date | None:
    """None where the month has no such day."""
    return day_in(year, month, day) if 1 <= day <= monthrange(year, month)[1] else None


def next_weekday(day: date, weekday: int) -> date:
    """The nearest one after `day`."""
    return add_days(day, (weekday - day.weekday()) % 7 or 7)


def last_weekday(day: date, weekday: int) -> date:
    """The nearest one before `day`."""
    return add_days(day, -((day.weekday() - weekday) % 7 or 7))


def nth_weekday(year: int, month: int, place: int, weekday: int) -> date | None:
    """The first (1) to fourth (4) or the last (-1) one of a month."""
    if place < 0:
        last = day_in(year, month, monthrange(year, month)[1])
        return add_days(last, -((last.weekday() - weekday) % 7))
    first = day_in(year, month, 1)
    return add_days(first, (weekday - first.weekday()) % 7 + 7 * (place - 1))


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, day = divmod(h + k - 7 * m + 114, 31)
    return day_in(year, month, day + 1)
