"""Stored facts, stale answers, evidence and cost of records written by hand."""

from datetime import date
from typing import Any

import pytest

from evaluation.everyday.facts import FactScore, score_facts
from evaluation.everyday.figures import answer_figures, cost_figures, example, memory_figures
from evaluation.figures.intervals import Share
from runtime_py.dialogues import Dialogue, OracleEvent, Question, Session, Turn

LIVES, MOVED = "The user lives in Kluvo", "The user lives in Trem"
SISTER = "The user's sister Ana is a vet in Brug and plays chess on Mondays"


def add(*texts: str) -> dict[str, Any]:
    return {"facts": texts, "events": tuple(OracleEvent("ADD", text) for text in texts)}


def dialogue() -> Dialogue:
    first = (
        Turn(
            "1", "Me", "I live in Kluvo. My sister Ana is a vet in Brug, plays chess on Mondays.", **add(LIVES, SISTER)
        ),
        Turn("2", "Assistant", "Noted.", (), ()),
    )
    second = (Turn("3", "Me", "I moved to Trem last Friday.", (MOVED,), (OracleEvent("UPDATE", MOVED, LIVES),)),)
    questions = (
        Question("q1", "Where do I live?", "changed", "Trem", ("3",)),
        Question("q2", "Where does my sister work?", "multi_hop", "Brug", ("1", "2")),
        Question("q3", "What is my shoe size?", "unanswerable", "no information available"),
    )
    sessions = (Session(date(2024, 3, 12), first), Session(date(2024, 4, 2), second))
    return Dialogue("x1", ("Me", "Assistant"), sessions, questions)


def event(name: str, row: int, text: str, previous: str | None = None) -> dict[str, Any]:
    return {"id": row, "memory": text, "event": name, "previous_memory": previous}


def record(first: list[dict[str, Any]], second: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    rows = (["1", "2"], first), (["3"], second or [])
    return {"exchanges": [{"turns": t, "status": "stored", "seconds": 0.5, "calls": 2, "events": e} for t, e in rows]}


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("The user lives in Kluvo", "true"),
        ("I live in Kluvo.", "true"),
        ("My sister Ana is a vet in Brug, plays chess on Mondays.", "true"),
        ("Ana is a vet and plays chess", "true"),
        ("The user is a vet in Brug and plays chess on Mondays", "idle"),  # of the sister, not of the user
        ("The user lives in Kluvo, Portugal", "invented"),
        ("The user lives in Kluvo since 1999", "invented"),
        ("The user has a sister", "idle"),
        ("The user enjoys sailing", "invented"),
    ],
)
def test_verdicts(text: str, verdict: str) -> None:
    score = score_facts(dialogue(), record([event("ADD", 1, text)]))
    assert [row["verdict"] for row in score.rows] == [verdict]


def test_days_are_grounded_where_the_text_resolves_them() -> None:
    texts = ["The user moved to Trem on 29 March 2024", "The user moved to Trem in March 2024", "Trem, 28 March 2024"]
    score = score_facts(dialogue(), record([], [event("ADD", row, text) for row, text in enumerate(texts)]))
    assert [row["verdict"] for row in score.rows] == ["true", "true", "invented"]


def test_gold_facts_told_and_true_memories_destroyed() -> None:
    first = [event("ADD", 1, LIVES), event("ADD", 2, SISTER)]
    right = score_facts(dialogue(), record(first, [event("UPDATE", 1, MOVED, LIVES)]))
    assert (right.told, right.gold, right.true_memories, right.destroyed) == (3, 3, 3, 0)
    wrong = score_facts(dialogue(), record(first, [event("UPDATE", 2, MOVED, SISTER)]))
    assert (wrong.told, wrong.destroyed) == (3, 1)
    ended = score_facts(dialogue(), record(first, [event("DELETE", 2, SISTER, SISTER)]))
    assert (ended.told, ended.destroyed) == (2, 1)
    grown = score_facts(dialogue(), record(first, [event("UPDATE", 2, f"{SISTER} in Trem", SISTER)]))
    assert grown.destroyed == 0
    assert (right + wrong).told == 6
    assert FactScore() + right == right


def answers(*given: tuple[str, list[str]]) -> dict[str, Any]:
    rows = zip(("q1", "q2", "q3"), given, strict=True)
    return {"answers": [{"id": i, "answer": a, "read": r, "seconds": 0.1, "calls": 1} for i, (a, r) in rows]}


def test_stale_answers_and_evidence() -> None:
    given = answers(("You live in Kluvo", ["1", "3"]), ("Brug", ["1"]), ("no information available", []))
    figures = answer_figures([dialogue()], [given])
    assert figures["stale"] == Share(1, 1)
    assert figures["evidence read"] == Share(1, 2)
    assert (figures["answered"], figures["multi_hop"]) == (Share(1, 2), Share(1, 1))
    assert figures["unanswerable, refused"] == Share(1, 1)
    assert figures["answerable, refused"] == Share(0, 2)
    fresh = answers(("Trem", ["3"]), ("no information available", []), ("43", []))
    again = answer_figures([dialogue()], [fresh])
    assert (again["stale"], again["unanswerable, refused"]) == (Share(0, 1), Share(0, 1))
    assert again["answerable, refused"] == Share(1, 2)


def test_the_memory_and_its_cost() -> None:
    kept = record([event("ADD", 1, LIVES), event("ADD", 2, "The user enjoys sailing")])
    figures = memory_figures([dialogue()], [kept])
    assert figures["stored facts true"] == Share(1, 2)
    assert figures["stored facts invented"] == Share(1, 2)
    assert figures["gold facts told"] == Share(1, 3)
    given = answers(("Trem", []), ("Brug", []), ("43", []))
    refusal = {"answers": [row | {"calls": 0} for row in given["answers"]]}
    cost = cost_figures([kept], {"turns": [given], "refusal": [refusal]})
    assert list(cost) == ["an exchange added", "a question, turns"]
    assert cost["an exchange added"]["seconds"]["median"] == 0.5
    assert cost["a question, turns"]["calls"].value == 1


def test_an_example_shows_turns_stored_facts_and_every_answer() -> None:
    given = answers(("Trem", []), ("Ana", []), ("43", []))
    shown = example(dialogue(), record([event("ADD", 1, LIVES)]), {"turns": given})
    assert [turn["speaker"] for turn in shown["turns"]] == ["Me", "Assistant", "Me"]
    assert shown["stored"] == [{"text": LIVES, "verdict": "true", "turns": ["1", "2"]}]
    assert [q["answers"]["turns"]["right"] for q in shown["questions"]] == [True, False, False]
