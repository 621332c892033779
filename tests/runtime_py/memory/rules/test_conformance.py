"""The memory's rules, replayed from the files that every implementation reads."""

import json
from pathlib import Path
from typing import Any

import pytest

from runtime_py.memory.rules import (
    asks_of_the_past,
    compare,
    is_plain_statement,
    named,
    names_a_picture,
    own_words,
    read_line,
    remaining,
    stands_alone,
    tells_what_is_seen,
    third_person,
    told_of,
    told_of_self,
    ungrounded,
    what_is_seen,
    without_names,
)
from tests.runtime_py.memory.rules import made

FOLDER = Path(__file__).parents[3] / "conformance"

ROWS = {"person": 193, "grounding": 101, "relations": 100, "remaining": 23}


def rows(name: str) -> list[Any]:
    read: list[Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return read


@pytest.mark.parametrize("row", rows("speech_acts"), ids=lambda row: row["text"])
def test_what_is_told_asked_and_ordered(row: dict[str, str]) -> None:
    line = read_line(row["text"])
    assert (line.said, line.asked, line.forget) == (row["said"], row["asked"], row["forget"])


@pytest.mark.parametrize("row", rows("names"), ids=lambda row: row["text"])
def test_who_is_named(row: dict[str, Any]) -> None:
    assert sorted(named(row["text"], row["speakers"])) == row["named"]


@pytest.mark.parametrize("row", rows("tellers"), ids=lambda row: f"{row['speaker']}: {row['text']} / {row['question']}")
def test_whose_words_tell_of_whom(row: dict[str, Any]) -> None:
    assert told_of(row["text"], row["speaker"], row["question"], row["asker"], row["speakers"]) == row["told"]


@pytest.mark.parametrize("row", rows("selves"), ids=lambda row: f"{row['speaker']}: {row['text']} / {row['question']}")
def test_what_others_tell_of_themselves(row: dict[str, Any]) -> None:
    assert told_of_self(row["text"], row["speaker"], row["question"], row["speakers"]) == row["self"]
    assert without_names(row["question"], row["speakers"]) == row["bare"]


@pytest.mark.parametrize("row", rows("alone"), ids=lambda row: row["text"])
def test_what_says_something_by_itself(row: dict[str, Any]) -> None:
    assert stands_alone(row["text"]) is row["alone"]


@pytest.mark.parametrize("row", rows("relations"), ids=lambda row: f"{row['old']} / {row['new']}")
def test_what_replaces_what(row: dict[str, str]) -> None:
    assert compare(row["old"], row["new"]) == row["relation"]


@pytest.mark.parametrize("row", rows("remaining"), ids=lambda row: f"{row['memory']} / {row['fact']}")
def test_what_holds_on_of_several_sentences(row: dict[str, str | None]) -> None:
    assert remaining(str(row["memory"]), str(row["fact"])) == row["remaining"]


@pytest.mark.parametrize("row", rows("past_questions"), ids=lambda row: row["text"])
def test_what_asks_of_the_past(row: dict[str, Any]) -> None:
    assert asks_of_the_past(row["text"]) is row["past"]


@pytest.mark.parametrize("row", rows("plain"), ids=lambda row: row["text"])
def test_what_tells_plainly_of_the_speaker(row: dict[str, Any]) -> None:
    assert is_plain_statement(row["text"]) is row["plain"]


@pytest.mark.parametrize("row", rows("quoted"), ids=lambda row: row["text"])
def test_own_words(row: dict[str, str]) -> None:
    assert own_words(row["text"]) == row["own"]


def test_tables_hold_all_rows() -> None:
    """What a port has to replay of the rules that rewrite, judge and end facts."""
    assert {name: len(rows(name)) for name in ROWS} == ROWS


@pytest.mark.parametrize("row", rows("person"), ids=lambda row: f"{row['speaker']}: {row['text']}")
def test_what_is_said_of_oneself(row: dict[str, str]) -> None:
    assert third_person(row["text"], row["speaker"]) == row["right"]


@pytest.mark.parametrize("row", rows("grounding"), ids=lambda row: row["text"])
def test_what_was_never_told(row: dict[str, Any]) -> None:
    assert ungrounded(row["text"], row["said"], row["known"]) == row["ungrounded"]


@pytest.mark.parametrize("row", rows("made_rules"), ids=lambda row: row["text"][:40])
def test_made_rows(row: dict[str, Any]) -> None:
    assert made.answers(row) == row["answers"]


def test_rows_are_made_anew_from_their_seed() -> None:
    assert made.rows(2, 3) == made.rows(2, 3) != made.rows(3, 3)


@pytest.mark.parametrize("row", rows("pictures"), ids=lambda row: row["text"])
def test_what_is_about_a_picture(row: dict[str, Any]) -> None:
    text = row["text"]
    assert (names_a_picture(text), what_is_seen(text)) == (row["names"], row["seen"])
    assert [kind for kind in ("colour", "count", "text", "place") if tells_what_is_seen(text, kind)] == row["tells"]
