"""Rows that ask the wrong person: what one speaker told of himself, asked of another."""

from datetime import date
from random import Random

from distill.corpus.natural_text import UNANSWERABLE
from distill.datasets.natural import natural_dialogues
from distill.datasets.swapped import swapped_examples
from runtime_py.dialogues import Dialogue, Question, Session, Turn
from runtime_py.files import Example


def _pairs(dialogue: Dialogue, seeds: int = 40) -> list[tuple[Example, Example]]:
    pairs = []
    for seed in range(seeds):
        rows = list(swapped_examples(dialogue, Random(seed)))
        pairs += list(zip(rows[::2], rows[1::2], strict=True))
    return pairs


def _dialogue(questions: tuple[Question, ...], *more: Turn) -> Dialogue:
    turns = (
        Turn("1", "Ann", "I got a red bike from my uncle.", ("Ann got a red bike from her uncle",), None),
        Turn("2", "Ben", "Lovely!", (), None),
        Turn("3", "Ben", "I sold my old bike to Carl.", ("Ben sold his old bike to Carl",), None),
        Turn("4", "Ben", "My sister plays the flute.", ("Ben's sister plays the flute",), None),
        *more,
    )
    return Dialogue("d1", ("Ann", "Ben"), (Session(date(2024, 5, 1), turns, None),), questions)


def test_both_rows_of_a_pair_differ_in_who_is_asked_about_alone() -> None:
    question = Question("q1", "Who gave Ann a bike?", "single_hop", "her uncle", ("1",), (), "")
    pairs = _pairs(_dialogue((question,)))
    assert pairs
    for own, swapped in pairs:
        assert (own.target, swapped.target) == ("her uncle", UNANSWERABLE)
        assert swapped.input["question"] == "Who gave Ben a bike?"
        assert own.input["memories"] == swapped.input["memories"]
        assert own.id != swapped.id


def test_turns_that_may_answer_for_the_other_one_are_left_out() -> None:
    question = Question("q1", "Who gave Ann a bike?", "single_hop", "her uncle", ("1",), (), "")
    read = {memory["text"] for _, swapped in _pairs(_dialogue((question,))) for memory in swapped.input["memories"]}
    assert "I sold my old bike to Carl." not in read
    assert {"I got a red bike from my uncle.", "My sister plays the flute."} <= read


def test_who_asks_of_himself_is_swapped() -> None:
    question = Question("q1", "Who gave me my bike?", "single_hop", "her uncle", ("1",), (), "Ann")
    for own, swapped in _pairs(_dialogue((question,))):
        assert own.input["question"] == swapped.input["question"]
        assert (own.input["asker"], swapped.input["asker"]) == ("Ann", "Ben")


def test_what_another_one_told_is_not_swapped() -> None:
    of_ben = Turn("5", "Ann", "Ben, you left your keys in the hall.", ("Ben left his keys in the hall",), None)
    both = Question("q1", "Where did Ann meet Ben?", "single_hop", "hall", ("1",), (), "")
    told = Question("q2", "Where did Ben leave his keys?", "single_hop", "in the hall", ("5",), (), "")
    open_ = Question("q3", "What is Ann's job?", "unanswerable", UNANSWERABLE, (), (), "")
    assert not _pairs(_dialogue((both, told, open_), of_ben))


def test_nothing_of_a_written_dialogue_answers_the_swapped_question() -> None:
    made = 0
    for dialogue in natural_dialogues("train"):
        answers = {(question.text, question.asker): question for question in dialogue.questions}
        for row in swapped_examples(dialogue, Random(dialogue.id)):
            if row.target == UNANSWERABLE:
                made += 1
                assert (row.input["question"], row.input["asker"]) not in answers
    assert made > 300
