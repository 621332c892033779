"""select over input of any length: the sentences worth keeping become memories in their very words."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from runtime_py.memory.extraction import pieces
from runtime_py.memory.rules import third_person
from runtime_py.operations.extract import Message
from runtime_py.operations.generator import Generator
from runtime_py.operations.select import SelectInput, numbered
from runtime_py.progress import Progress, silent


def select_facts(
    generator: Generator,
    messages: Sequence[Message],
    day: date | None,
    before: Sequence[Message] = (),
    progress: Progress = silent,
) -> list[str]:
    """The sentences that the expert marks, in order, relative dates annotated, the first person replaced.

    `before` are the turns said just before. What an assistant without a name says is nobody's fact and stays out.
    Raises what `generator` raises.
    """
    facts: dict[str, None] = {}
    given = SelectInput(tuple(messages), day, tuple(before))
    while given.before and not generator.fits("select", given):
        given = replace(given, before=given.before[1:])
    for piece in pieces(generator, "select", given, progress):
        sentences = numbered(piece)
        for number in generator.run("select", piece).value:
            if number > len(sentences):
                continue
            sentence = sentences[number - 1]
            message = piece.messages[sentence.message]
            if message.role == "user" or message.speaker:
                facts[third_person(sentence.text, message.speaker)] = None
    return [fact for fact in facts if fact]
