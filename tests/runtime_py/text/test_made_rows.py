"""Rows made from the other tables and the corpus, replayed from the file that every implementation reads."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from runtime_py.text import annotate, parse_moment, parse_session_date
from runtime_py.text.sentences import sentences

ROWS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "conformance" / "made_text.json").read_text("utf-8")
)


def test_every_row() -> None:
    for row in ROWS:
        text, day = row["text"], date.fromisoformat(row["day"])
        moment, session = parse_moment(text), parse_session_date(text)
        made = {
            "day": row["day"],
            "text": text,
            "right": annotate(text, day),
            "sentences": sentences(text),
            "moment": moment and moment.isoformat(),
            "session": session and session.isoformat(),
        }
        assert made == row


def test_the_rows_have_breadth() -> None:
    assert sum(row["right"] != row["text"] for row in ROWS) > 100
    assert sum(len(row["sentences"]) > 1 for row in ROWS) > 100
    assert sum(row["moment"] is not None for row in ROWS) > 20
    assert sum(not row["text"].isascii() for row in ROWS) > 100
