"""The rules of relative dates, replayed from the file that every implementation reads."""

import json
import re
from datetime import date
from pathlib import Path

import pytest

from runtime_py.text.days import annotate, expressions

FILE = Path(__file__).parents[3] / "conformance" / "dates.json"
ROWS = json.loads(FILE.read_text("utf-8"))


def test_the_file_has_breadth() -> None:
    assert len(ROWS) >= 300
    assert len({(row["day"], row["text"]) for row in ROWS}) == len(ROWS)
    assert sum(row["right"] == row["text"] for row in ROWS) >= 80


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['day']} {row['text']}")
def test_row(row: dict[str, str]) -> None:
    day = date.fromisoformat(row["day"])
    assert annotate(row["text"], day) == row["right"]
    assert annotate(row["right"], day) == row["right"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['day']} {row['text']}")
def test_a_row_without_its_notes_is_its_text(row: dict[str, str]) -> None:
    kept = re.findall(r" \[[^\]]*\]", row["text"])
    bare = row["right"]
    for note in re.findall(r" \[[^\]]*\]", bare):
        if note not in kept:
            bare = bare.replace(note, "", 1)
    assert bare == row["text"]


def test_places_and_meanings() -> None:
    found = expressions("I left last Friday, in a week I return", date(2023, 5, 8))
    assert [(e.start, e.end, e.meaning) for e in found] == [(7, 18, "5 May 2023"), (20, 29, "15 May 2023")]
