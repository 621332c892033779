"""Writes the tables by which another reader of grammars shows that it reads them alike.

    python -m tests.runtime_py.decoding.conformance

`tests/conformance/grammars.json` has automata of the operations as bytes, `copying.json` the words that one is made of.
Both have walks: the tokens taken, and before each of them what was legal.
"""

import base64
import hashlib
import json
import random
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from export.grammar.compile import compile_grammar
from runtime_py import operations
from runtime_py.decoding import Grammar, copy_grammar
from runtime_py.operations.generate import DatedMemory, GenerateInput, words
from runtime_py.text import Tokenizer

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "tests" / "conformance"
TOKENIZER = Tokenizer.from_file(ROOT / "models" / "memlora-tiny" / "tokenizer.json")
WORDS = (
    ("peanuts", "Lotte", "and", "Bram", "1,200", "1", "sun", "sunflower42", "Dr.", "Zwolle"),
    ("straße", "Ünal", "naïve", "łódź", "\U0001f600", "\uff21", "don't", "10%", "a)b", "x"),
    ("one",),
    ("", " ", "\t"),
    tuple(words(GenerateInput("Who sings?", (DatedMemory("Ann's sister (Vera) sang in May.", None, "Ann"),)))),
)


def walk(grammar: Grammar, seed: int, budget: int | None) -> dict[str, Any]:
    """Random legal tokens, and of each state on the way what may follow, as `steps` of the fields of `step`."""
    chance, state = random.Random(seed), grammar.start
    tokens: list[int] = []
    steps: list[list[Any]] = []
    left = 60 if budget is None else budget
    while True:
        legal = np.flatnonzero(grammar.mask(state, None if budget is None else left))
        steps.append(step(grammar, state, legal, None if budget is None else left))
        if not left or not len(legal) or (grammar.accepting[state] and chance.random() < 0.1):
            return {"budget": budget, "tokens": tokens, "steps": steps}
        tokens.append(int(legal[chance.randrange(len(legal))]))
        state, left = grammar.advance(state, tokens[-1]), left - 1


def step(grammar: Grammar, state: int, legal: Any, left: int | None) -> list[Any]:
    """How many tokens are legal, their ids hashed, the one that must follow, whether it may end here, the least."""
    ids = ",".join(str(int(token)) for token in legal)
    digest = hashlib.sha256(ids.encode()).hexdigest()[:8]
    forced = grammar.forced(state, left)
    return [len(legal), digest, forced, bool(grammar.accepting[state]), int(grammar.min_tokens[state])]


def walks(grammar: Grammar, many: int) -> list[dict[str, Any]]:
    """Some with a budget that binds, some without one."""
    least = int(grammar.min_tokens[grammar.start])
    return [walk(grammar, seed, None if seed % 3 == 0 else least + 4 * (seed % 7)) for seed in range(many)]


def grammar_rows() -> Iterator[dict[str, Any]]:
    """The automata of the operations over the embedded tokenizer."""
    for name in operations.all_names():
        if schema := operations.get(name).schema:
            grammar = compile_grammar(schema, TOKENIZER)
            data = base64.b64encode(zlib.compress(grammar.to_bytes(), 9)).decode()
            yield {"name": name, "zlib_base64": data, "walks": walks(grammar, 24)}


def copying_rows() -> Iterator[dict[str, Any]]:
    """The automata of words; `walks` null where the words make none."""
    for row in WORDS:
        grammar = copy_grammar(row, TOKENIZER)
        yield {"words": list(row), "walks": walks(grammar, 24) if grammar else None}


def tables() -> dict[str, str]:
    """Each table's file name and content: a row a line."""
    rows = {"grammars.json": grammar_rows(), "copying.json": copying_rows()}
    return {
        name: "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in made) + "\n]\n"
        for name, made in rows.items()
    }


if __name__ == "__main__":
    for name, text in tables().items():
        (FOLDER / name).write_text(text, "utf-8")
