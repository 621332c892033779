"""extract: facts against facts, as multisets of normalised text."""

from dataclasses import asdict
from functools import partial
from typing import Any

from evaluation.synthetic.scorers import Scorer
from evaluation.synthetic.scores import match_facts, summarise_hits
from runtime_py.files import Example
from runtime_py.operations.extract import OPERATION


def judge(predicted: list[str], row: Example) -> dict[str, Any]:
    return asdict(match_facts(predicted, OPERATION.parse(row.target)))


SCORER = Scorer(judge, partial(summarise_hits, "fact"))
