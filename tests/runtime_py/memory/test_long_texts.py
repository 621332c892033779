"""Long texts take work by their length: twice the letters at most about twice the work, whatever the letters are.

Counted: letters that the model and the embedder are given, statements of the store, and the steps of every text
function as processor time, of which the best of several tries counts, so that other work on the machine does not.
"""

import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from runtime_py.memory import Memory
from runtime_py.memory.rules import compare, named, own_words, read_line, third_person
from runtime_py.operations import get
from runtime_py.operations.extract import ExtractInput, Message
from runtime_py.operations.generator import Generated
from runtime_py.operations.select import SelectInput, numbered
from runtime_py.store import Store, Vectors, normalise, words_form
from runtime_py.text import annotate
from runtime_py.text.sentences import sentences
from tests.runtime_py.script import Script, WordEmbedder

DAY = date(2023, 5, 8)
ABOUT_TWICE = 2.7
TRIES = 5
SIZE = 12_000
TEXTS = {
    "no space": "a", "NUL": "\0", "capitals": "A", "digits": "7", "full stops": ".", "marks": "! ", "short": "e.g. ",
    "initials": "A.", "quotes": '"', "open": "(", "blanks": " ", "lines": "\n", "dashes": "-", "clauses": "; ",
    "colons": ":", "commas": ", and I ", "stars": "*", "signs": "\N{GRINNING FACE}.", "letters of no case": "\u6771",
    "sentences": "I moved to Rome last week. ", "days": "monday ", "adverbs": "really ", "notes": " [5 May 2023]",
    "links": "www.a.", "names": "May ", "numbers": "two ", "pronouns": "he was ",
}  # fmt: skip
FUNCTIONS: dict[str, Callable[[str], object]] = {
    "annotate": lambda text: annotate(f"I came yesterday {text}x", DAY),
    "sentences": sentences,
    "read_line": read_line,
    "own_words": own_words,
    "third_person": lambda text: third_person(text, "Tom"),
    "named": lambda text: named(text, ["May", "Tom"]),
    "compare": lambda text: compare(text, text),
    "normalise": normalise,
    "words_form": words_form,
}


def long(unit: str, letters: int) -> str:
    return (unit * (letters // len(unit) + 1))[:letters]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("text", TEXTS)
def test_a_text_function_takes_about_twice_as_long_for_twice_the_letters(function: str, text: str) -> None:
    run, unit = FUNCTIONS[function], TEXTS[text]
    run(long(unit, SIZE))  # tables are read, patterns compiled

    def seconds(letters: int) -> float:
        started = time.process_time()
        run(long(unit, letters))
        return time.process_time() - started

    ratios = []
    for _ in range(TRIES):
        ratios.append(seconds(2 * SIZE) / max(seconds(SIZE), 1e-3))
        if ratios[-1] < ABOUT_TWICE:
            return
    assert min(ratios) < ABOUT_TWICE


class _Counting(Script):
    """Keeps a fact a sentence, and counts the letters it is asked about or given."""

    letters = 0

    def fits(self, operation: str, given: Any) -> bool:
        self.letters += len(get(operation).render(given))
        return super().fits(operation, given)


class _CountingEmbedder(WordEmbedder):
    letters = 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.letters += sum(map(len, texts))
        return super().embed(texts)


def work_of(text: str, path: Path, is_selecting: bool) -> dict[str, int]:
    """Letters given to model and embedder and statements of the store for one message."""
    generator = _Counting(
        extract=lambda given: [s for message in given.messages for s in sentences(message.text)],
        select=(lambda given: list(range(1, 1 + len(numbered(given))))) if is_selecting else None,
        room=1500,
    )
    embedder = _CountingEmbedder()
    statements = 0

    def count(_statement: str) -> None:
        nonlocal statements
        statements += 1

    with Store(path, embedder) as store:
        store._connection.set_trace_callback(count)
        Memory(generator, embedder, store).add(text, "me", DAY)
    return {"model": generator.letters, "embedder": embedder.letters, "statements": statements}


@pytest.mark.parametrize("is_selecting", [False, True], ids=["extract", "select"])
@pytest.mark.parametrize("kind", ["facts", "no space", "NUL"])
def test_a_message_twice_as_long_is_about_twice_the_work(kind: str, is_selecting: bool, tmp_path: Path) -> None:
    def said(letters: int) -> str:
        if kind != "facts":
            return long(TEXTS[kind], 10 * letters)
        return "".join(f"I bought car number {place} in Rome. " for place in range(letters // 35))

    one = work_of(said(10_000), tmp_path / "one.db", is_selecting)
    two = work_of(said(20_000), tmp_path / "two.db", is_selecting)
    assert {name: two[name] / one[name] < ABOUT_TWICE for name in one} == dict.fromkeys(one, True), (one, two)


def test_the_fits_of_a_long_message_are_few(tmp_path: Path) -> None:
    """A megabyte without a space: the model looks at each letter a few times, not once a halving."""
    generator = _Counting(extract=lambda given: [], room=1500)
    embedder = WordEmbedder()
    with Store(tmp_path / "m.db", embedder) as store:
        Memory(generator, embedder, store).add("x" * 1_000_000, "me")
    assert generator.letters < 8_000_000


def test_what_does_not_fit_is_asked_about_in_the_smallest_piece() -> None:
    from runtime_py.memory.extraction import pieces

    class Never(Script):
        def fits(self, operation: str, given: Any) -> bool:
            return False

        def run(self, operation: str, given: Any) -> Generated:
            raise AssertionError

    found = list(pieces(Never(), "extract", ExtractInput((Message("user", "", "ab"),), None)))
    assert [piece.messages[0].text for piece in found] == ["a", "b"]
    assert list(pieces(Never(), "select", SelectInput((Message("user", "", "a"),), None)))
