"""Answers made of given words: no other word gets through, whatever the model prefers."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime_py.decoding import Grammar, copy_grammar
from runtime_py.operations.generate import UNANSWERABLE, DatedMemory, GenerateInput, words
from runtime_py.text import Tokenizer

TINY = Path(__file__).parents[3] / "models" / "memlora-tiny"
TOKENIZER = Tokenizer.from_file(TINY / "tokenizer.json")
WORDS = ["peanuts", "Lotte", "and", "Bram", "1,200", "1", "sun", "sunflower42", "Dr.", "Zwolle"]


def grammar(of: list[str] = WORDS) -> Grammar:
    made = copy_grammar(of, TOKENIZER)
    assert made is not None
    return made


@pytest.mark.parametrize(
    "text",
    [
        "peanuts",
        "Peanuts",
        "Lotte and Bram",
        "lotte, Bram",
        "1,200",
        "1, 1,200",
        "sun",
        "sunflower42",
        "Dr. Bram.",
        "1,",
    ],
)
def test_texts_of_the_words_are_accepted(text: str) -> None:
    assert grammar().accepts(TOKENIZER.encode(text))


@pytest.mark.parametrize("text", ["peanut", "parity", "sunflower", "Lotte Henk", "12", "Lotteand", "", "zwol"])
def test_other_texts_are_not(text: str) -> None:
    assert not grammar().accepts(TOKENIZER.encode(text))


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6))
def test_any_row_of_words_is_accepted(row: list[str]) -> None:
    assert grammar().accepts(TOKENIZER.encode(" ".join(row)))


@given(st.lists(st.integers(0, 10_000), max_size=12))
def test_every_legal_walk_gives_words_and_marks(choices: list[int]) -> None:
    automaton, state, tokens = grammar(), 0, []
    for choice in choices:
        legal = [t for t in range(automaton.vocab_size) if automaton.next_state(state, t) is not None]
        if not legal:
            break
        tokens.append(legal[choice % len(legal)])
        state = automaton.advance(state, tokens[-1])
    while not automaton.accepting[state]:  # to the end of the word
        token = next(
            t for t in range(automaton.vocab_size) if automaton.allows(state, t, int(automaton.min_tokens[state]))
        )
        tokens.append(token)
        state = automaton.advance(state, token)
    known = {word.lower().strip(",.;:!?)%") for word in WORDS}
    assert all(chunk.strip(",.;:!?)%") in known for chunk in TOKENIZER.decode(tokens).lower().split())


def test_no_words_are_no_automaton() -> None:
    assert copy_grammar(["", " "], TOKENIZER) is None


def test_an_answer_may_have_what_is_read_and_the_refusal_but_not_the_questions_words() -> None:
    given_words = words(GenerateInput("Who sings opera?", (DatedMemory("Ann's sister (Vera) sang.", None, "Ann"),)))
    assert {"Ann's", "Ann", "sister", "Vera", "sang", *UNANSWERABLE.split(), "31"} <= set(given_words)
    assert not {"opera", "sings", "32"} & set(given_words)
