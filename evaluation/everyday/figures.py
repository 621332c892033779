"""What the records of dialogues come to: answers by way, the memory itself, and what both cost."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evaluation.everyday.facts import FactScore, score_facts
from evaluation.everyday.judge import is_right
from evaluation.everyday.spelling import content, spell
from evaluation.figures.intervals import Ratio, Share
from runtime_py.dialogues import Dialogue, Question
from runtime_py.operations.generate import is_refusal

KINDS = ("single_hop", "multi_hop", "temporal", "changed", "retracted", "past")
Figures = dict[str, Any]
Record = Mapping[str, Any]


def answer_figures(dialogues: Sequence[Dialogue], records: Sequence[Record]) -> Figures:
    """Of one way: right answers in all and by kind, refusals where they are right and where not, stale answers, and
    questions all of whose evidence was read (not of a way that reads nothing). What no question counts for is left out.

    An answer is stale when it is wrong and what it says stood in a fact that a turn of the evidence replaced, and does
    not stand in the new one.
    """
    asked = [
        (dialogue, question, record)
        for dialogue, rows in zip(dialogues, records, strict=True)
        for question, record in zip(dialogue.questions, rows["answers"], strict=True)
    ]
    known = [(d, q, r, is_right(r["answer"], q)) for d, q, r in asked if q.kind != "unanswerable"]
    figures: dict[str, Share] = {"answered": Share.of([right for *_, right in known])}
    for kind in KINDS:
        figures[kind] = Share.of([right for _, q, _, right in known if q.kind == kind])
    figures["unanswerable, refused"] = Share.of(
        [is_refusal(r["answer"]) for _, q, r in asked if q.kind == "unanswerable"]
    )
    figures["answerable, refused"] = Share.of([is_refusal(r["answer"]) for _, _, r, _ in known])
    changed = [
        (replaced, q, r, right) for d, q, r, right in known if q.kind != "past" and (replaced := _replaced(d, q))
    ]
    figures["stale"] = Share.of([not right and _is_stale(r["answer"], q, old) for old, q, r, right in changed])
    if any(record["read"] for _, _, record in asked):
        figures["evidence read"] = Share.of([set(q.evidence) <= set(r["read"]) for _, q, r, _ in known if q.evidence])
    return {name: share for name, share in figures.items() if share.n}


def _replaced(dialogue: Dialogue, question: Question) -> list[tuple[str, str]]:
    """(old, new) of the facts that the question's evidence replaced."""
    evidence = [turn for turn in dialogue.turns if turn.id in question.evidence]
    events = [event for turn in evidence for event in turn.events or ()]
    return [(event.old, event.text) for event in events if event.event == "UPDATE" and event.old]


def _is_stale(answer: str, question: Question, replaced: Sequence[tuple[str, str]]) -> bool:
    """What the answer says beyond the question stood in an old fact and does not stand in the new one."""
    said = content(spell(answer)) - content(spell(question.text))
    if is_refusal(answer) or not said:
        return False
    return any(said <= content(spell(old)) and not said <= content(spell(new)) for old, new in replaced)


def memory_figures(dialogues: Sequence[Dialogue], records: Sequence[Record]) -> Figures:
    """What became of exchanges, and stored facts against gold ones where there are such (`facts` says how)."""
    scores = [score_facts(dialogue, record) for dialogue, record in zip(dialogues, records, strict=True)]
    total = sum(scores, FactScore())
    stored = total.verdicts.total()
    states = [row["status"] for record in records for row in record["exchanges"]]
    figures: Figures = {
        "stored facts invented": Share(total.verdicts["invented"], stored),
        "exchanges failed": Share.of([state == "failed" for state in states]),
    }
    if total.gold:
        figures |= {
            "stored facts true": Share(total.verdicts["true"], stored),
            "stored facts idle": Share(total.verdicts["idle"], stored),
            "gold facts told": Share(total.told, total.gold),
            "true memories destroyed": Share(total.destroyed, total.true_memories),
        }
    return figures


def cost_figures(memory: Sequence[Record], ways: Mapping[str, Sequence[Record]]) -> Figures:
    """Seconds (the median) and calls of the model for each exchange that is added and each question that is asked."""
    rows = {"an exchange added": [row for record in memory for row in record["exchanges"]]}
    rows |= {f"a question, {way}": [row for record in ways[way] for row in record["answers"]] for way in ways}
    return {
        name: {"seconds": _median([row["seconds"] for row in found]), "calls": Ratio.mean([r["calls"] for r in found])}
        for name, found in rows.items()
        if any(row["calls"] for row in found)
    }


def _median(values: Sequence[float]) -> dict[str, Any]:
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
    return {"median": float(middle), "low": float(low), "high": float(high), "interval": "p5 to p95", "n": len(values)}


def example(dialogue: Dialogue, memory: Record, ways: Mapping[str, Record]) -> Figures:
    """One dialogue to look at: turns, stored facts with their verdicts, questions with every way's answer."""
    turns = [
        {"id": turn.id, "day": session.date.isoformat() if session.date else "", "speaker": turn.speaker,
         "text": turn.text}
        for session in dialogue.sessions
        for turn in session.turns
    ]  # fmt: skip
    questions = []
    for place, question in enumerate(dialogue.questions):
        answers = {way: record["answers"][place]["answer"] for way, record in ways.items()}
        judged = {way: {"answer": answer, "right": is_right(answer, question)} for way, answer in answers.items()}
        gold = [question.answer, *question.alternatives]
        questions.append({"text": question.text, "kind": question.kind, "gold": gold, "answers": judged})
    return {"id": dialogue.id, "turns": turns, "stored": score_facts(dialogue, memory).rows, "questions": questions}
