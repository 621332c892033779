"""What chat programs export, in several languages: read with the right people and days, or refused; never a guess."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from distill.corpus import import_chat
from runtime_py.errors import ConfigError

FOLDER = Path(__file__).with_name("chats")
EXPECTED: dict[str, dict[str, Any]] = json.loads((FOLDER / "expected.json").read_text("utf-8"))


def test_every_file_is_expected() -> None:
    assert sorted(EXPECTED) == sorted(path.stem for path in FOLDER.glob("*.txt"))


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_export(name: str) -> None:
    right = EXPECTED[name]
    if "refuse" in right:
        with pytest.raises(ConfigError) as refused:
            import_chat(FOLDER / f"{name}.txt")
        assert right["refuse"] in str(refused.value)
        return
    dialogue = import_chat(FOLDER / f"{name}.txt")
    assert list(dialogue.speakers) in (right["speakers"], right.get("or_speakers"))
    assert [session.date.isoformat() for session in dialogue.sessions if session.date] == right["dates"]
    texts = [turn.text for turn in dialogue.turns]
    assert texts == right.get("texts", texts)
    assert not any(right.get("texts_without", "\0") in text for text in texts)
    times = [session.time for session in dialogue.sessions]
    assert times == right.get("times", times)


@pytest.mark.parametrize(("day_first", "day"), [(True, date(2023, 5, 12)), (False, date(2023, 12, 5))])
def test_who_knows_the_order_says_it(day_first: bool, day: date) -> None:
    assert import_chat(FOLDER / "whatsapp_slash.txt", day_first).sessions[0].date == day


def test_the_order_that_is_said_must_do() -> None:
    with pytest.raises(ConfigError, match="expected dates with the month first, got another"):
        import_chat(FOLDER / "android_uk.txt", day_first=False)


def test_days_that_are_told_by_themselves_may_run_backwards(tmp_path: Path) -> None:
    path = tmp_path / "talk.txt"
    path.write_text("# 12 May 2023\nAnn: I moved\n# 8 May 2023\nAnn: I packed\n", "utf-8")
    assert [session.date for session in import_chat(path).sessions] == [date(2023, 5, 12), date(2023, 5, 8)]


HEADINGS = [
    ("# June 8, 2023", date(2023, 6, 8)),
    ("--- Thursday, 8 June 2023 ---", date(2023, 6, 8)),
    ("# 8th June 2023", date(2023, 6, 8)),
    ("[2023/06/08]", date(2023, 6, 8)),
    ("# 08.06.2023", date(2023, 6, 8)),
    ("08.06.23", date(2023, 6, 8)),
    ("Thursday, June 8, 2023", date(2023, 6, 8)),
    ("Date: 8 June 2023", date(2023, 6, 8)),
    ("DATE: 1:56 pm on 8 June, 2023", date(2023, 6, 8)),
    ("[1:56 pm on 8 June, 2023]", date(2023, 6, 8)),
    ("2023-06-08T13:56:00Z", date(2023, 6, 8)),
    ("# 28/06/2023", date(2023, 6, 28)),
]


def _between(heading: str, folder: Path) -> Path:
    path = folder / "talk.txt"
    before = "# 12 May 2023\nAnn: I moved yesterday\nBob: nice\n"
    path.write_text(f"{before}{heading}\nAnn: I sold the flat today\n", "utf-8")
    return path


@pytest.mark.parametrize(("heading", "day"), HEADINGS)
def test_a_heading_is_read(heading: str, day: date, tmp_path: Path) -> None:
    dialogue = import_chat(_between(heading, tmp_path))
    assert [session.date for session in dialogue.sessions] == [date(2023, 5, 12), day]
    assert [turn.text for turn in dialogue.turns] == ["I moved yesterday", "nice", "I sold the flat today"]


@pytest.mark.parametrize(
    "heading",
    ["# 8 June", "--- Friday, 8 June 2023 ---", "[photo]", "# Chapter 2", "8 June", "Thursday the 8th", "June 2023",
     "# 31 June 2023", "31.06.2023", "# 08/06/2023", "08/06/2023", "[8 Juin 2023]"],
)  # fmt: skip
def test_a_heading_that_cannot_be_read_is_refused_and_no_speech(heading: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"talk\.txt.* expected "):
        import_chat(_between(heading, tmp_path))


@pytest.mark.parametrize("line", ["#moving was fun", "-- ", "12", "I left on 8 June 2023.", "May I ask: no"])
def test_what_is_no_heading_starts_no_session(line: str, tmp_path: Path) -> None:
    assert [session.date for session in import_chat(_between(line, tmp_path)).sessions] == [date(2023, 5, 12)]
