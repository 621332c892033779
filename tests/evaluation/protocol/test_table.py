"""Answers to figures to the table: categories apart, what the judge did not say, seeds beside one another."""

from typing import Any

import pytest
from rich.console import Console

from evaluation.figures.intervals import Share
from evaluation.protocol.figures import REFUSED, over_seeds, score, summarise
from evaluation.protocol.judging import Judge
from evaluation.protocol.table import markdown, tables
from evaluation.protocol.texts import PARTS
from runtime_py.dialogues import Dialogue, Question

DIALOGUE = Dialogue(
    "d",
    ("Ana", "Bob"),
    (),
    (
        Question("q1", "Where?", "single_hop", "Oslo", (), 4),
        Question("q2", "When?", "temporal", "7 May 2023", (), 2),
        Question("q3", "Who?", "unanswerable", "no information available", (), 5),
    ),
)


class Exact:
    """1 for equal texts."""

    def score(self, output: str, gold: str) -> dict[str, float]:
        value = float(output == gold)
        return {**dict.fromkeys(PARTS, value), "L": value}


def scored(*answers: str, verdicts: list[bool | None]) -> list[dict[str, Any]]:
    given = [
        {"id": question.id, "category": question.category, "answer": text, "read": 1, "found": 2}
        for question, text in zip(DIALOGUE.questions, answers, strict=True)
    ]
    composite: Any = Exact()
    return score(DIALOGUE, given, composite, Judge("m", "prompt {answer}", lambda _asked: verdicts))


def test_category_five_is_apart() -> None:
    rows = scored("Oslo", "May", "Not mentioned", verdicts=[True, None])
    assert [row.get("right", "absent") for row in rows] == [True, None, "absent"]
    told = summarise(rows)
    assert (told["J"], told["judge gave no verdict"], told[REFUSED]) == (Share(1, 2), Share(1, 2), Share(1, 1))
    assert told["L"].value == 0.5
    assert told["F1"].value == pytest.approx((1 + 0.5) / 2)
    assert told["4 single-hop, J"] == Share(1, 1)


def test_the_table_and_the_page() -> None:
    seeds = {
        0: summarise(scored("Oslo", "May", "Not mentioned", verdicts=[True, False])),
        1: summarise(scored("Oslo", "7 May 2023", "Oslo", verdicts=[True, True])),
    }
    result = {
        "title": "a title",
        "rows": {"all three experts": over_seeds(seeds), "base": over_seeds({0: seeds[0]})},
        "vision": {"V": Share(1, 4).as_json()},
        "judge": {"name": "m", "prompt": "the prompt", "prompt_sha256": "ab12"},
        "notes": ["a note"],
    }
    page = markdown(result)
    assert "| all three experts | 75.0 (50.0–100.0) | 1, 2 of 2: 75.0 [" in page
    assert "| base | 50.0 | 1 of 2: 50.0 [" in page
    assert "- V: 1/4 0.250" in page
    assert "2512.04763" in page
    assert "sha256 ab12" in page
    assert "the prompt" in page
    console = Console(width=200, record=True, file=None)
    with console.capture() as shown:
        for table in tables(result):
            console.print(table)
    assert "Gemma2-27B in Mem0" in shown.get()
