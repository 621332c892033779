"""What of an exchange is worth keeping. By select: sentences, which become memories in their very words.

Kept sentences of one message stand together: `She starts in May.` says little without `My sister Ana found work.`
(docs/decisions.md has what that changes).
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby

from runtime_py.memory.extraction import Guarded, extract_facts, pieces
from runtime_py.memory.rules import is_plain_statement, own_words, stands_alone, third_person, without_notes
from runtime_py.operations.extract import Message
from runtime_py.operations.generator import Generator
from runtime_py.operations.select import SelectInput, numbered
from runtime_py.progress import Progress, silent
from runtime_py.text.sentences import sentences

TOGETHER = 4  # sentences in a memory, so that a long letter does not become one


def find_facts(
    generator: Generator,
    messages: Sequence[Message],
    day: date | None,
    before: Sequence[Message] = (),
    progress: Progress = silent,
) -> Guarded:
    """What `messages`, none of them blank, tell: by selecting where there is an expert for it, else by rewriting.

    Rewriting is held to what was said; it does not read `before`, the turns said just before. Raises what `generator`
    raises.
    """
    if "select" not in generator.operations:
        return extract_facts(generator, messages, day, progress)
    return Guarded(tuple(select_facts(generator, messages, day, before, progress)), ())


def select_facts(
    generator: Generator,
    messages: Sequence[Message],
    day: date | None,
    before: Sequence[Message] = (),
    progress: Progress = silent,
) -> list[str]:
    """The sentences that the expert marks and the plain statements, in order, with dates noted, of the third person.

    A single one that says too little by itself is left to its turn. What a message quotes or forwards holds no plain
    statement of its speaker. `before` are the turns said just before. What an assistant without a name says is nobody's
    fact and stays out.
    Raises what `generator` raises.
    """
    facts: dict[str, None] = {}
    given = SelectInput(tuple(messages), day, tuple(before))
    while given.before and not generator.fits("select", given):
        given = replace(given, before=given.before[1:])
    own = {" ".join(said.split()) for message in messages for said in sentences(own_words(message.text))}
    for piece in pieces(generator, "select", given, progress):
        marked = set(generator.run("select", piece).value)
        kept = [s for number, s in enumerate(numbered(piece), start=1) if number in marked or _is_plain(s.text, own)]
        for place, group in groupby(kept, key=lambda sentence: sentence.message):
            message = piece.messages[place]
            if message.role == "user" or message.speaker:
                said = list(group)
                told = [fact for s in said if (fact := third_person(s.text, message.speaker))]
                if len(told) == 1 and not stands_alone(told[0]) and not _is_plain(said[0].text, own):
                    continue
                for start in range(0, len(told), TOGETHER):
                    facts[" ".join(told[start : start + TOGETHER])] = None
    return list(facts)


def _is_plain(sentence: str, own: Collection[str]) -> bool:
    return is_plain_statement(sentence) and without_notes(sentence) in own
