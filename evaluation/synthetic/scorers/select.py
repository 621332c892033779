"""select: the numbers of the kept sentences, as sets."""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.figures.intervals import Ratio, Share
from evaluation.synthetic.scorers import Scorer, Summary
from runtime_py.files import Example
from runtime_py.operations.select import OPERATION


def judge(predicted: list[int], row: Example) -> dict[str, Any]:
    gold = set(OPERATION.parse(row.target))
    return {"hits": len(gold & set(predicted)), "predicted": len(set(predicted)), "gold": len(gold)}


def summarise(results: Sequence[Mapping[str, Any]]) -> Summary:
    hits = tuple(2.0 * r["hits"] for r in results)
    return {
        "sentence F1": Ratio(hits, tuple(float(r["predicted"] + r["gold"]) for r in results)),
        "sentences found": Share(sum(r["hits"] for r in results), sum(r["gold"] for r in results)),
        "sentences right": Share(sum(r["hits"] for r in results), sum(r["predicted"] for r in results)),
        "all sentences exact": Share.of([r["hits"] == r["predicted"] == r["gold"] for r in results]),
    }


SCORER = Scorer(judge, summarise)
