"""What answers about pictures are worth without the picture: learnt on training rows, judged like an expert.

`majority` says the most frequent answer of the question's kind. `question` reads the question: naive Bayes over its
words (add-one), or, where answers stand in the question themselves, over which of them is the answer.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

from evaluation.figures.intervals import Share
from evaluation.synthetic.scorers import scorer
from runtime_py.files import Example
from runtime_py.operations.vqa import OPERATION, VqaAnswer

Guess = Callable[[Example], str]
_WORD = re.compile(r"\w+")
_OFFERED = re.compile(r"the (\w+) or the (\w+)")


def majority(rows: Sequence[Example]) -> Guess:
    """The most frequent answer of each kind, the first by alphabet of several; of two offered, the first or second."""
    places = _by_kind(rows, _place)
    chosen = {kind: _most(counted) for kind, counted in places.items()}
    return lambda row: _told(row, chosen.get(row.kind, ""))


def question(rows: Sequence[Example]) -> Guess:
    """The answer that the question's words make likeliest, kind by kind."""
    places = _by_kind(rows, _place)
    counts: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for row in rows:
        counts[row.kind][_place(row)].update(_words(row))
    known = {kind: len(set().union(*by.values())) + 1 for kind, by in counts.items()}

    def guess(row: Example) -> str:
        if row.kind not in places:
            return ""
        total = places[row.kind].total()

        def likely(place: str) -> float:
            words = counts[row.kind][place]
            held = words.total() + known[row.kind]
            score = math.log(places[row.kind][place] / total)
            return score + sum(math.log((words[word] + 1) / held) for word in _words(row))

        return _told(row, max(sorted(places[row.kind]), key=likely))

    return guess


BASELINES: dict[str, Callable[[Sequence[Example]], Guess]] = {"majority": majority, "question": question}


def judge_baselines(train: Sequence[Example], rows: Sequence[Example]) -> dict[str, dict[str, Share]]:
    """The figures of each baseline, learnt from `train`, on `rows`: baseline -> figure -> share."""
    figures: dict[str, dict[str, Share]] = {}
    for name, learn in BASELINES.items():
        guess = learn(train)
        judged = [scorer(OPERATION.name).judge(VqaAnswer(guess(row), ""), row) for row in rows]
        summary = scorer(OPERATION.name).summarise(judged)
        figures[name] = {figure: value for figure, value in summary.items() if isinstance(value, Share)}
        figures[name].pop("reasons equal")
    return figures


def _by_kind(rows: Sequence[Example], name: Callable[[Example], str]) -> Mapping[str, Counter[str]]:
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        counted[row.kind][name(row)] += 1
    return counted


def _most(counted: Counter[str]) -> str:
    return min(counted, key=lambda answer: (-counted[answer], answer))


def _words(row: Example) -> list[str]:
    return _WORD.findall(str(row.input["question"]).casefold())


def _offered(row: Example) -> tuple[str, ...]:
    found = _OFFERED.search(str(row.input["question"]))
    return found.groups() if found else ()


def _place(row: Example) -> str:
    """The answer; of two that the question offers, which one it is: names differ from split to split."""
    answer = OPERATION.parse(row.target).answer
    return f"#{_offered(row).index(answer)}" if answer in _offered(row) else answer


def _told(row: Example, place: str) -> str:
    offered = _offered(row)
    return offered[int(place[1:])] if place.startswith("#") and offered else place
