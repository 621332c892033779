"""The sentence that a fact came from, and what the rules cost on long texts."""

import re

import pytest

from runtime_py.memory.rules import compare, grounded_sentence, third_person, ungrounded
from runtime_py.memory.rules.claims import claim, clauses
from tests.runtime_py.growth import is_linear


def test_the_sentence_that_shares_most_words() -> None:
    sentences = ["We ate at nine.", "My cat Pickle hates the flat.", "Pickle is a cat."]
    assert grounded_sentence("The user's cat Pickle dislikes the flat", sentences) == sentences[1]
    assert grounded_sentence("Pickle purrs", sentences) == sentences[1]
    assert grounded_sentence("The user ate at 9 o'clock", sentences) == sentences[0]


def test_no_sentence_shares_a_word() -> None:
    assert grounded_sentence("Tom sings in Rome", ["We ate.", ""]) == ""
    assert grounded_sentence("Tom sings", []) == ""
    assert grounded_sentence("", ["We ate."]) == ""


def _judged(text: str) -> None:
    clauses.cache_clear()
    claim.cache_clear()
    compare(text, text)


@pytest.mark.parametrize(
    "part",
    [
        "I moved to 1-2-3-4 at ten to nine, ",
        '"',
        "I i'm ",
        "8 May 2026 and ",
        "a@b",
        "(((",
        "2 300 ",
        "work at, ",
        "Tom sold, and ",
        " [",
        " instead of the",
    ],
)
def test_the_time_grows_with_the_text_and_not_its_square(part: str) -> None:
    assert is_linear(lambda text: ungrounded(text, [text]), part)
    assert is_linear(lambda text: third_person(text, "Tom"), part)
    assert is_linear(_judged, part)


def test_a_square_is_seen() -> None:
    assert is_linear(re.compile("a+").search, "a", 2000)
    assert not is_linear(re.compile("a+b").search, "a", 600)


def test_letters_that_only_folding_takes_for_english_ones() -> None:
    """A long s, a Turkish i, the sign of kelvin: `Augu\u017ft 5` is no date, and no reason to fail."""
    for text in ("Augu\u017ft 5", "Apr\u0131l 5", "\u017fix o'clock", "f\u0131ve to nine", "at \u017fix fifteen"):
        assert ungrounded(text, [text]) == []
    assert ungrounded("The user paid 1.5k", ["I paid 1500"]) == []
    assert ungrounded(f"The user paid {'9' * 400}k", []) != []
