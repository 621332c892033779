"""Relative dates over many days and any kind of text: oracles that walk day by day, and what must never change."""

import re
import time
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime_py.text.dates import WEEKDAYS, format_date
from runtime_py.text.days import annotate
from runtime_py.text.days.calendar import easter
from runtime_py.text.days.meanings import MEANINGS
from runtime_py.text.days.rules import read, rules, words

DAYS = st.dates(date(1990, 1, 1), date(2090, 1, 1))


def _walk(day: date, step: int, name: str) -> date:
    while True:
        day += timedelta(days=step)
        if day.strftime("%A").lower() == name:
            return day


@given(DAYS, st.sampled_from(WEEKDAYS))
def test_weekdays_by_walking(today: date, name: str) -> None:
    before, after = _walk(today, -1, name), _walk(today, 1, name)
    for said, day in (
        (f"last {name}", before),
        (f"next {name}", after),
        (f"we met on {name}", before),
        (f"we will meet on {name}", after),
        (f"ill since {name}", before),
        (f"{name} week", after + timedelta(days=7)),
        (f"the {name} before last", before - timedelta(days=7)),
        (f"the {name} after next", after + timedelta(days=7)),
    ):
        assert annotate(said, today) == f"{said} [{format_date(day)}]"


@given(DAYS, st.integers(1, 400))
def test_days_ago_by_walking(today: date, count: int) -> None:
    assert (
        annotate(f"I left {count} days ago", today) == f"I left {count} days ago [{format_date(_minus(today, count))}]"
    )


def _minus(day: date, count: int) -> date:
    return date.fromordinal(day.toordinal() - count)


def test_no_day_changes_nothing() -> None:
    assert annotate("last Friday", None) == "last Friday"


def test_an_hour_is_ignored() -> None:
    assert annotate("today", datetime(2023, 5, 8, 23, 59)) == "today [8 May 2023]"


def test_a_day_outside_the_calendar_changes_nothing() -> None:
    assert annotate("I leave tomorrow", date.max) == "I leave tomorrow"
    assert annotate("999 years ago", date(1500, 1, 1)) == "999 years ago"
    assert annotate("999 years ago", date(2023, 5, 8)) == "999 years ago [1024]"


@given(st.text(), st.one_of(st.none(), st.dates()))
def test_any_text_keeps_its_words_and_is_annotated_once(text: str, today: date | None) -> None:
    once = annotate(text, today)
    assert annotate(once, today) == once


rules()  # compiled before anything is timed

_VOCABULARY = """in on since until by the last this next week weekend year month friday sat yesterday today tomorrow
night morning ago from now day days weeks before after or twice 3 12 3rd 2022 , . - ' 's " ( [ ] May march of to Last
TODAY é fortnight Easter summer we met will meet half a two and end first Tuesday"""


@given(st.lists(st.sampled_from([*_VOCABULARY.split(), "\n"]), max_size=14).map(" ".join), st.dates())
def test_any_jumble_of_date_words_is_annotated_once(text: str, today: date) -> None:
    once = annotate(text, today)
    assert annotate(once, today) == once


@pytest.mark.parametrize(
    "text",
    [
        "a" * 200_000,
        " " * 200_000,
        "'" * 100_000,
        '"a ' * 60_000,
        "last " * 40_000,
        "I met him. " * 20_000,
        "We met on Friday. " * 6_000,
        "we met on the 3rd and " * 5_000,
        "today " * 8_000,
        "@" * 100_000,
    ],
)
def test_long_texts_take_linear_time(text: str) -> None:
    start = time.process_time()
    annotate(text, date(2023, 5, 8))
    assert time.process_time() - start < 15


def test_easter_of_known_years() -> None:
    known = {1961: "04-02", 2000: "04-23", 2008: "03-23", 2011: "04-24", 2024: "03-31", 2025: "04-20", 2038: "04-25"}
    assert {year: easter(year).strftime("%m-%d") for year in known} == known


def test_every_rule_has_a_meaning_and_every_meaning_a_rule() -> None:
    assert {rule.meaning for rule in rules()} - {"nothing"} == set(MEANINGS)


def test_no_part_of_the_tables_is_idle() -> None:
    table = read("rules.json")
    used = " ".join([*(row["find"] for row in table["rules"]), *table["guards"].values(), *table["parts"].values()])
    for name in [*table["parts"], *table["lists"], *words()]:
        assert re.search(rf"[<{{:]{name}[>}}]", used), name
    guards = {row.get(key) for row in table["rules"] for key in ("not_after", "not_before")}
    assert guards - {None} == set(table["guards"])


def test_word_lists_are_in_small_letters() -> None:
    assert all(word == word.lower() for table in words().values() for word in table)
