"""extract: facts against facts, as multisets of normalised text; a teacher's by what they tell."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from evaluation.everyday.facts import score_exchange
from evaluation.figures.intervals import Share
from evaluation.synthetic.scorers import Scorer, Summary
from evaluation.synthetic.scores import match_facts, summarise_hits
from runtime_py.files import Example
from runtime_py.operations.extract import OPERATION


def judge(predicted: list[str], row: Example) -> dict[str, Any]:
    return asdict(match_facts(predicted, OPERATION.parse(row.target)))


def judge_label(predicted: list[str], row: Example) -> dict[str, Any]:
    given = OPERATION.read_input(row.input)
    said = [(message.speaker or message.role, message.text) for message in given.messages]
    score = score_exchange(said, given.session_date, OPERATION.parse(row.target), predicted)
    return {**score.verdicts, "told": score.told, "gold": score.gold, "written": len(predicted)}


def summarise_labels(results: Sequence[Mapping[str, Any]]) -> Summary:
    written = sum(r["written"] for r in results)
    figures: Summary = {
        f"facts {verdict}": Share(sum(r.get(verdict, 0) for r in results), written)
        for verdict in ("true", "idle", "invented")
    }
    return {**figures, "gold facts told": Share(sum(r["told"] for r in results), sum(r["gold"] for r in results))}


SCORER = Scorer(judge, partial(summarise_hits, "fact"))
LABELS = Scorer(judge_label, summarise_labels)
