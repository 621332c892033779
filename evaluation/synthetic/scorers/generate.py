"""generate: exact answers, in all and by kind of question."""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.figures.intervals import Share
from evaluation.synthetic.scorers import Scorer, Summary
from evaluation.synthetic.scores import answers_match
from runtime_py.files import Example


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
