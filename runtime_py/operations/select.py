"""select: the newest exchange, its sentences numbered -> the numbers of those to keep. Another form of extract."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from runtime_py.operations.extract import Message
from runtime_py.operations.operation import Operation, UnparsableError
from runtime_py.text import annotate, format_date
from runtime_py.text.sentences import sentences

TURNS_BEFORE = 2
MOST = 99  # sentences that can be kept of one exchange
NAMELESS = {"user": "Me", "assistant": "Assistant"}


@dataclass(frozen=True)
class Sentence:
    """A sentence of message `message` (its place in the exchange), its relative dates annotated."""

    message: int
    text: str


@dataclass(frozen=True)
class SelectInput:
    """An exchange, at most `TURNS_BEFORE` turns said just before it, and the day it happened (None: unknown)."""

    messages: tuple[Message, ...]
    session_date: date | None
    before: tuple[Message, ...] = ()

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """As `numbered` gives them, which is asked several times."""
        return tuple(
            Sentence(place, " ".join(sentence.split()))
            for place, message in enumerate(self.messages)
            for sentence in sentences(annotate(message.text, self.session_date))
        )


def numbered(given: SelectInput) -> tuple[Sentence, ...]:
    """The sentences of the exchange in order; the first one is number 1."""
    return given.sentences


def speaker_of(message: Message) -> str:
    """The speaker's name, `Me` for a user without one, `Assistant` for an assistant without one."""
    return message.speaker or NAMELESS[message.role]


def read_input(row: Mapping[str, Any]) -> SelectInput:
    """From `{"date": "2023-05-12" | null, "before": [message], "messages": [{"role", "speaker", "text"}]}`."""
    day = date.fromisoformat(row["date"]) if row["date"] else None
    return SelectInput(_messages(row["messages"]), day, _messages(row.get("before", ())))


def _messages(rows: Any) -> tuple[Message, ...]:
    return tuple(Message(row["role"], row["speaker"], row["text"]) for row in rows)


def render(given: SelectInput) -> str:
    """The day, the turns before without numbers, then a line a sentence: `2 Tom: I quit last Friday [1 May 2026].`."""
    lines = [f"date: {format_date(given.session_date)}"] if given.session_date else []
    before = given.before[-TURNS_BEFORE:]
    lines += [f"before: {speaker_of(message)}: {' '.join(message.text.split())}" for message in before]
    for number, sentence in enumerate(numbered(given), start=1):
        lines.append(f"{number} {speaker_of(given.messages[sentence.message])}: {sentence.text}")
    return "\n".join(lines)


def render_output(numbers: list[int]) -> str:
    """Compact JSON, as trained."""
    return json.dumps({"keep": numbers}, separators=(",", ":"))


def parse(text: str) -> list[int]:
    """Numbers in rising order, repetitions dropped."""
    try:
        numbers = json.loads(text)["keep"]
    except (ValueError, KeyError, TypeError) as e:
        raise UnparsableError(f'expected {{"keep":[..]}}, got {text!r}') from e
    if not isinstance(numbers, list) or not all(type(number) is int and number > 0 for number in numbers):
        raise UnparsableError(f"expected a list of numbers from 1 under 'keep', got {text!r}")
    return sorted(set(numbers))


OPERATION: Operation[SelectInput, list[int]] = Operation(
    name="select",
    system="Choose the sentences worth remembering as JSON.",
    read_input=read_input,
    render=render,
    render_output=render_output,
    parse=parse,
    fallback=lambda _given: [],
    schema={
        "type": "object",
        "properties": {"keep": {"type": "array", "items": {"enum": list(range(1, MOST + 1))}}},
        "required": ["keep"],
        "additionalProperties": False,
    },
    lora_targets="all_linear",
    max_new_tokens=64,
    form_of="extract",
    headline="sentence F1",
)
