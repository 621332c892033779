"""LoCoMo's official score by category number (Maharana et al. 2024, `task_eval/evaluation.py`)."""

import re
import string
from collections import Counter

from evaluation.locomo.porter import stem

MULTI_HOP, TEMPORAL, OPEN_DOMAIN, SINGLE_HOP, ADVERSARIAL = 1, 2, 3, 4, 5
CATEGORY_NAMES = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop", 5: "adversarial"}
_REFUSALS = ("no information available", "not mentioned")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalise(text: str) -> list[str]:
    """Lower-cased words without punctuation, a, an, the and and."""
    bare = text.replace(",", "").lower().translate(_PUNCTUATION)
    return re.sub(r"\b(a|an|the|and)\b", " ", bare).split()


def token_f1(output: str, gold: str) -> float:
    """F1 of the two multisets of Porter stems; 0 when they share none."""
    given, wanted = Counter(map(stem, normalise(output))), Counter(map(stem, normalise(gold)))
    shared = (given & wanted).total()
    return 2 * shared / (given.total() + wanted.total()) if shared else 0.0


def official_score(category: int, output: str, gold: str) -> float:
    """The official score of one answer, 0 to 1.

    Category 1 averages, over the comma parts of the gold answer, the best F1 of a comma part of the output; 3 reads
    the gold answer up to its first `;`; 5 is 1 for a refusal, whatever the gold answer; 2 and 4 are the plain F1.

    Raises:
        ValueError: another category.
    """
    if category == ADVERSARIAL:
        return float(any(phrase in output.lower() for phrase in _REFUSALS))
    if category == MULTI_HOP:
        parts = [part.strip() for part in output.split(",")]
        wanted = [part.strip() for part in gold.split(",")]
        return sum(max(token_f1(part, want) for part in parts) for want in wanted) / len(wanted)
    if category == OPEN_DOMAIN:
        return token_f1(output, gold.split(";")[0].strip())
    if category in (TEMPORAL, SINGLE_HOP):
        return token_f1(output, gold)
    raise ValueError(f"expected a category 1 to 5, got {category}")
