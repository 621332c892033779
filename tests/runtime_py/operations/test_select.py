"""select: sentences numbered, numbers read back, and an automaton that writes nothing else."""

from datetime import date
from pathlib import Path

import pytest

from export.grammar.compile import compile_grammar
from runtime_py.operations import UnparsableError, all_names, get, names
from runtime_py.operations.select import OPERATION, parse, read_input, render
from runtime_py.text import Tokenizer

ROW = {
    "date": "2026-05-05",
    "before": [{"role": "assistant", "speaker": "", "text": "Any news?"}],
    "messages": [
        {"role": "user", "speaker": "", "text": "I quit last Friday. Dr. Smith knows!"},
        {"role": "assistant", "speaker": "Ann", "text": "Oh no."},
    ],
}


def test_it_is_another_form_and_no_operation_that_a_memory_needs() -> None:
    assert "select" in all_names()
    assert "select" not in names()
    assert get("select").form_of == "extract"


def test_every_sentence_has_a_number_and_turns_before_have_none() -> None:
    assert render(read_input(ROW)).split("\n") == [
        "date: 5 May 2026",
        "before: Assistant: Any news?",
        "1 Me: I quit last Friday [1 May 2026].",
        "2 Me: Dr. Smith knows!",
        "3 Ann: Oh no.",
    ]
    assert read_input(ROW).session_date == date(2026, 5, 5)


def test_numbers_are_read_in_order() -> None:
    assert parse('{"keep":[3,1,3]}') == [1, 3]
    assert parse(OPERATION.render_output([2])) == [2]
    assert OPERATION.parse(OPERATION.render_output([])) == []


@pytest.mark.parametrize("text", ['{"keep":[0]}', '{"keep":["1"]}', '{"keep":[true]}', '{"keep":1}', "{}", "1, 2"])
def test_other_texts_are_no_output(text: str) -> None:
    with pytest.raises(UnparsableError):
        parse(text)


def test_the_automaton_lets_numbers_through() -> None:
    tokenizer = Tokenizer.from_file(Path(__file__).parents[3] / "models" / "memlora-tiny" / "tokenizer.json")
    assert OPERATION.schema is not None
    grammar = compile_grammar(OPERATION.schema, tokenizer)
    for text, is_legal in (('{"keep":[]}', True), ('{"keep":[1,12]}', True), ('{"keep":[-1]}', False)):
        assert grammar.accepts(tokenizer.encode(text)) == is_legal, text
