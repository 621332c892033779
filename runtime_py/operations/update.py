"""update: near memories + new facts -> what to add, change, forget or leave."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runtime_py.operations.operation import Operation, UnparsableError

EVENTS = ("ADD", "UPDATE", "DELETE", "NONE")


@dataclass(frozen=True)
class UpdateInput:
    """`memories` are numbered by their place (0..n-1), `facts` are new."""

    memories: tuple[str, ...]
    facts: tuple[str, ...]


@dataclass(frozen=True)
class MemoryEvent:
    """One row of the output: `id` is the place of an old memory as a string, or the next free number for ADD."""

    id: str
    text: str
    event: str


def read_input(row: Mapping[str, Any]) -> UpdateInput:
    """From `{"memories": [str], "facts": [str]}`."""
    return UpdateInput(tuple(row["memories"]), tuple(row["facts"]))


def render(given: UpdateInput) -> str:
    """Numbered memories, then the new facts as a list."""
    memories = [f"{i}: {' '.join(text.split())}" for i, text in enumerate(given.memories)]
    facts = [f"- {' '.join(text.split())}" for text in given.facts]
    return "\n".join(["memories:", *memories, "facts:", *facts])


def render_output(events: list[MemoryEvent]) -> str:
    """Compact JSON, as trained; `old_memory` is left out because the id tells it."""
    rows = [{"id": e.id, "text": e.text, "event": e.event} for e in events]
    return json.dumps({"memory": rows}, ensure_ascii=False, separators=(",", ":"))


def parse(text: str) -> list[MemoryEvent]:
    """Rows in order; a row with another event or a missing key makes the whole text unparsable."""
    try:
        rows = json.loads(text)["memory"]
        events = [MemoryEvent(str(row["id"]), str(row["text"]).strip(), str(row["event"])) for row in rows]
    except (ValueError, KeyError, TypeError) as e:
        raise UnparsableError(f'expected {{"memory":[{{id,text,event}}]}}, got {text!r}') from e
    if any(event.event not in EVENTS for event in events):
        raise UnparsableError(f"expected events out of {EVENTS}, got {text!r}")
    return events


def fallback(given: UpdateInput) -> list[MemoryEvent]:
    """Nothing a user said is lost: every new fact is added."""
    first = len(given.memories)
    return [MemoryEvent(str(first + i), fact, "ADD") for i, fact in enumerate(given.facts)]


def likely(given: UpdateInput) -> list[MemoryEvent]:
    """Every new fact is added and every memory stays: rows that answers share with it quote one of them."""
    return [*fallback(given), *(MemoryEvent(str(i), text, "NONE") for i, text in enumerate(given.memories))]


_ROW = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "pattern": "[0-9]{1,3}"},
        "text": {"type": "string", "minLength": 1},
        "event": {"enum": list(EVENTS)},
        "old_memory": {"type": "string"},
    },
    "required": ["id", "text", "event"],
    "additionalProperties": False,
}

OPERATION: Operation[UpdateInput, list[MemoryEvent]] = Operation(
    name="update",
    system="Update the memory as JSON.",
    read_input=read_input,
    render=render,
    render_output=render_output,
    parse=parse,
    fallback=fallback,
    schema={
        "type": "object",
        "properties": {"memory": {"type": "array", "items": _ROW}},
        "required": ["memory"],
        "additionalProperties": False,
    },
    lora_targets="attention_qv",
    max_new_tokens=384,
    likely=likely,
    headline="event and id",
)
