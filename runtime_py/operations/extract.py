"""extract: the newest exchange -> the facts stated in it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from runtime_py.operations.operation import Operation, UnparsableError
from runtime_py.text import annotate, format_date


@dataclass(frozen=True)
class Message:
    """One turn: `role` is user or assistant, `speaker` the person's name (may be empty)."""

    role: str
    speaker: str
    text: str


@dataclass(frozen=True)
class ExtractInput:
    """An exchange of one or more messages and the day it happened (None: unknown)."""

    messages: tuple[Message, ...]
    session_date: date | None


def read_input(row: Mapping[str, Any]) -> ExtractInput:
    """From `{"date": "2023-05-12" | null, "messages": [{"role", "speaker", "text"}]}`."""
    day = date.fromisoformat(row["date"]) if row["date"] else None
    return ExtractInput(tuple(Message(m["role"], m["speaker"], m["text"]) for m in row["messages"]), day)


def render(given: ExtractInput) -> str:
    """One line per message; relative dates have their day behind them (`last Friday [1 May 2026]`) to be copied."""
    lines = [f"date: {format_date(given.session_date)}"] if given.session_date else []
    for message in given.messages:
        text = " ".join(annotate(message.text, given.session_date).split())
        speaker = " ".join(message.speaker.split())
        lines.append(f"{message.role}: {speaker}: {text}" if speaker else f"{message.role}: {text}")
    return "\n".join(lines)


def render_output(facts: list[str]) -> str:
    """Compact JSON, as trained."""
    return json.dumps({"facts": facts}, ensure_ascii=False, separators=(",", ":"))


def parse(text: str) -> list[str]:
    """Facts in order, blank ones and repetitions dropped."""
    try:
        facts = json.loads(text)["facts"]
    except (ValueError, KeyError, TypeError) as e:
        raise UnparsableError(f'expected {{"facts":[...]}}, got {text!r}') from e
    if not isinstance(facts, list) or not all(isinstance(fact, str) for fact in facts):
        raise UnparsableError(f"expected a list of strings under 'facts', got {text!r}")
    return list(dict.fromkeys(fact.strip() for fact in facts if fact.strip()))


OPERATION: Operation[ExtractInput, list[str]] = Operation(
    name="extract",
    system="Extract the facts as JSON.",
    read_input=read_input,
    render=render,
    render_output=render_output,
    parse=parse,
    fallback=lambda _given: [],
    schema={
        "type": "object",
        "properties": {"facts": {"type": "array", "items": {"type": "string", "minLength": 1}}},
        "required": ["facts"],
        "additionalProperties": False,
    },
    lora_targets="attention_qv",
    max_new_tokens=256,
    is_required=True,
    headline="fact F1",
)
