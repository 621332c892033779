"""L's parts against closed forms, and METEOR against NLTK's own code with an empty WordNet."""

import random

import numpy as np
import pytest

from evaluation.protocol.texts import PARTS, Composite, bertscore, meteor, rouge1
from runtime_py.store import Vectors

WORDS = ["the", "cat", "cats", "sat", "sitting", "on", "mat", "mats", "in", "may", "2023", "running", "runs", "a"]


class NoSynonyms:
    """A WordNet that knows no word."""

    def synsets(self, _word: str) -> list[object]:
        return []


def test_rouge_counts_words_once_each() -> None:
    assert rouge1("Oslo, Oslo", "oslo") == pytest.approx(2 / 3)
    assert rouge1("7 May 2023", "May 7, 2023") == 1
    assert rouge1("", "Oslo") == 0


def test_meteor_is_nltks_without_synonyms() -> None:
    nltk = pytest.importorskip("nltk.translate.meteor_score")
    chosen = random.Random(0)
    for _ in range(300):
        given, wanted = (" ".join(chosen.choices(WORDS, k=chosen.randint(1, 7))) for _ in range(2))
        expected = nltk.single_meteor_score(wanted.split(), given.split(), wordnet=NoSynonyms())
        assert meteor(given, wanted) == pytest.approx(expected), (given, wanted)
    assert meteor("", "Oslo") == 0


def test_bertscore_matches_frames_but_does_not_count_them() -> None:
    x, y, z = np.eye(3, dtype=np.float32)
    assert bertscore(np.stack([z, x, z]), np.stack([z, x, z])) == pytest.approx(1)
    # precision of (x, y) against (x): (1 + 0) / 2, recall 1
    assert bertscore(np.stack([z, x, y, z]), np.stack([z, x, z])) == pytest.approx(2 / 3)
    assert bertscore(np.stack([z, z]), np.stack([z, x, z])) == 0


def test_the_composite_is_the_plain_mean() -> None:
    class Flat:
        id, dimension = "flat", 2

        def embed(self, texts: list[str]) -> Vectors:
            return np.array([[1, 0] if "Oslo" in text else [0, 1] for text in texts], np.float32)

    def encode(text: str) -> Vectors:
        return np.array([[0, 1], [1, 0] if "Oslo" in text else [0, 1], [0, 1]], np.float32)

    told = Composite(encode, Flat()).score("in Oslo", "Oslo")  # type: ignore[arg-type]
    assert told["L"] == pytest.approx(sum(told[part] for part in PARTS) / 4)
    assert told["SentenceBERT"] == told["BERTScore"] == 1
    assert told["ROUGE-1"] == pytest.approx(2 / 3)
