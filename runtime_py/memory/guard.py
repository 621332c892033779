"""The guard behind extract: a fact that nothing said tells is not stored; the sentence it came from is kept instead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from runtime_py.memory.rules import grounded_sentence, third_person, ungrounded
from runtime_py.operations.extract import Message
from runtime_py.text import annotate
from runtime_py.text.sentences import sentences


@dataclass(frozen=True)
class Guarded:
    """What may be stored, and the facts that were refused."""

    facts: tuple[str, ...]
    refused: tuple[str, ...]


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
