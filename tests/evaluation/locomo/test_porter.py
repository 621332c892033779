"""Our stemmer against NLTK's, the one that LoCoMo's official score calls."""

import json
import random

import pytest
from nltk.stem import PorterStemmer

from evaluation.locomo.porter import stem
from evaluation.locomo.score import normalise
from tests.evaluation.locomo.file import locomo_file

STEMS = ["", "s", "t", "tr", "sky", "toy", "fl", "fall", "hop", "fil", "hiss", "gener", "relat", "oper", "yell",
         "enjo", "control", "ecolog", "tabl", "siz", "conflat", "adopt", "radic", "vil", "sens", "happ"]  # fmt: skip
ENDINGS = [
    "", "s", "es", "ies", "sses", "ss", "ed", "ied", "eed", "ing", "y", "ational", "tional", "enci", "anci", "izer",
    "bli", "abli", "alli", "entli", "eli", "ousli", "ization", "ation", "ator", "alism", "iveness", "fulness",
    "ousness", "aliti", "iviti", "biliti", "fulli", "logi", "icate", "ative", "alize", "iciti", "ical", "ful", "ness",
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "sion", "tion", "ou", "ism",
    "ate", "iti", "ous", "ive", "ize", "e", "ll", "ly", "ally", "ologies", "yy", "ying",
]  # fmt: skip
WORDS = ["skies", "dying", "lying", "tying", "news", "innings", "outings", "cannings",
         "howe", "proceed", "exceed", "succeed", "ties", "dies", "died", "spied"]  # fmt: skip


def check(words: list[str]) -> None:
    nltk = PorterStemmer()
    wrong = [(word, nltk.stem(word), stem(word)) for word in words if nltk.stem(word) != stem(word)]
    assert not wrong, f"{len(wrong)} of {len(words)}: {wrong[:10]}"


def test_all_endings() -> None:
    words = [s + a + b for s in STEMS for a in ENDINGS for b in ENDINGS]
    check(random.Random(5).sample(words, 20000) + WORDS + [w.upper() for w in WORDS])


def test_random_letters() -> None:
    rng = random.Random(11)
    check(["".join(rng.choices("aeiouybcdlmnrstwxz", k=rng.randint(1, 12))) for _ in range(20000)])


def test_whole_locomo_vocabulary() -> None:
    samples = json.loads(locomo_file().read_text())
    words: set[str] = set()
    for sample in samples:
        turns = [turn["text"] for part in sample["conversation"].values() if isinstance(part, list) for turn in part]
        answers = [
            str(row.get(key, "")) for row in sample["qa"] for key in ("question", "answer", "adversarial_answer")
        ]
        words.update(word for text in turns + answers for word in normalise(text))
    assert len(words) > 5000
    check(sorted(words))


@pytest.mark.parametrize("word", ["café", "5pm", "日本", "ñandú", "3rd"])
def test_other_scripts(word: str) -> None:
    check([word])
