"""generate: exact answers, in all and by kind of question; a teacher's by the judge of the everyday suite."""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.everyday.judge import is_right
from evaluation.figures.intervals import Share
from evaluation.synthetic.scorers import Scorer, Summary
from evaluation.synthetic.scores import answers_match
from runtime_py.dialogues import Question
from runtime_py.files import Example
from runtime_py.operations.generate import is_refusal


def judge(predicted: str, row: Example) -> dict[str, Any]:
    kind = row.kind or "value"
    return {"exact": answers_match(predicted, row.target, kind), "kind": kind}


def summarise(results: Sequence[Mapping[str, Any]]) -> Summary:
    kinds = sorted({r["kind"] for r in results})
    by_kind: Summary = {
        f"exact, {kind}": Share.of([r["exact"] for r in results if r["kind"] == kind]) for kind in kinds
    }
    return {"exact": Share.of([r["exact"] for r in results]), **by_kind}


SCORER = Scorer(judge, summarise)


def judge_label(predicted: str, row: Example) -> dict[str, Any]:
    """The row's own target is the gold answer; a refusal is right where the row holds no evidence."""
    kind = "unanswerable" if is_refusal(row.target) else row.kind
    question = Question(row.id, str(row.input["question"]), kind, row.target)
    return {"right": is_right(predicted, question), "refused": is_refusal(predicted), "kind": kind}


def summarise_labels(results: Sequence[Mapping[str, Any]]) -> Summary:
    known = [r for r in results if r["kind"] != "unanswerable"]
    figures: Summary = {"answered": Share.of([r["right"] for r in known])}
    for kind in sorted({r["kind"] for r in known} - {""}):
        figures[f"answered, {kind}"] = Share.of([r["right"] for r in known if r["kind"] == kind])
    figures["answerable, refused"] = Share.of([r["refused"] for r in known])
    figures["unanswerable, refused"] = Share.of([r["refused"] for r in results if r["kind"] == "unanswerable"])
    return figures


LABELS = Scorer(judge_label, summarise_labels)
