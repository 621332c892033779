"""A teacher's labels against known answers: what counts as right, and what is left out."""

import json
from typing import Any

import pytest

from evaluation.everyday.facts import score_exchange
from evaluation.labels import score_labels
from runtime_py.files import Example
from runtime_py.operations.generate import UNANSWERABLE

MEMORIES = [{"text": "I moved to Oslo on 3 May 2024.", "date": "2024-05-04", "speaker": "Ana"}]
SAID = [("Ana", "I moved to Oslo last Friday, and my brother Leo got a cat."), ("Ben", "Lovely, I only drink tea.")]
GOLD = ["Ana moved to Oslo", "Ana's brother Leo got a cat", "Ben only drinks tea"]


def _question(number: int, target: str, kind: str = "single_hop") -> Example:
    return Example(str(number), {"question": "Where did Ana move?", "memories": MEMORIES}, target, kind)


def _values(figures: Any) -> dict[str, tuple[int, int]]:
    return {name: (share.k, share.n) for name, share in figures.items() if hasattr(share, "k")}


def test_answers_are_judged_as_everyday_ones_and_dropped_rows_count_apart() -> None:
    rows = [_question(0, "Oslo"), _question(1, "3 May 2024", "temporal"), _question(2, UNANSWERABLE), _question(3, "x")]
    labels = ["To Oslo", "last Friday", UNANSWERABLE, None]
    assert _values(score_labels("generate", rows, labels)) == {
        "labelled": (3, 4),
        "answered": (1, 2),
        "answered, single_hop": (1, 1),
        "answered, temporal": (0, 1),
        "answerable, refused": (0, 2),
        "unanswerable, refused": (1, 1),
    }
    assert _values(score_labels("generate", rows[:1], [UNANSWERABLE]))["answerable, refused"] == (1, 1)


def test_sentences_are_found_or_not() -> None:
    message = {"role": "user", "speaker": "", "text": "Hello. I live in Oslo. I have a cat."}
    row = Example("s", {"date": None, "before": [], "messages": [message]}, '{"keep":[2,3]}')
    figures = score_labels("select", [row], ['{"keep":[1,2]}'])
    assert figures["sentence F1"].value == 0.5
    assert _values(figures)["labelled"] == (1, 1)


def test_facts_are_true_in_other_words_and_invented_ones_are_found() -> None:
    score = score_exchange(SAID, None, GOLD, ["Ana has moved to Oslo", "Ben drinks tea only", "Leo bought a horse"])
    assert dict(score.verdicts) == {"true": 2, "invented": 1}
    assert (score.told, score.gold) == (2, 3)
    messages = [{"role": "user", "speaker": speaker, "text": text} for speaker, text in SAID]
    row = Example("e", {"date": None, "messages": messages}, json.dumps({"facts": GOLD}))
    assert _values(score_labels("extract", [row], [json.dumps({"facts": GOLD})])) == {
        "labelled": (1, 1),
        "facts true": (3, 3),
        "facts idle": (0, 3),
        "facts invented": (0, 3),
        "gold facts told": (3, 3),
    }


@pytest.mark.parametrize("said", [SAID[:1], SAID[:1] * 2])
def test_an_exchange_without_gold_makes_nothing_true(said: list[tuple[str, str]]) -> None:
    score = score_exchange(said, None, [], ["Ana moved to Oslo"])
    assert dict(score.verdicts) == {"idle": 1}
    assert (score.told, score.gold) == (0, 0)
