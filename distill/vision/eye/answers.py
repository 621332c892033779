"""The answers that facts alone would give, by kind of question: how much the base could read there."""

from collections.abc import Mapping

import torch

from distill.corpus.scenes import Question
from distill.corpus.scenes.pictograms import plural
from distill.vision.told import CATEGORY_WORDS, FACTS


def answer(shares: Mapping[str, torch.Tensor], row: int, question: Question) -> str:
    """The likeliest word of the fact that is asked for, of picture `row`."""
    words = question.text.casefold().rstrip("?.").replace(",", "").split()
    asked = [place for word in words for place, name in enumerate(CATEGORY_WORDS) if word in (name, plural(name))]
    if question.kind == "larger":
        return CATEGORY_WORDS[max(asked, key=lambda place: float(shares["largest"][row, 0, place]))]
    fact = {"count": "count", "where": "place", "unusual": "odd", "text": "sign", "colour": "part"}[question.kind]
    query = asked[0] if asked and question.kind in ("count", "where") else 0
    told = [share for share, word in zip(shares[fact][row, query], FACTS[fact].words, strict=True) if word != "none"]
    return FACTS[fact].words[int(torch.stack(told).argmax())]
