"""Which old memories stand beside a text: shared words, rare ones counting more, with noise so that rankings vary."""

import math
import re
from collections.abc import Mapping, Sequence
from random import Random

_WORD = re.compile(r"\w+")


def words(text: str) -> frozenset[str]:
    """The different words of a text in lower case."""
    return frozenset(_WORD.findall(text.lower()))


def word_weights(texts: Sequence[str]) -> dict[str, float]:
    """log(1 + n / texts with the word) for each word of n texts."""
    counts: dict[str, int] = {}
    for text in texts:
        for word in words(text):
            counts[word] = counts.get(word, 0) + 1
    return {word: math.log(1 + len(texts) / count) for word, count in counts.items()}


def rank(
    query: str, texts: Sequence[str], weights: Mapping[str, float], random: Random, noise: float = 0.5
) -> list[str]:
    """`texts` from nearest to farthest of `query`; `noise` is the deviation of a factor on each score."""
    asked = words(query)
    scores = {
        # rounded once: a set has another order in every process, and equal sums must stay equal
        text: math.fsum(weights.get(word, 0.0) for word in asked & words(text)) * max(0.0, random.gauss(1.0, noise))
        for text in texts
    }
    return sorted(texts, key=lambda text: -scores[text])
