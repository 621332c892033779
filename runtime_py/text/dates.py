"""Relative dates resolved in code from the session's date; unknown stays unknown.

The rules, with Monday as the first day of a week and D the session's date:

| words | become |
|---|---|
| today, tonight, yesterday, last night, tomorrow, the day after tomorrow, the day before yesterday | `on 8 May 2023` |
| last / next Friday | the nearest Friday strictly before / after D; `on 5 May 2023` |
| this Friday | the Friday of D's own week, past or to come |
| last / this / next week | `in the week of 1 May 2023` (its Monday) |
| last / this / next weekend | `on the weekend of 6 May 2023` (the Saturday of that week) |
| last / this / next month, year | `in April 2023`, `in 2022` |
| N days / weeks / months / years ago, in N .., N .. from now | the day, week, month or year, as above |

A part of the day is kept (`yesterday morning`: `on the morning of 7 May 2023`). After another preposition only the
date is written (`since yesterday`: `since 7 May 2023`). Left alone: possessives (`yesterday's`), spans (`the last
week`), vague counts (`more than two years ago`). Every pattern is ASCII, so that a reader in another language does
the same.
"""

import re
from datetime import date, datetime, timedelta

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
NUMBERS = {
    word: value
    for value, words in enumerate(
        ("a an one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), 1
    )
    for word in words.split()
}
DAY_WORDS = {
    "day before yesterday": -2,
    "yesterday": -1,
    "last night": -1,
    "today": 0,
    "tonight": 0,
    "tomorrow": 1,
    "day after tomorrow": 2,
}
STEPS = {"last": -1, "this": 0, "next": 1}

# A word before the expression: our own preposition replaces the first kind, the second is followed by the bare date,
# after the third a span is meant, after the fourth a count is vague, after the fifth a rate is meant.
_OWN = ("on", "in")
_KEPT: tuple[str, ...] = (
    "about",
    "after",
    "around",
    "at",
    "before",
    "by",
    "during",
    "for",
    "from",
    "of",
    "over",
    "since",
)
_KEPT += ("through", "throughout", "till", "to", "until")
_SPAN = ("the", "my", "your", "our", "his", "her", "its", "their", "every", "each", "very", "past")
_VAGUE = ("or", "than", "almost", "nearly", "least", "under", "over", "to")
_RATE = ("once", "twice", "times")

_GAP = r"[ \t\r\n]+"
_LEAD = "|".join(sorted({*_OWN, *_KEPT, *_SPAN, *_VAGUE, *_RATE}))
_COUNT = r"(?:[0-9]{1,3}|" + "|".join(NUMBERS) + ")"
_UNIT = "(?:day|week|month|year)s?"
_EXPRESSION = re.compile(
    rf"(?<![A-Za-z0-9_-])(?:(?P<lead>{_LEAD}){_GAP})?(?:"
    + rf"(?<![.,])(?P<count>{_COUNT}){_GAP}(?P<unit>{_UNIT}){_GAP}(?P<way>ago|from{_GAP}now)"
    + rf"|in{_GAP}(?P<count_in>{_COUNT}){_GAP}(?P<unit_in>{_UNIT})(?:['’]{_GAP}time)?(?!{_GAP}ago(?![A-Za-z]))"
    + f"|(?P<day>(?:the{_GAP}(?=day))?(?:" + "|".join(words.replace(" ", _GAP) for words in DAY_WORDS) + "))"
    + f"|(?P<step>last|this|next){_GAP}(?P<period>" + "|".join(WEEKDAYS) + "|weekend|week|month|year)"
    + f"|this(?={_GAP}(?:morning|afternoon|evening)(?![A-Za-z0-9_]))"
    + rf")(?:{_GAP}(?P<part>morning|afternoon|evening|night))?(?![A-Za-z0-9_]|['’]s(?![A-Za-z0-9_])|-[A-Za-z0-9_])",
    re.IGNORECASE | re.ASCII,
)  # fmt: skip
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


def resolve_relative_dates(text: str, session_date: date | None) -> str:
    """`text` with relative dates replaced by absolute ones; unchanged when `session_date` is None."""
    if session_date is None:
        return text
    today = date(session_date.year, session_date.month, session_date.day)
    return _EXPRESSION.sub(lambda match: _replace(match, today), text)


def _replace(match: re.Match[str], today: date) -> str:
    lead = (match["lead"] or "").lower()
    try:
        resolved = _resolve(match, lead, today)
    except (ValueError, OverflowError):  # before year 1 or after 9999
        return match[0]
    if resolved is None:
        return match[0]
    preposition, bare = resolved
    if match["part"]:
        if bare.startswith("the ") or preposition == "in":  # a part of a week, month or year says nothing
            return match[0]
        bare = f"the {match['part'].lower()} of {bare}"
    if lead and lead not in (*_OWN, "the"):
        return f"{match['lead']} {bare}" if lead in _KEPT else f"{match['lead']} {preposition} {bare}"
    if match[0][0].isupper():
        preposition = preposition.capitalize()
    return f"{preposition} {bare}"


def _resolve(match: re.Match[str], lead: str, today: date) -> tuple[str, str] | None:
    """(preposition, date), or None where the words must stay."""
    if count := match["count"] or match["count_in"]:
        if lead in (_RATE if match["count_in"] else (*_VAGUE, *_SPAN)):
            return None
        amount = int(count) if count.isdigit() else NUMBERS[count.lower()]
        unit = (match["unit"] or match["unit_in"]).lower().removesuffix("s")
        return _shift(today, -amount if (match["way"] or "").lower() == "ago" else amount, unit)
    day_words = " ".join((match["day"] or "").lower().split()).removeprefix("the ")
    if lead in _SPAN and not (lead == "the" and day_words.startswith("day ")):
        return None
    if day_words:
        return _shift(today, DAY_WORDS[day_words], "day")
    step, period = STEPS[(match["step"] or "this").lower()], (match["period"] or "day").lower()
    if period not in WEEKDAYS:
        return _shift(today, step, period)
    distance = WEEKDAYS.index(period) - today.weekday()
    if step:
        distance = distance % 7 or 7 if step > 0 else -(-distance % 7 or 7)
    return _shift(today, distance, "day")


def _shift(today: date, amount: int, unit: str) -> tuple[str, str] | None:
    if unit == "year":
        return ("in", str(today.year + amount)) if 1000 <= today.year + amount <= 9999 else None
    if unit == "month":
        months = today.year * 12 + today.month - 1 + amount
        return ("in", f"{MONTHS[months % 12]} {months // 12}") if 1000 <= months // 12 <= 9999 else None
    if unit == "day":
        day = today + timedelta(days=amount)
    else:
        day = today + timedelta(weeks=amount, days=(5 if unit == "weekend" else 0) - today.weekday())
    if day.year < 1000:  # fewer than four digits could be read as a count when the text is resolved again
        return None
    return {
        "day": ("on", format_date(day)),
        "week": ("in", f"the week of {format_date(day)}"),
        "weekend": ("on", f"the weekend of {format_date(day)}"),
    }[unit]
