"""Whose memories may answer: never a fact that is only about the speaker who was not asked about."""

import pytest

from runtime_py.memory.rules import named
from runtime_py.memory.speakers import may_answer

SPEAKERS = ("Ann", "Ben", "Mary Ann")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ann lives in Oslo", {"Ann"}),
        ("ann's sister knows BEN", {"Ann", "Ben"}),
        ("Anna and Benny met", set()),
        ("Mary Ann sings", {"Ann", "Mary Ann"}),
        ("", set()),
    ],
)
def test_names_are_whole_words_in_any_case(text: str, expected: set[str]) -> None:
    assert named(text, SPEAKERS) == expected


def test_a_speaker_without_a_name_is_never_named() -> None:
    assert named("anything at all", ("", " ")) == frozenset()


@pytest.mark.parametrize(
    ("memory", "question", "may"),
    [
        ("Ben lives in Rome", "Where does Ann live?", False),
        ("Ben is a friend of Ann", "Who is Ann's friend?", True),
        ("Mia works as a baker", "What does Ann's sister do?", True),
        ("Ben lives in Rome", "Where do Ann and Ben live?", True),
        ("Ben lives in Rome", "Who lives in Rome?", True),
    ],
)
def test_only_what_names_another_speaker_alone_is_left_out(memory: str, question: str, may: bool) -> None:
    assert may_answer(memory, question, ("Ann", "Ben")) is may
