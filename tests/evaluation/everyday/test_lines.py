"""Statements and questions as plain files, and the set that lies beside this test."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from evaluation.everyday.judge import is_right
from evaluation.everyday.lines import read_sets
from evaluation.everyday.suite import evaluate_split
from evaluation.figures.intervals import Share
from runtime_py.errors import ConfigError
from runtime_py.operations.generate import UNANSWERABLE, GenerateInput
from runtime_py.operations.select import SelectInput, numbered
from tests.runtime_py.script import Script, WordEmbedder

FOLDER = Path(__file__).with_name("lines")
DAY = date(2026, 11, 26)


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.{'tsv' if 'questions' in name else 'txt'}").write_text(text)
    return folder


def test_the_committed_set() -> None:
    (dialogue,) = read_sets(FOLDER, DAY)
    assert dialogue.id == "statements"
    assert len(list(dialogue.turns)) == 30
    assert [q.kind for q in dialogue.questions].count("unanswerable") == 5
    assert len(dialogue.questions) == 35
    for question in dialogue.questions:
        assert all(is_right(answer, question) for answer in (question.answer, *question.alternatives)), question


def test_each_statement_is_added_alone_on_the_day_and_asked_about_on_it(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        statements="I moved to Trem yesterday.\n\nMy cat is Pickle.\n",
        questions="Where did I move?\tTrem || to Trem\nWhat did I do last Friday?\tno information available\n",
        flat_statements="I own a Volvo.\n",
        flat_questions="Which car does Tom own?\tVolvo\n",
    )
    sets = read_sets(folder, DAY)
    assert [(d.id, d.speakers) for d in sets] == [("statements", ("Me",)), ("flat_statements", ("Tom",))]

    def keep_all(given: SelectInput) -> list[int]:
        return list(range(1, len(numbered(given)) + 1))

    def answer(given: GenerateInput) -> str:
        return "Trem" if "move" in given.question else UNANSWERABLE

    script = Script(select=keep_all, generate=answer)
    figures = evaluate_split(
        sets[:1], {"expert": script, "base": script}, WordEmbedder(), "fake", tmp_path / "j.jsonl", ("turns",),
        asked_on=DAY,
    )  # fmt: skip
    assert figures["answers"]["turns"] == {
        "answered": Share(1, 1), "single_hop": Share(1, 1), "unanswerable, refused": Share(1, 1),
        "answerable, refused": Share(0, 1),
    }  # fmt: skip
    assert list(figures["memory"]) == ["stored facts invented", "exchanges failed"]
    added: list[Any] = script.inputs("select")
    assert [[m.text for m in given.messages] for given in added] == [
        ["I moved to Trem yesterday."],
        ["My cat is Pickle."],
    ]
    assert [m.text for m in added[1].before] == ["I moved to Trem yesterday."]
    asked: list[Any] = script.inputs("generate")
    assert "20 November 2026" in asked[1].question
    assert asked[0].memories[0].day == DAY


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"questions": "Who?\tBo\n"}, "expected a readable file of statements"),
        ({"statements": "I am Bo.\n"}, "expected a readable file of questions"),
        ({"statements": "\n", "questions": "Who?\tBo\n"}, "nothing to ask"),
        ({"statements": "I am Bo.\n", "questions": "Who? Bo\n"}, "questions.tsv:1: expected a question, a TAB"),
        ({"statements": "I am Bo.\n", "questions": "Who?\tBo || \n"}, "questions.tsv:1: expected a question, a TAB"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, files: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_sets(written(tmp_path, **files), DAY)
