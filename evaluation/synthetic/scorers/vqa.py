"""vqa: the word, whatever its capitals, in all and for each kind of question; the reason is told apart."""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.figures.intervals import Share
from evaluation.synthetic.scorers import Scorer, Summary
from evaluation.synthetic.scores import normalise
from runtime_py.files import Example
from runtime_py.operations.vqa import OPERATION, VqaAnswer


def judge(predicted: VqaAnswer, row: Example) -> dict[str, Any]:
    """`right` is of the word alone; `reason` whether the sentence is the teacher's."""
    gold = OPERATION.parse(row.target)
    return {
        "kind": row.kind,
        "right": normalise(predicted.answer) == normalise(gold.answer),
        "reason": normalise(predicted.reason) == normalise(gold.reason),
    }


def summarise(results: Sequence[Mapping[str, Any]]) -> Summary:
    """The share of right words, then that of each kind, sorted; then that of equal reasons."""
    kinds = sorted({str(r["kind"]) for r in results})
    return {
        "answers right": Share.of([r["right"] for r in results]),
        **{f"{kind} right": Share.of([r["right"] for r in results if r["kind"] == kind]) for kind in kinds if kind},
        "reasons equal": Share.of([r["reason"] for r in results]),
    }


SCORER = Scorer(judge, summarise)
