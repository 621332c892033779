"""One dialogue as its rows: exchanges to extract from, and the memory that grows from one exchange to the next."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from typing import Any

from distill.cleaning import clean
from distill.datasets.inputs import to_row
from distill.datasets.near import rank, word_weights
from distill.datasets.update import MOST, NEAR
from distill.teachers.asking import RefusedError, UnansweredError
from runtime_py import operations
from runtime_py.dialogues import Dialogue
from runtime_py.files import Example
from runtime_py.memory import TURNS_PER_EXCHANGE, exchanges, to_sessions
from runtime_py.memory.rules import grounded_sentence
from runtime_py.operations.extract import ExtractInput
from runtime_py.operations.update import MemoryEvent, UpdateInput, fallback
from runtime_py.text import annotate

Ask = Callable[[str, Example], Awaitable[str]]
"""Operation and row -> the teacher's text."""
ELSEWHERE = "about another row"
NOT_ASKED = "not asked: an exchange before has no answer"


@dataclass(frozen=True)
class BadRow:
    """A row without a target, and why."""

    operation: str
    id: str
    reason: str
    is_unanswered: bool = False


@dataclass
class LabelledRows:
    """What one dialogue gave, by operation, in the order of its exchanges."""

    rows: dict[str, list[Example]] = field(default_factory=lambda: defaultdict(list))
    bad: list[BadRow] = field(default_factory=list)


def exchanges_to_read(dialogue: Dialogue) -> Iterator[Example]:
    """One row of extract an exchange, without a target; as `memlora ingest` reads the dialogue."""
    for session, place, messages in exchanges(to_sessions(dialogue)):
        day = session.moment.date() if isinstance(session.moment, datetime) else session.moment
        name = f"extract/{session.name}.{int(place) // TURNS_PER_EXCHANGE + 1}"
        yield Example(name, dict(to_row(ExtractInput(tuple(messages), day))))


async def label_dialogue(dialogue: Dialogue, ask: Ask) -> LabelledRows:
    """Rows of extract and update. An exchange's update reads what the updates before it made of the memory.

    Where an exchange has no answer (the server was down), the updates behind it wait for the next run: they would read
    another memory and be paid twice. Raises `TeacherError` where the server refuses every request.
    """
    made = LabelledRows()
    memory: list[str] | None = []
    for example in exchanges_to_read(dialogue):
        facts = await _label(made, "extract", example, ask)
        name = example.id.replace("extract/", "update/", 1)
        if facts is None or memory is None:
            memory = None
            made.bad.append(BadRow("update", name, NOT_ASKED, is_unanswered=True))
        elif facts:
            given = {"memories": near_memories(facts, memory), "facts": facts}
            row = Example(name, given)
            if not given["memories"]:  # nothing can be changed, so nobody is asked
                events = fallback(UpdateInput((), tuple(facts)))
                target = operations.get("update").render_output(events)
                made.rows["update"].append(replace(row, target=target, kind="ADD"))
            else:
                found = await _label(made, "update", row, ask)
                events = fallback(UpdateInput(tuple(given["memories"]), tuple(facts))) if found == [] else found  # type: ignore[assignment]
            memory = None if events is None else after(memory, given["memories"], events)
    return made


async def _label(made: LabelledRows, operation: str, example: Example, ask: Ask) -> list[Any] | None:
    """The parsed output, which is empty for a row without a target; None where the teacher could not be asked."""
    skill = operations.get(operation)
    try:
        text = await ask(operation, example)
    except UnansweredError as e:
        made.bad.append(BadRow(operation, example.id, str(e), is_unanswered=True))
        return None
    except RefusedError as e:
        made.bad.append(BadRow(operation, example.id, str(e)))
        return []
    given = skill.read_input(example.input)
    cleaned = clean(skill, given, text)
    output = skill.parse(cleaned.target) if cleaned.target is not None else []
    reason = cleaned.reason or (ELSEWHERE if is_elsewhere(given, output) else "")
    if reason:
        made.bad.append(BadRow(operation, example.id, reason))
        return []
    kind = "+".join(sorted({event.event for event in output})) if operation == "update" else _count(len(output))
    made.rows[operation].append(replace(example, target=cleaned.target or "", kind=kind))
    return output


def is_elsewhere(given: Any, output: Sequence[Any]) -> bool:
    """Whether nothing in an answer is about its row: the teacher answered another one."""
    if isinstance(given, ExtractInput):
        said = [annotate(message.text, given.session_date) for message in given.messages]
        return bool(output) and not any(grounded_sentence(fact, said) for fact in output)
    changed = [event.text for event in output if event.event in ("ADD", "UPDATE")]
    known = [*given.facts, *given.memories]
    return bool(changed) and not any(grounded_sentence(text, known) for text in changed)


def near_memories(facts: Sequence[str], memory: Sequence[str]) -> list[str]:
    """The memories nearest to each of `facts`, in their own order, by shared words; the same on every machine."""
    weights = word_weights(memory)
    rankings = [rank(fact, memory, weights, Random(0), noise=0.0)[:NEAR] for fact in facts]
    chosen: dict[str, None] = {}
    for place in range(NEAR):
        for ranking in rankings:
            if place < len(ranking) and len(chosen) < MOST:
                chosen[ranking[place]] = None
    return [text for text in memory if text in chosen]


def after(memory: Sequence[str], near: Sequence[str], events: Sequence[MemoryEvent]) -> list[str]:
    """The memory after events that name `near` by their places."""
    changed: dict[str, str | None] = {}
    added: list[str] = []
    for event in events:
        if event.event == "ADD":
            added.append(event.text)
        elif event.event == "UPDATE":
            changed[near[int(event.id)]] = event.text
        elif event.event == "DELETE":
            changed[near[int(event.id)]] = None
    kept = [changed.get(text, text) for text in memory]
    return list(dict.fromkeys(text for text in (*kept, *added) if text is not None))


def _count(facts: int) -> str:
    return str(facts) if facts < 3 else "3 or more"
