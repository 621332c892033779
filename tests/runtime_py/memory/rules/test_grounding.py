"""The sentence that a fact came from, and what the rules cost on long texts."""

import time

from runtime_py.memory.rules import compare, grounded_sentence, third_person, ungrounded


def test_the_sentence_that_shares_most_words() -> None:
    sentences = ["We ate at nine.", "My cat Pickle hates the flat.", "Pickle is a cat."]
    assert grounded_sentence("The user's cat Pickle dislikes the flat", sentences) == sentences[1]
    assert grounded_sentence("Pickle purrs", sentences) == sentences[1]
    assert grounded_sentence("The user ate at 9 o'clock", sentences) == sentences[0]


def test_no_sentence_shares_a_word() -> None:
    assert grounded_sentence("Tom sings in Rome", ["We ate.", ""]) == ""
    assert grounded_sentence("Tom sings", []) == ""
    assert grounded_sentence("", ["We ate."]) == ""


def test_the_time_grows_with_the_text_and_not_its_square() -> None:
    for part in (
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
    ):
        short, long = _seconds(part * 200), _seconds(part * 1600)
        assert long < 32 * max(short, 0.005), part  # eight times the text: 64 times as long if the time were its square


def _seconds(text: str) -> float:
    start = time.process_time()
    ungrounded(text, [text])
    third_person(text, "Tom")
    compare(text, text)
    return time.process_time() - start
