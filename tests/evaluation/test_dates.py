"""Counting notes: a covered question, a missed one, a note that a fact names and one that none names."""

import json
from pathlib import Path

import pytest

from evaluation.dates import main, score

TURNS = ["I moved last Friday", "I sold it last month", "See you, the plan is 13 May 2024"]
DIALOGUE = {
    "id": "x",
    "sessions": [
        {
            "date": "2023-05-08",
            "turns": [
                {"text": TURNS[0], "facts": [{"text": "Ann moved on 5 May 2023"}]},
                {"text": TURNS[1], "facts": [{"text": "Ann sold the boat in March 2023"}]},
                {"text": TURNS[2], "facts": []},
            ],
        }
    ],
    "questions": [
        {"kind": "temporal", "text": "When did Ann move?", "answers": ["5 May 2023"], "evidence": [1]},
        {"kind": "temporal", "text": "When did Ann sell it?", "answers": ["March 2023", "spring"], "evidence": [2]},
        {"kind": "temporal", "text": "For when is the plan?", "answers": ["3 May 2024"], "evidence": [3]},
        {"kind": "temporal", "text": "For when is it?", "answers": ["13 May 2024"], "evidence": [3]},
        {"kind": "single", "text": "Who moved?", "answers": ["Ann"], "evidence": [1]},
    ],
}


def test_counts() -> None:
    total = score(iter([DIALOGUE]))
    assert (total.covered, total.questions, total.right, total.notes) == (2, 4, 1, 2)
    assert [row[2] for row in total.missed] == ["March 2023 || spring", "3 May 2024"]
    assert [row[2] for row in total.doubtful] == ["April 2023"]


def test_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "d.jsonl").write_text(json.dumps(DIALOGUE) + "\n", "utf-8")
    monkeypatch.setattr("sys.argv", ["dates", str(tmp_path / "d.jsonl"), "--misses"])
    main()
    out = capsys.readouterr().out
    assert out.startswith("d.jsonl: covered 2 of 4 questions; right 1 of 2 notes\n")
    assert TURNS[1] in out
