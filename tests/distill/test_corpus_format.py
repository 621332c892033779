"""The dialogue file: what is written is read back, and everything else is refused in one sentence."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.corpus import generate_dialogues
from runtime_py.dialogues import (
    Dialogue,
    OracleEvent,
    Question,
    Session,
    Turn,
    from_json,
    read_dialogues,
    to_json,
    write_dialogues,
)
from runtime_py.errors import ConfigError

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def small() -> dict[str, Any]:
    """A valid row."""
    turn = {"id": "t1", "speaker": "Maria", "text": "Hi"}
    return {
        "format": "memlora.dialogue",
        "version": 1,
        "id": "d",
        "speakers": ["Maria"],
        "sessions": [{"date": "2023-05-12", "turns": [turn]}],
        "questions": [{"id": "q1", "text": "?", "kind": "temporal", "answer": "2023", "evidence": ["t1"]}],
    }


def test_generated_dialogues_survive_a_file(tmp_path: Path) -> None:
    made = list(generate_dialogues("validation", 8, seed=1))
    assert write_dialogues(tmp_path / "new" / "d.jsonl", made) == 8
    assert list(read_dialogues(tmp_path / "new" / "d.jsonl")) == made
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["d.jsonl"]


_CLOCK = st.times().map(lambda clock: clock.strftime("%H:%M"))


@given(_TEXT, _TEXT, st.none() | st.dates(), st.none() | _CLOCK, st.none() | st.lists(_TEXT).map(tuple))
def test_every_unicode_text_survives(
    name: str, text: str, day: date | None, clock: str | None, facts: tuple[str, ...]
) -> None:
    events = (OracleEvent("UPDATE", text, name), OracleEvent("ADD", text))
    turns = (Turn("1", name, text, facts, events), Turn("2", name, ""))
    questions = (Question("q", text, "open_domain", text, ("1", "2"), 3), Question("r", "", "single_hop", text))
    dialogue = Dialogue(text, (name,), (Session(day, turns, clock), Session(None, ())), questions)
    line = to_json(dialogue)
    assert "\n" not in line
    assert from_json(line, "here") == dialogue


def test_a_dialogue_without_dates_is_read() -> None:
    row = small()
    row["sessions"][0]["date"] = None
    assert from_json(json.dumps(row), "f:1").sessions[0].date is None


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (["version"], 2, ["expected version 1", "got 2"]),
        (["version"], True, ["whole number", "a boolean"]),
        (["format"], "memlora.dialog", ["memlora.dialogue", "'memlora.dialog'"]),
        (["speekers"], [], ["unknown key 'speekers'", "did you mean 'speakers'"]),
        (["speakers"], None, ["'speakers'", "null"]),
        (["speakers"], [1], ["a list of strings", "a number"]),
        (["sessions"], {}, ["a list of objects", "an object"]),
        (["sessions", 0, "date"], "12 May 2023", ["2023-05-12", "'12 May 2023'"]),
        (["sessions", 0, "date"], "2023-02-30", ["'2023-02-30'"]),
        (["sessions", 0, "date"], "20230512", ["'20230512'"]),
        (["sessions", 0, "time"], "24:00", ["a time like '13:56'", "'24:00'"]),
        (["sessions", 0, "time"], "1:56 pm", ["a time like '13:56'"]),
        (["speakers"], [], ["names of all speakers"]),
        (["speakers"], ["Maria", "Maria"], ["each once"]),
        (["sessions", 0, "turns", 0, "speaker"], "Mari", ["got 'Mari'", "did you mean 'Maria'"]),
        (["sessions", 0, "turns", 0, "text"], 5, ["sessions[0]: turns[0]", "a string", "a number"]),
        (["sessions", 0, "turns", 0, "text"], "\ud800", ["surrogate"]),
        (
            ["sessions", 0, "turns", 0, "events"],
            [{"event": "ADDED", "text": ""}],
            ["ADD, UPDATE", "did you mean 'ADD'"],
        ),
        (["questions", 0, "kind"], "temporel", ["did you mean 'temporal'"]),
        (["questions", 0, "evidence"], ["t9"], ["turn ids", "'t9'"]),
        (
            ["questions"],
            [{"id": "a", "text": "", "kind": "temporal", "answer": ""}] * 2,
            ["question id once", "'a' twice"],
        ),
    ],
)
def test_what_is_not_of_the_format_is_refused(path: list[Any], value: object, words: list[str]) -> None:
    row = small()
    place: Any = row
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(ConfigError) as refused:
        from_json(json.dumps(row), "file.jsonl:3")
    message = str(refused.value)
    assert message.startswith("file.jsonl:3")
    assert "\n" not in message
    assert all(word in message for word in words), message


def test_a_missing_key_names_its_misspelling() -> None:
    row = small()
    row["sesions"] = row.pop("sessions")
    with pytest.raises(ConfigError, match="expected the key 'sessions', got none; did you mean it by 'sesions'"):
        from_json(json.dumps(row), "f:1")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "an empty file"),
        (b"\n \n", "an empty file"),
        (b"[]", "got a list"),
        (json.dumps(small()).encode()[:-20], "half-written"),
        (b'{"id":1,"id":2}', "'id' twice"),
        (b"\xff\xfe", "0xff"),
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "d.jsonl").write_bytes(data)
    with pytest.raises(ConfigError, match=words):
        list(read_dialogues(tmp_path / "d.jsonl"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no\.jsonl.*No such file"):
        list(read_dialogues(tmp_path / "no.jsonl"))


def test_a_failing_write_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    write_dialogues(path, generate_dialogues("train", 1, 0))
    before = path.read_bytes()

    def broken() -> Iterator[Dialogue]:
        yield from generate_dialogues("train", 1, 1)
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        write_dialogues(path, broken())
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
