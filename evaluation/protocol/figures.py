"""Answers -> figures: L and its parts, official F1 and J over categories 1 to 4, refusals of category 5 apart."""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.figures.intervals import Ratio, Share
from evaluation.locomo.score import ADVERSARIAL, CATEGORY_NAMES, official_score
from evaluation.protocol.answers import Record
from evaluation.protocol.judging import Asked, Judge
from evaluation.protocol.texts import PARTS, Composite
from runtime_py.dialogues import Dialogue

REFUSED = "5 adversarial, refused"


def score(dialogue: Dialogue, answers: Sequence[Record], composite: Composite, judge: Judge) -> list[dict[str, Any]]:
    """The answers with their scores; `right` is the judge's verdict, None where it gave none, absent in category 5."""
    questions = {question.id: question for question in dialogue.questions}
    scored = []
    for record in answers:
        question, category = questions[record["id"]], int(record["category"])
        row = {**record, "F1": round(official_score(category, record["answer"], question.answer), 6)}
        if category != ADVERSARIAL:
            row |= composite.score(record["answer"], question.answer)
        scored.append(row)
    asked = [
        Asked(f"{dialogue.id}/{row['id']}", questions[row["id"]], row["answer"])
        for row in scored
        if row["category"] != ADVERSARIAL
    ]
    verdicts = dict(zip((each.id for each in asked), judge.judge(asked), strict=True))
    return [
        {**row, "right": verdicts[key]} if (key := f"{dialogue.id}/{row['id']}") in verdicts else row for row in scored
    ]


def summarise(scored: Sequence[Record]) -> dict[str, Share | Ratio]:
    """Figures of one row and seed; a verdict that the judge did not give counts as wrong and is told."""
    kept = [row for row in scored if row["category"] != ADVERSARIAL]
    figures: dict[str, Share | Ratio] = {"L": Ratio.mean([row["L"] for row in kept])}
    figures["J"] = Share.of([row["right"] is True for row in kept])
    figures["F1"] = Ratio.mean([row["F1"] for row in kept])
    figures |= {part: Ratio.mean([row[part] for row in kept]) for part in PARTS}
    for category, name in CATEGORY_NAMES.items():
        rows = [row for row in kept if row["category"] == category]
        if rows:
            figures[f"{category} {name}, F1"] = Ratio.mean([row["F1"] for row in rows])
            figures[f"{category} {name}, J"] = Share.of([row["right"] is True for row in rows])
    figures[REFUSED] = Share.of([row["F1"] == 1 for row in scored if row["category"] == ADVERSARIAL])
    figures["judge gave no verdict"] = Share.of([row["right"] is None for row in kept])
    figures["read"] = Ratio.mean([row["read"] for row in scored])
    figures["found"] = Ratio.mean([row["found"] for row in scored])
    return figures


def over_seeds(seeds: Mapping[int, Mapping[str, Share | Ratio]]) -> dict[str, dict[str, Any]]:
    """Of each figure `{"mean", "lowest", "highest", "seeds", "n"}` and, of shares, `k` of one run on average.

    Wilson's interval is that of one run: seeds answer the same questions and are no further ones.
    """
    first = next(iter(seeds.values()))
    told: dict[str, dict[str, Any]] = {}
    for name, figure in first.items():
        found = [figures[name] for figures in seeds.values()]
        values = [each.value for each in found]
        told[name] = {
            "mean": sum(values) / len(values), "lowest": min(values), "highest": max(values),
            "seeds": len(values), "n": figure.n,
        }  # fmt: skip
        if isinstance(figure, Share):
            shares = [each for each in found if isinstance(each, Share)]
            run = Share(round(sum(each.k for each in shares) / len(shares)), figure.n)
            told[name] |= {"k": [each.k for each in shares], **{key: run.as_json()[key] for key in ("low", "high")}}
    return told
