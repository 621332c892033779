"""update: the events of the rows, their ids and texts."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from evaluation.figures.intervals import Share
from evaluation.synthetic.scorers import Scorer, Summary
from evaluation.synthetic.scores import match_events
from runtime_py.files import Example
from runtime_py.operations.update import OPERATION, MemoryEvent


def judge(predicted: list[MemoryEvent], row: Example) -> dict[str, Any]:
    hits = match_events(predicted, OPERATION.parse(row.target))
    return {**asdict(hits), "exact": hits.exact}


def summarise(results: Sequence[Mapping[str, Any]]) -> Summary:
    return {
        "event and id": Share(sum(r["events"] for r in results), sum(r["gold"] for r in results)),
        "update text exact": Share(sum(r["texts"] for r in results), sum(r["texts_gold"] for r in results)),
        "rows nobody asked for": Share(sum(r["extra"] for r in results), sum(r["predicted"] for r in results)),
        "whole update exact": Share.of([r["exact"] for r in results]),
    }


SCORER = Scorer(judge, summarise)
