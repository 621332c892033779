"""extract over input of any length: an exchange is cut into pieces that fit the model, and each piece is read.

Behind it stands the guard: a fact that nothing said tells is not stored; the sentence it came from is kept instead.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from runtime_py.memory.rules import grounded_sentence, third_person, ungrounded
from runtime_py.operations.extract import ExtractInput, Message
from runtime_py.operations.generator import Generator
from runtime_py.operations.select import SelectInput
from runtime_py.progress import Progress, silent
from runtime_py.text import annotate
from runtime_py.text.sentences import sentences

Given = TypeVar("Given", ExtractInput, SelectInput)
READ = "letters read"
_NOTE_LENGTH = 40  # letters of the longest note, `[the weekend of 20 September 2023]`, and some more
_SURELY_LONGER = 8  # times a text that does not fit, whatever its letters are
_SENTENCE_END = re.compile(r"(?<=[.!?\n])\s+")


@dataclass(frozen=True)
class Guarded:
    """What may be stored, and the facts that were refused."""

    facts: tuple[str, ...]
    refused: tuple[str, ...]


def extract_facts(
    generator: Generator, messages: Sequence[Message], day: date | None, progress: Progress = silent
) -> Guarded:
    """Facts of all pieces in order, without repetitions, relative dates annotated, each held to what its piece says.

    The last fact of an answer that was ended by its limit is dropped: it may be torn, and the raw turn is kept anyway.
    Raises what `generator` raises.
    """
    facts: dict[str, None] = {}
    refused: list[str] = []
    for piece in pieces(generator, "extract", ExtractInput(tuple(messages), day), progress):
        generated = generator.run("extract", piece)
        found: list[str] = generated.value
        told = [annotate(" ".join(fact.split()), day) for fact in (found[:-1] if generated.is_cut else found)]
        guarded = guard(list(dict.fromkeys(fact for fact in told if fact)), piece.messages, day)
        facts |= dict.fromkeys(guarded.facts)
        refused += guarded.refused
    return Guarded(tuple(facts), tuple(refused))


def guard(facts: Sequence[str], messages: Sequence[Message], day: date | None) -> Guarded:
    """`facts` in order, each that is not grounded in `messages` replaced by the sentence that shares most of its words.

    Grounded: its content words, names, numbers and dates stand in what was said (`rules.grounding`) or name a speaker.
    """
    said = [annotate(message.text, day) for message in messages]
    speakers = [message.speaker for message in messages if message.speaker]
    own = {
        " ".join(sentence.split()): message.speaker
        for message, text in zip(messages, said, strict=True)
        if message.role == "user" or message.speaker
        for sentence in sentences(text)
    }
    kept: dict[str, None] = {}
    refused = []
    for fact in facts:
        if not ungrounded(fact, said, speakers):
            kept[fact] = None
            continue
        refused.append(fact)
        if sentence := grounded_sentence(fact, list(own)):
            kept[third_person(sentence, own[sentence])] = None
    return Guarded(tuple(kept), tuple(refused))


def pieces(generator: Generator, operation: str, given: Given, progress: Progress = silent) -> Iterator[Given]:
    """`given` whole when it fits; else its messages one by one, and of a message that does not fit its halves.

    Halves are cut between sentences, else between words, else anywhere; dates are annotated before, and no cut
    falls between an expression and its note or into a note. A piece that not even in one letter fits comes as it is:
    the model will say why. `progress` is told the letters read of what had to be cut.
    """
    total, done = _letters(given), 0
    for piece in _cut(generator, operation, given):
        yield piece
        done += _letters(piece)
        if piece is not given:
            progress(READ, min(done, total), total)


def _letters(given: ExtractInput | SelectInput) -> int:
    return sum(len(message.text) for message in given.messages)


def _cut(generator: Generator, operation: str, given: Given) -> Iterator[Given]:
    if generator.fits(operation, given):
        yield given
    elif len(given.messages) > 1:
        for message in given.messages:
            yield from _cut(generator, operation, replace(given, messages=(message,)))
    else:
        message = given.messages[0]

        def said(text: str) -> Given:
            return replace(given, messages=(replace(message, text=text),))

        def fits(text: str) -> bool:
            return generator.fits(operation, said(text))

        text = annotate(message.text, given.session_date)
        for piece in _parts(text, fits, _SURELY_LONGER * _longest(text, fits)) if len(text) > 1 else [message.text]:
            yield said(piece)


def _longest(text: str, fits: Callable[[str], bool]) -> int:
    """Letters, a power of two, of a beginning of `text` that does not fit: beginnings twice as long each are tried."""
    length = 2
    while length < len(text) and fits(text[:length]):
        length *= 2
    return length


def _parts(text: str, fits: Callable[[str], bool], most: int) -> Iterator[str]:
    """The halves of `text` that fit, or their halves; one longer than `most` letters is cut without a look.

    To render and tokenize what is a hundred times too long, at every halving, is what long texts took minutes for.
    """
    cut = _middle(text)
    for half in (text[:cut].strip(), text[cut:].strip()):
        if half and (len(half) < 2 or (len(half) <= most and fits(half))):
            yield half
        elif half:
            yield from _parts(half, fits, most)


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
