"""Relative dates: a table by hand, and properties over every kind of text."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime_py.text.dates import NUMBERS, WEEKDAYS, format_date, parse_session_date, resolve_relative_dates

MONDAY = date(2023, 5, 8)

TABLE = {
    "I ran last Friday.": "I ran on 5 May 2023.",
    "Next Friday we go": "On 12 May 2023 we go",
    "last monday": "on 1 May 2023",
    "next Monday": "on 15 May 2023",
    "this Sunday": "on 14 May 2023",
    "Yesterday I left": "On 7 May 2023 I left",
    "today, tomorrow and tonight": "on 8 May 2023, on 9 May 2023 and on 8 May 2023",
    "I barely slept last night.": "I barely slept on 7 May 2023.",
    "the day after tomorrow": "on 10 May 2023",
    "The day before yesterday": "On 6 May 2023",
    "since the day before yesterday": "since 6 May 2023",
    "last week, next week": "in the week of 1 May 2023, in the week of 15 May 2023",
    "This week": "In the week of 8 May 2023",
    "last weekend": "on the weekend of 6 May 2023",
    "this weekend": "on the weekend of 13 May 2023",
    "next weekend": "on the weekend of 20 May 2023",
    "Last month I": "In April 2023 I",
    "this month, next month": "in May 2023, in June 2023",
    "last year, this year, next year": "in 2022, in 2023, in 2024",
    "two days ago": "on 6 May 2023",
    "a week ago": "in the week of 1 May 2023",
    "5 months ago": "in December 2022",
    "twelve years ago": "in 2011",
    "in 3 days": "on 11 May 2023",
    "In two weeks' time": "In the week of 22 May 2023",
    "in a month": "in June 2023",
    "ten years from now": "in 2033",
    "since yesterday": "since 7 May 2023",
    "on last Friday": "on 5 May 2023",
    "the end of last month": "the end of April 2023",
    "until next week": "until the week of 15 May 2023",
    "this morning": "on the morning of 8 May 2023",
    "since last Friday night": "since the night of 5 May 2023",
    "about two years ago": "about 2021",
    "a baby named Ana, yesterday": "a baby named Ana, on 7 May 2023",
}


@pytest.mark.parametrize(("said", "resolved"), TABLE.items())
def test_table(said: str, resolved: str) -> None:
    assert resolve_relative_dates(said, MONDAY) == resolved


@pytest.mark.parametrize(
    "text",
    [
        "since yesterday's news",
        "today’s paper",
        "last week's game",
        "the last week",
        "my last year at school",
        "more than two years ago",
        "two or three weeks ago",
        "twice in a week",
        "1,000 days ago",
        "2.5 years ago",
        "one last meal",
        "the next person",
        "yesterdays",
        "last year-end",
        "on Friday",
        "5 May 2023",
    ],
)
def test_left_alone(text: str) -> None:
    assert resolve_relative_dates(text, MONDAY) == text


def test_unknown_date_changes_nothing() -> None:
    assert resolve_relative_dates("last Friday", None) == "last Friday"


def test_a_date_outside_the_calendar_changes_nothing() -> None:
    assert resolve_relative_dates("tomorrow", date.max) == "tomorrow"
    assert resolve_relative_dates("999 years ago", MONDAY) == "in 1024"
    assert resolve_relative_dates("999 years ago", date(1500, 1, 1)) == "999 years ago"


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.sampled_from(WEEKDAYS))
def test_weekdays_by_search(today: date, name: str) -> None:
    """The oracle walks day by day."""

    def walk(start: int, step: int) -> date:
        day = today + timedelta(days=start)
        while day.strftime("%A").lower() != name:
            day += timedelta(days=step)
        return day

    assert resolve_relative_dates(f"last {name}", today) == f"on {format_date(walk(-1, -1))}"
    assert resolve_relative_dates(f"next {name}", today) == f"on {format_date(walk(1, 1))}"
    assert resolve_relative_dates(f"this {name}", today) == f"on {format_date(walk(-today.weekday(), 1))}"


@given(st.text(), st.one_of(st.none(), st.dates(), st.datetimes()))
def test_any_text_is_survived_and_resolved_once(text: str, today: date | None) -> None:
    once = resolve_relative_dates(text, today)
    assert resolve_relative_dates(once, today) == once


_VOCABULARY = """in on since the last this next week weekend year month friday yesterday today tomorrow night
morning ago from now day days weeks before after or twice 3 12 2022 , . - ' 's May of to Last TODAY é"""
_WORDS = st.sampled_from([*_VOCABULARY.split(), *NUMBERS, "\n"])


@given(st.lists(_WORDS, max_size=14).map(" ".join), st.dates())
def test_any_jumble_of_date_words_is_resolved_once(text: str, today: date) -> None:
    once = resolve_relative_dates(text, today)
    assert resolve_relative_dates(once, today) == once


@given(st.lists(_WORDS, max_size=8).map("".join), st.dates())
def test_words_run_together_are_resolved_once(text: str, today: date) -> None:
    once = resolve_relative_dates(text, today)
    assert resolve_relative_dates(once, today) == once


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1:56 pm on 8 May, 2023", datetime(2023, 5, 8, 13, 56)),
        ("12:09 am on 13 September, 2023", datetime(2023, 9, 13, 0, 9)),
        ("12:00 pm on 1 January, 2024", datetime(2024, 1, 1, 12, 0)),
        ("2023-05-08", datetime(2023, 5, 8)),
        ("2023-05-08T13:56:01+02:00", datetime(2023, 5, 8, 13, 56, 1)),
        ("8 Sep 2023", datetime(2023, 9, 8)),
        ("", None),
        (None, None),
        ("some day", None),
        ("31 June 2023", None),
        ("2023-02-30", None),
        ("25:00 pm on 8 May, 2023", None),
        ("8 Ma 2023", None),
    ],
)
def test_session_dates(text: str | None, moment: datetime | None) -> None:
    assert parse_session_date(text) == moment


@given(st.text())
def test_any_session_date_is_survived(text: str) -> None:
    parsed = parse_session_date(text)
    assert parsed is None or parsed.tzinfo is None


@given(st.datetimes(min_value=datetime(1000, 1, 1)))
def test_spoken_and_iso_dates_agree(moment: datetime) -> None:
    moment = moment.replace(second=0, microsecond=0)
    clock = f"{moment.hour % 12 or 12}:{moment.minute:02} {'pm' if moment.hour >= 12 else 'am'}"
    day = format_date(moment)
    spoken = f"{clock} on {' '.join(day.split()[:2])}, {moment.year}"
    assert parse_session_date(spoken) == parse_session_date(moment.isoformat()) == moment
