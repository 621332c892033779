"""The day of a session: how it is written here, and how the files that are read write it."""

import re
from datetime import date, datetime

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?.*)?", re.ASCII)
_SPOKEN = re.compile(
    r"(?:([0-9]{1,2}):([0-9]{2}) ?(am|pm)(?: on|,)? )?([0-9]{1,2}) ([A-Za-z]+),? ([0-9]{4})", re.IGNORECASE | re.ASCII
)


def format_date(day: date) -> str:
    """`12 May 2023`, whatever the locale."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def parse_session_date(text: str | None) -> datetime | None:
    """`1:56 pm on 8 May, 2023`, `8 May 2023` or ISO (its zone ignored); None if unknown."""
    text = " ".join((text or "").split())
    try:
        if iso := _ISO.fullmatch(text):
            return datetime(*(int(part or 0) for part in iso.groups()))  # type: ignore[arg-type]
        if spoken := _SPOKEN.fullmatch(text):
            hour, minute, half, day, month, year = spoken.groups()
            clock = int(hour or 12) % 12 + 12 * ((half or "am").lower() == "pm")
            if int(hour or 12) > 12:
                return None
            names = [name[: len(month)].lower() for name in MONTHS] if len(month) >= 3 else []
            return datetime(int(year), names.index(month.lower()) + 1, int(day), clock, int(minute or 0))
    except ValueError:  # 31 June, a month that is none
        return None
    return None
