"""select: the numbers of the kept sentences, as sets."""

from dataclasses import asdict
from functools import partial
from typing import Any

from evaluation.synthetic.scorers import Scorer
from evaluation.synthetic.scores import Hits, summarise_hits
from runtime_py.files import Example
from runtime_py.operations.select import OPERATION


def judge(predicted: list[int], row: Example) -> dict[str, Any]:
    return asdict(Hits.of(set(predicted), set(OPERATION.parse(row.target))))


SCORER = Scorer(judge, partial(summarise_hits, "sentence"))
