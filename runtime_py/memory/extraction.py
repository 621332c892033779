"""extract over input of any length: an exchange is cut into pieces that fit the model, and each piece is read."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import TypeVar

from runtime_py.operations.extract import ExtractInput, Message
from runtime_py.operations.generator import Generator
from runtime_py.operations.select import SelectInput
from runtime_py.text import annotate

Given = TypeVar("Given", ExtractInput, SelectInput)
_NOTE_LENGTH = 40  # letters of the longest note, `[the weekend of 20 September 2023]`, and some more
_SENTENCE_END = re.compile(r"(?<=[.!?\n])\s+")


def extract_facts(generator: Generator, messages: Sequence[Message], day: date | None) -> list[str]:
    """Facts of all pieces in order, without repetitions, relative dates annotated.

    The last fact of an answer that was ended by its limit is dropped: it may be torn, and the raw turn is kept anyway.
    Raises what `generator` raises.
    """
    facts: dict[str, None] = {}
    for piece in pieces(generator, "extract", ExtractInput(tuple(messages), day)):
        generated = generator.run("extract", piece)
        found: list[str] = generated.value
        for fact in found[:-1] if generated.is_cut else found:
            facts[annotate(" ".join(fact.split()), day)] = None
    return [fact for fact in facts if fact]


def pieces(generator: Generator, operation: str, given: Given) -> Iterator[Given]:
    """`given` whole when it fits; else its messages one by one, and of a message that does not fit its halves.

    Halves are cut between sentences, else between words, else anywhere; dates are annotated before, and no cut
    falls between an expression and its note or into a note.
    """
    if generator.fits(operation, given):
        yield given
    elif len(given.messages) > 1:
        for message in given.messages:
            yield from pieces(generator, operation, replace(given, messages=(message,)))
    else:
        message = given.messages[0]
        text = annotate(message.text, given.session_date)
        if len(text) < 2:  # not even one letter fits: the model will say why
            yield given
            return
        cut = _middle(text)
        for half in (text[:cut].strip(), text[cut:].strip()):
            if half:
                yield from pieces(generator, operation, replace(given, messages=(replace(message, text=half),)))


def _middle(text: str) -> int:
    """The place nearest to the middle where a sentence, else a word, starts; else the middle."""
    half = len(text) // 2
    for pattern in (_SENTENCE_END, re.compile(r"\s+")):
        places = [m.end() for m in pattern.finditer(text) if 0 < m.end() < len(text) and not _is_in_note(text, m.end())]
        near = [place for place in places if len(text) // 4 <= place <= len(text) - len(text) // 4]
        if near:
            return min(near, key=lambda place: abs(place - half))
    return half


def _is_in_note(text: str, place: int) -> bool:
    """`place` stands in `[5 May 2023]` or right before it."""
    opened = text.rfind("[", max(0, place - _NOTE_LENGTH), place + 1)
    return opened >= 0 and (opened == place or "]" not in text[opened:place])
