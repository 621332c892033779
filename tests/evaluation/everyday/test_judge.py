import pytest

from evaluation.everyday.judge import is_right
from evaluation.everyday.spelling import agrees, holds, names, spell
from runtime_py.dialogues import Question
from runtime_py.operations.generate import UNANSWERABLE


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("8 March 2024", ["day:2024-03-08"]),
        ("March 8th, 2024", ["day:2024-03-08"]),
        ("on Friday, the 8th of Mar. 2024", ["on", "day:2024-03-08"]),
        ("2024-03-08", ["day:2024-03-08"]),
        ("the week of 15 May 2023", ["week:2023-05-15"]),
        ("May 2025", ["day:2025-05"]),
        ("the 3rd of May", ["day:0000-05-03"]),
        ("the mayor, 3 rooms", ["mayor", "3", "rooms"]),
        ("Gráinne's V70", ["grainne", "v70"]),
        ("£2,900 or 148/94, 5mg at 7:30", ["2900", "or", "148", "94", "5", "mg", "at", "7.30"]),
        ("two cats and a dog", ["2", "cats", "dog"]),
    ],
)
def test_one_spelling(text: str, words: list[str]) -> None:
    assert spell(text) == words


def test_a_day_agrees_with_what_says_less_but_a_month_not_with_a_day_of_it() -> None:
    assert agrees("day:2024-05-03", "day:0000-05-03")
    assert agrees("day:2024-05-03", "may")
    assert not agrees("day:2024-05-03", "day:2024-05")
    assert not agrees("week:2024-05-06", "day:2024-05-06")
    assert not agrees("day:0000-05-03", "day:2024-05-03")


def test_words_stand_in_a_row() -> None:
    assert holds(["at", "oakley", "baths"], ["oakley", "baths"])
    assert not holds(["oakley", "old", "baths"], ["oakley", "baths"])
    assert not holds(["oakley"], ["oakley", "baths"])


def test_names_have_a_capital_and_are_no_part_of_a_day() -> None:
    assert names("I met Henk's sister on 3 May 2024") == {"henk"}


RIGHT = [
    ("single_hop", "Oakley Baths", "You swim at Oakley Baths.", True),
    ("single_hop", "Oakley Baths", "You swim at the old baths.", False),
    ("single_hop", "5", "15", False),
    ("single_hop", "610", "610 euros", True),
    ("single_hop", "in Zwolle", "Zwolle", True),
    ("single_hop", "Wei", "Weigand", False),
    ("single_hop", "the left eye", "the right eye", False),
    ("single_hop", "a blue Volvo V70", "a red Volvo V70", False),
    ("multi_hop", "Akouvi and Essi", "Essi and Akouvi", True),
    ("multi_hop", "Akouvi and Essi", "Akouvi", False),
    ("temporal", "8 March 2024", "on March 8, 2024", True),
    ("temporal", "8 March 2024", "18 March 2024", False),
    ("temporal", "March 2024", "8 March 2024", False),
    ("temporal", "the week of 15 May 2023", "15 May 2023", False),
    ("past", "February", "February 2025", True),
    ("retracted", "no", "No, you gave it up.", True),
    ("retracted", "no, the new ones charge", "no", True),
    ("retracted", "no", UNANSWERABLE, False),
    ("retracted", "no", "Not any more", False),
    ("single_hop", "Lecce", f"{UNANSWERABLE} about Lecce", False),
    ("unanswerable", UNANSWERABLE, "No information available.", True),
    ("unanswerable", UNANSWERABLE, "I do not know", False),
    ("single_hop", "Lecce", "My daughter married a man from Lecce and I have a grandson down there", False),
]


@pytest.mark.parametrize(("kind", "gold", "answer", "right"), RIGHT)
def test_answers(kind: str, gold: str, answer: str, right: bool) -> None:
    assert is_right(answer, Question("q", "Which one is it?", kind, gold)) is right


def test_an_alternative_and_words_of_the_question_are_right() -> None:
    question = Question(
        "q", "Who teaches the Italian class?", "single_hop", "Mrs Prendergast", (), None, ("Fionnuala",)
    )
    assert is_right("Fionnuala", question)
    assert is_right("Prendergast teaches the class", question) is False
    assert is_right("Mrs Prendergast teaches the class", question)
