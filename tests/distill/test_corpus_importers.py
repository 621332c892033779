"""LoCoMo and plain chats become dialogues."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from distill.corpus import import_chat
from runtime_py.dialogues import Turn, read_dialogues, read_locomo, write_dialogues
from runtime_py.errors import ConfigError


def locomo() -> list[dict[str, Any]]:
    """A sample with every oddity of the real file: a date without a session, int answers, joined evidence, a photo."""
    photo = {"img_url": ["u"], "blip_caption": "a red kite", "query": "SECRET", "re-download": True}
    talk = {
        "speaker_a": "Ann",
        "speaker_b": "Bob",
        "session_1_date_time": "1:56 pm on 8 May, 2023",
        "session_1": [
            {"speaker": "Ann", "dia_id": "D1:1", "text": "Look at this!", **photo},
            {"speaker": "Bob", "dia_id": "D1:2", "text": "Nice"},
        ],
        "session_2_date_time": "9:05 am on 9 May, 2023",
        "session_10_date_time": "12:09 am on 1 June, 2023",
        "session_10": [{"speaker": "Bob", "dia_id": "D10:5", "text": "Late"}],
    }
    questions = [
        {"question": "When?", "answer": 2022, "evidence": ["D1:1 D10:05", "D", "D9:9"], "category": 2},
        {"question": "What?", "adversarial_answer": "kite", "evidence": ["D:1:2"], "category": 5},
    ]
    return [{"sample_id": "conv-1", "conversation": talk, "qa": questions, "event_summary": {"x": "SECRET"}}]


def test_locomo(tmp_path: Path) -> None:
    path = tmp_path / "locomo.json"
    path.write_text(json.dumps(locomo()), "utf-8")
    (dialogue,) = read_locomo(path)
    assert dialogue.id == "conv-1"
    assert dialogue.speakers == ("Ann", "Bob")
    assert [(s.date, s.time) for s in dialogue.sessions] == [(date(2023, 5, 8), "13:56"), (date(2023, 6, 1), "00:09")]
    assert [turn.text for turn in dialogue.turns] == ["Look at this! [shares a photo: a red kite]", "Nice", "Late"]
    when, what = dialogue.questions
    assert (when.answer, when.kind, when.category, when.evidence) == ("2022", "temporal", 2, ("D1:1", "D10:5"))
    assert (what.answer, what.kind, what.evidence) == ("no information available", "unanswerable", ("D1:2",))
    write_dialogues(tmp_path / "d.jsonl", [dialogue])
    assert list(read_dialogues(tmp_path / "d.jsonl")) == [dialogue]
    assert "SECRET" not in (tmp_path / "d.jsonl").read_text("utf-8")


def test_locomo_samples_are_chosen_by_name(tmp_path: Path) -> None:
    path = tmp_path / "locomo.json"
    path.write_text(json.dumps(locomo()), "utf-8")
    assert len(read_locomo(path, ["conv-1"])) == 1
    with pytest.raises(ConfigError, match="a sample out of conv-1, got 'conv-2'"):
        read_locomo(path, ["conv-2"])


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"sample_id": "a"}]', '{"a": 1}'])
def test_what_is_not_locomo_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=r"x\.json: expected"):
        read_locomo(tmp_path / "x.json")


CHAT = """Ann: Morning!

# 2023-05-12
Ann: Hi Bob: how are you?
I'm fine myself.
Bob : Ok ☕
--- 1:56 pm on 8 June, 2023 ---
Bob: Still here at 10: 30
"""


def test_chat(tmp_path: Path) -> None:
    path = tmp_path / "talk.txt"
    path.write_text(CHAT, "utf-8")
    dialogue = import_chat(path)
    assert (dialogue.id, dialogue.speakers) == ("talk", ("Ann", "Bob"))
    assert [(s.date, s.time) for s in dialogue.sessions] == [
        (None, None),
        (date(2023, 5, 12), None),
        (date(2023, 6, 8), "13:56"),
    ]
    assert list(dialogue.turns) == [
        Turn("s1t1", "Ann", "Morning!"),
        Turn("s2t1", "Ann", "Hi Bob: how are you? I'm fine myself."),
        Turn("s2t2", "Bob", "Ok ☕"),
        Turn("s3t1", "Bob", "Still here at 10: 30"),
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "at least one line 'Name: text', got none"),
        (b"2023-05-12\n", "got none"),
        (b"hello there\nAnn: hi", r"talk\.txt:1: expected a date or 'Name: text'"),
        (b"Ann: \xff\xff", "UTF-8"),
    ],
)
def test_what_is_no_chat_is_refused(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "talk.txt").write_bytes(data)
    with pytest.raises(ConfigError, match=words):
        import_chat(tmp_path / "talk.txt")


@pytest.mark.parametrize(
    "when", ["13:56 on 8 May, 2023", "May 8, 2023 1:56 pm", "2023/05/08 (Mon) 13:56", "8 May 2023 13:56"]
)
def test_locomo_dates_in_other_forms(tmp_path: Path, when: str) -> None:
    rows = locomo()
    rows[0]["conversation"]["session_1_date_time"] = when
    (tmp_path / "locomo.json").write_text(json.dumps(rows), "utf-8")
    session = read_locomo(tmp_path / "locomo.json")[0].sessions[0]
    assert (session.date, session.time) == (date(2023, 5, 8), "13:56")


@pytest.mark.parametrize("when", ["8 May", "soon", "31 June 2023", "08/05/2023"])
def test_a_locomo_date_that_cannot_be_read_is_no_unknown_one(tmp_path: Path, when: str) -> None:
    rows = locomo()
    rows[0]["conversation"]["session_1_date_time"] = when
    (tmp_path / "locomo.json").write_text(json.dumps(rows), "utf-8")
    with pytest.raises(ConfigError, match=f"sample conv-1, session_1: expected a date .* got '{when}'"):
        read_locomo(tmp_path / "locomo.json")
    del rows[0]["conversation"]["session_1_date_time"]
    (tmp_path / "locomo.json").write_text(json.dumps(rows), "utf-8")
    assert read_locomo(tmp_path / "locomo.json")[0].sessions[0].date is None
