"""generate: a question and retrieved, dated memories -> a short answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from runtime_py.operations.operation import Operation, UnparsableError
from runtime_py.text import format_date

UNANSWERABLE = "no information available"


@dataclass(frozen=True)
class DatedMemory:
    """A memory and the day it was said (None: unknown)."""

    text: str
    day: date | None


@dataclass(frozen=True)
class GenerateInput:
    """The question and its memories in any order."""

    question: str
    memories: tuple[DatedMemory, ...]


def read_input(row: Mapping[str, Any]) -> GenerateInput:
    """From `{"question": str, "memories": [{"text": str, "date": "2023-05-12" | null}]}`."""
    memories = (DatedMemory(m["text"], date.fromisoformat(m["date"]) if m["date"] else None) for m in row["memories"])
    return GenerateInput(row["question"], tuple(memories))


def render(given: GenerateInput) -> str:
    """Oldest memory first, undated ones before all, so that the newest stands nearest to the question."""
    ordered = sorted(given.memories, key=lambda m: m.day or date.min)
    lines = [f"{format_date(m.day)}: {m.text}" if m.day else m.text for m in ordered]
    return "\n".join(
        ["memories:", *(" ".join(line.split()) for line in lines), f"question: {' '.join(given.question.split())}"]
    )


def parse(text: str) -> str:
    """The first line, stripped; nothing at all is unparsable."""
    answer = text.strip().split("\n", 1)[0].strip()
    if not answer:
        raise UnparsableError("expected an answer, got no text")
    return answer


OPERATION = Operation(
    name="generate",
    system="Answer from the memories.",
    read_input=read_input,
    render=render,
    render_output=lambda answer: str(answer),
    parse=parse,
    fallback=lambda _given: UNANSWERABLE,
    schema=None,
    lora_targets="all_linear",
    max_new_tokens=32,
)
