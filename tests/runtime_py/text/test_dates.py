"""The dates of sessions."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime_py.text.dates import format_date, parse_session_date


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


def test_a_date_is_written_without_a_locale() -> None:
    assert format_date(date(2023, 5, 8)) == "8 May 2023"
