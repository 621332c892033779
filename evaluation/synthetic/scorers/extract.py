"""extract: facts against facts, as multisets of normalised text."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from evaluation.figures.intervals import Ratio, Share
from evaluation.synthetic.scorers import Scorer, Summary
from evaluation.synthetic.scores import match_facts
from runtime_py.files import Example
from runtime_py.operations.extract import OPERATION


def judge(predicted: list[str], row: Example) -> dict[str, Any]:
    return asdict(match_facts(predicted, OPERATION.parse(row.target)))


def summarise(results: Sequence[Mapping[str, Any]]) -> Summary:
    hits = tuple(2.0 * r["hits"] for r in results)
    return {
        "fact F1": Ratio(hits, tuple(float(r["predicted"] + r["gold"]) for r in results)),
        "facts found": Share(sum(r["hits"] for r in results), sum(r["gold"] for r in results)),
        "facts right": Share(sum(r["hits"] for r in results), sum(r["predicted"] for r in results)),
        "all facts exact": Share.of([r["hits"] == r["predicted"] == r["gold"] for r in results]),
    }


SCORER = Scorer(judge, summarise)
