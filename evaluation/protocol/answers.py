"""One conversation remembered and asked about as a row of the table says."""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.figures.journal import Journal
from evaluation.protocol.rows import ANSWER, Row
from evaluation.protocol.views import Advance, Told, in_order, read_everything, read_facts, read_turns
from runtime_py import operations
from runtime_py.dialogues import Dialogue
from runtime_py.errors import ConfigError
from runtime_py.memory import Memory
from runtime_py.operations import UnparsableError
from runtime_py.operations.generate import GenerateInput
from runtime_py.operations.generator import Generator

Record = Mapping[str, Any]


def read_for(row: Row, memory: Memory, dialogue: Dialogue, question: str, per_speaker: int) -> list[Told]:
    """What the row reads for a question, best first; two views give twice `per_speaker` places to fill."""
    if row.reads == "facts":
        return read_facts(memory, dialogue, question, per_speaker)
    if row.reads == "turns":
        return read_turns(memory, dialogue, question, 2 * per_speaker)
    if row.reads == "both":
        half = max(1, per_speaker // 2)
        facts = read_facts(memory, dialogue, question, half)
        turns = read_turns(memory, dialogue, question, 2 * half)
        most = 1 + max((number for number, _ in facts), default=0)  # facts stand before turns and mix with none
        facts = [(number - most, entry) for number, entry in facts]
        return [pair for couple in _in_turns(facts, turns) for pair in couple]
    return read_everything(memory, dialogue)


def _in_turns(facts: Sequence[Told], turns: Sequence[Told]) -> list[list[Told]]:
    """The best of both, then the second best of both: what does not fit is dropped from both."""
    most = max(len(facts), len(turns))
    return [[each[place] for each in (facts, turns) if place < len(each)] for place in range(most)]


def fitting(generator: Generator, question: str, told: Sequence[Told]) -> Sequence[Told]:
    """The most of the best that the model can read.

    Raises:
        ConfigError: not even the question alone.
    """

    def fits(count: int) -> bool:
        return generator.fits(ANSWER, GenerateInput(question, in_order(told[:count])))

    if fits(len(told)):
        return told
    if not fits(0):
        raise ConfigError(
            f"the question is too long: expected one that the model can read, got {len(question)} letters; use a base "
            "with a longer context"
        )
    least, most = 0, len(told)  # least fits, most does not
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (middle, most) if fits(middle) else (least, middle)
    return told[:least]


def answer(generator: Generator, question: str, told: Sequence[Told]) -> dict[str, Any]:
    """`{"answer", "read", "found"}`: how many of what was found could be read."""
    chosen = fitting(generator, question, told)
    given = GenerateInput(question, in_order(chosen))
    try:
        text = str(generator.run(ANSWER, given).value)
    except UnparsableError:
        text = str(operations.get(ANSWER).fallback(given))
    return {"answer": text, "read": len(chosen), "found": len(told)}


def answer_all(
    row: Row,
    generator: Generator,
    memory: Memory,
    dialogue: Dialogue,
    per_speaker: int,
    journal: Journal,
    advance: Advance = lambda _what: None,
) -> list[dict[str, Any]]:
    """Every question; `{"id", "category", "answer", "read", "found"}` each. What the journal has is not asked again."""
    for question in dialogue.questions:
        if question.id not in journal:
            told = read_for(row, memory, dialogue, question.text, per_speaker)
            journal.add(question.id, answer(generator, question.text, told))
        advance(row.name)
    return [{"id": q.id, "category": q.category, **journal[q.id]} for q in dialogue.questions]
