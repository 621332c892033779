"""Written days and moments: the usual forms, each day of two years in every form, and what is no single day."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime_py.text.days import parse_day, parse_moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("June 8, 2023", datetime(2023, 6, 8)),
        ("Jun 8 2023", datetime(2023, 6, 8)),
        ("June 8th, 2023", datetime(2023, 6, 8)),
        ("8 June 2023", datetime(2023, 6, 8)),
        ("8th June 2023", datetime(2023, 6, 8)),
        ("8th of June, 2023", datetime(2023, 6, 8)),
        ("Friday, 12 May 2023", datetime(2023, 5, 12)),
        ("fri 12 may 2023", datetime(2023, 5, 12)),
        ("12 May 2023, Friday", datetime(2023, 5, 12)),
        ("Friday, May 12, 2023", datetime(2023, 5, 12)),
        ("13:56 on 8 May, 2023", datetime(2023, 5, 8, 13, 56)),
        ("1:56 pm on 8 May, 2023", datetime(2023, 5, 8, 13, 56)),
        ("12:09 am on 13 September, 2023", datetime(2023, 9, 13, 0, 9)),
        ("12:00 pm on 1 January, 2024", datetime(2024, 1, 1, 12, 0)),
        ("May 8, 2023 1:56 pm", datetime(2023, 5, 8, 13, 56)),
        ("May 8, 2023 at 1 PM", datetime(2023, 5, 8, 13)),
        ("8 May 2023 13:56", datetime(2023, 5, 8, 13, 56)),
        ("8 May 2023, 13:56:07", datetime(2023, 5, 8, 13, 56, 7)),
        ("2023/05/20 (Sat) 02:21", datetime(2023, 5, 20, 2, 21)),
        ("2023-05-08", datetime(2023, 5, 8)),
        ("2023-05-08 13:56", datetime(2023, 5, 8, 13, 56)),
        ("2023-05-08T13:56:01+02:00", datetime(2023, 5, 8, 13, 56, 1)),
        ("2023-05-08T13:56:01.250Z", datetime(2023, 5, 8, 13, 56, 1)),
        ("2023.05.08", datetime(2023, 5, 8)),
        ("08.06.2023", datetime(2023, 6, 8)),
        ("20/05/2023", datetime(2023, 5, 20)),
        ("05/20/2023", datetime(2023, 5, 20)),
        ("05/05/2023", datetime(2023, 5, 5)),
        ("  8   May\t2023 ", datetime(2023, 5, 8)),
    ],
)
def test_forms(text: str, moment: datetime) -> None:
    assert parse_moment(text) == moment
    assert parse_day(text) == moment.date()


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "some day",
        "8 May",
        "May 2023",
        "2023",
        "31 June 2023",
        "2023-02-30",
        "2023-13-01",
        "25:00 on 8 May, 2023",
        "13:56 pm on 8 May, 2023",
        "0:10 am on 8 May 2023",
        "8 May 2023 13:61",
        "8 Ma 2023",
        "Saturday, 12 May 2023",
        "08/06/2023",
        "8 May 2023 and 9 May 2023",
        "8 May 2023 was fine",
        "I left on 8 May 2023",
        "108 May 2023",
        "8 May 20233",
        "2023-05/08",
    ],
)
def test_no_single_day(text: str | None) -> None:
    assert parse_moment(text) is None
    assert parse_day(text) is None


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)), st.times())
def test_every_form_of_any_day(day: date, clock: datetime) -> None:
    written = [
        f"{day:%A}, {day.day} {day:%B %Y}",
        f"{day:%B} {day.day}, {day.year}",
        f"{day:%b} {day.day} {day.year}",
        f"{day:%Y/%m/%d (%a)}",
        f"{day:%d.%m.%Y}",
        day.isoformat(),
    ]
    assert {parse_day(text) for text in written} == {day}
    moment = datetime(day.year, day.month, day.day, clock.hour, clock.minute)
    for text in (f"{moment:%H:%M} on {written[1]}", f"{written[0]} {moment:%I:%M %p}", f"{moment:%Y-%m-%dT%H:%M}"):
        assert parse_moment(text) == moment


@given(st.text())
def test_any_text_is_survived(text: str) -> None:
    parse_moment(text)
