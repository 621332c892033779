"""The four parts of the paper's composite L, each from 0 to 1. Their settings are not published: ours are here.

- ROUGE-1 (Lin 2004): F1 of the multisets of words; words are runs of a-z and 0-9 in lower case, not stemmed.
- METEOR (Banerjee and Lavie 2005; alpha 0.9, beta 3, gamma 0.5): words matched as they are, then by their Porter stems.
  Synonyms are left out: they need WordNet, which would have to be downloaded.
- BERTScore (Zhang et al. 2020): F1 of each token's best cosine, without idf and without a baseline; `[CLS]` and `[SEP]`
  may be matched and are not counted, as in the authors' code.
- SentenceBERT: the cosine of two sentence vectors, negative ones as 0.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from evaluation.locomo.porter import stem
from runtime_py.store import Embedder, Vectors

PARTS = ("ROUGE-1", "METEOR", "BERTScore", "SentenceBERT")
Encode = Callable[[str], Vectors]
"""A text -> unit vectors of its tokens `[T, D]`, the first and last of them for `[CLS]` and `[SEP]`."""
_ALPHA, _BETA, _GAMMA = 0.9, 3.0, 0.5


def words(text: str) -> list[str]:
    """Runs of letters and digits in lower case."""
    return re.findall(r"[a-z0-9]+", text.lower())


def rouge1(output: str, gold: str) -> float:
    """F1 of the words."""
    given, wanted = Counter(words(output)), Counter(words(gold))
    shared = (given & wanted).total()
    return 2 * shared / (given.total() + wanted.total()) if shared else 0.0


def meteor(output: str, gold: str) -> float:
    """METEOR of the words with exact and stem matches."""
    given, wanted = list(enumerate(words(output))), list(enumerate(words(gold)))
    sizes = len(given), len(wanted)
    matches = _match(given, wanted)
    stemmed = [[(place, stem(word)) for place, word in left] for left in (given, wanted)]
    matches = sorted([*matches, *_match(*stemmed)])
    if not matches:
        return 0.0
    precision, recall = (len(matches) / size for size in sizes)
    mean = precision * recall / (_ALPHA * precision + (1 - _ALPHA) * recall)
    chunks = 1 + sum((a[0] + 1, a[1] + 1) != b for a, b in pairwise(matches))
    penalty: float = _GAMMA * (chunks / len(matches)) ** _BETA
    return mean * (1 - penalty)


def _match(given: list[tuple[int, str]], wanted: list[tuple[int, str]]) -> list[tuple[int, int]]:
    """Pairs of places with equal words, from the ends on; what is matched is taken out of both lists."""
    found = []
    for here in reversed(list(given)):
        there = next((each for each in reversed(wanted) if each[1] == here[1]), None)
        if there is not None:
            found.append((here[0], there[0]))
            given.remove(here)
            wanted.remove(there)
    return found


def bertscore(output: Vectors, gold: Vectors) -> float:
    """F1 of two texts' token vectors `[T, D]`; 0 where a text has no token."""
    if len(output) < 3 or len(gold) < 3:
        return 0.0
    near = output @ gold.T
    precision, recall = float(near[1:-1].max(1).mean()), float(near[:, 1:-1].max(0).mean())
    return max(0.0, 2 * precision * recall / (precision + recall)) if precision + recall > 0 else 0.0


class Composite:
    """L and its parts for answers; a gold answer is encoded once."""

    def __init__(self, encode: Encode, embedder: Embedder) -> None:
        self._encode, self._embedder = encode, embedder
        self._known: dict[str, tuple[Vectors, Vectors]] = {}

    def score(self, output: str, gold: str) -> dict[str, float]:
        """By part, and `L`, their plain mean."""
        (tokens, vector), (gold_tokens, gold_vector) = self._encoded(output), self._encoded(gold)
        found = (
            rouge1(output, gold),
            meteor(output, gold),
            bertscore(tokens, gold_tokens),
            max(0.0, float(np.dot(vector, gold_vector))),
        )
        parts = {name: round(value, 6) for name, value in zip(PARTS, found, strict=True)}
        return {**parts, "L": round(sum(found) / len(found), 6)}

    def _encoded(self, text: str) -> tuple[Vectors, Vectors]:
        if text not in self._known:
            self._known[text] = self._encode(text), self._embedder.embed([text])[0]
        return self._known[text]


def mean(values: Sequence[float]) -> float:
    """0 where nothing was counted."""
    return sum(values) / len(values) if values else 0.0
