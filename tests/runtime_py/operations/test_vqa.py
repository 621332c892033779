"""vqa: a picture's rows before the question, one word and a reason read back, an automaton that writes nothing else."""

from pathlib import Path

import numpy as np
import pytest

from export.grammar.compile import compile_grammar
from runtime_py.operations import UnparsableError, all_names, get, names, pictured, taught
from runtime_py.operations.vqa import OPERATION, VqaAnswer, VqaInput, parse, read_input, render
from runtime_py.parts import Embeddings
from runtime_py.text import Tokenizer

GIVEN = VqaInput("a.png", "How many dogs?")


def test_a_bundle_of_text_does_without_it() -> None:
    assert "vqa" in all_names()
    assert pictured() == ["vqa"]
    assert "vqa" not in [*names(), *taught()]
    assert not OPERATION.is_required


def test_the_rows_of_the_picture_stand_before_the_question() -> None:
    assert read_input({"image": "a.png", "question": "How many dogs?"}) == GIVEN
    rows = Embeddings(np.ones((4, 8), dtype=np.float32))
    assert OPERATION.pieces(GIVEN, {"a.png": rows}.__getitem__) == [rows, "question: How many dogs?"]
    assert render(VqaInput("", " What\n is it? ")) == "question: What is it?"


def test_an_operation_on_text_gives_its_text_alone() -> None:
    update = get("update")
    given = update.read_input({"memories": ["a"], "facts": ["b"]})

    def no_picture(_name: str) -> Embeddings:
        raise AssertionError

    assert update.pieces(given, no_picture) == [update.render(given)]


def test_word_and_reason_are_read() -> None:
    said = VqaAnswer("3", 'I count 3 "dogs".')
    assert parse(OPERATION.render_output(said)) == said
    assert parse('{"answer": " red ", "reason": " it is "}') == VqaAnswer("red", "it is")


@pytest.mark.parametrize(
    "text",
    ['{"answer":"a b","reason":"c"}', '{"answer":"","reason":"c"}', '{"answer":1,"reason":"c"}', "{}", "3"],
)
def test_other_texts_are_no_output(text: str) -> None:
    with pytest.raises(UnparsableError):
        parse(text)


def test_what_cannot_be_read_says_so_and_can_be_read_itself() -> None:
    unclear = OPERATION.fallback(GIVEN)
    assert unclear.answer == "unclear"
    assert parse(OPERATION.render_output(unclear)) == unclear


def test_the_automaton_lets_one_word_and_a_reason_through() -> None:
    tokenizer = Tokenizer.from_file(Path(__file__).parents[3] / "models" / "memlora-tiny" / "tokenizer.json")
    assert OPERATION.schema is not None
    grammar = compile_grammar(OPERATION.schema, tokenizer)
    for text, is_legal in (
        ('{"answer":"3","reason":"I count 3 dogs."}', True),
        ('{"answer":"café","reason":"the \\"sign\\""}', True),
        ('{"answer":"two words","reason":"a"}', False),
        ('{"answer":"two\u00a0words","reason":"a"}', False),
        ('{"answer":"","reason":"a"}', False),
        ('{"answer":"a","reason":""}', False),
        ('{"answer":"a"}', False),
    ):
        assert grammar.accepts(tokenizer.encode(text)) == is_legal, text
