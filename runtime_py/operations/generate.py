"""generate: a question and retrieved, dated memories -> a short answer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from runtime_py.operations.operation import Operation, UnparsableError
from runtime_py.text import annotate, format_date

UNANSWERABLE = "no information available"
_MONTHS = "January February March April May June July August September October November December"
_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
CLOSED = tuple(
    f"yes no not and or the a an of in on at to by for from with until since before after about both it was is week "
    f"weekend {UNANSWERABLE} {_MONTHS} {_WEEKDAYS}".split()
)
"""Words an answer may have that nobody said; whole numbers below 32, for days, besides."""
_SIGNS = ".,;:!?()[]{}\"'\u2019\u2018\u201c\u201d\u2026*_~-\u2013\u2014/"
_PARTS = re.compile(r"['\u2019/()\[\],;:.!?\"\u201c\u201d\u2026\u2013\u2014-]+")


@dataclass(frozen=True)
class DatedMemory:
    """A memory, or a turn with its `speaker`, and the day it was said (None: unknown)."""

    text: str
    day: date | None
    speaker: str = ""


@dataclass(frozen=True)
class GenerateInput:
    """The question, who asks it in the first person (may be empty), and memories and turns, oldest first."""

    question: str
    memories: tuple[DatedMemory, ...]
    asker: str = ""

    @cached_property
    def rendered(self) -> str:
        """As `render` says: asked for several times, and the dates of a dozen turns are read for it."""
        ordered = sorted(self.memories, key=lambda m: m.day or date.min)
        lines = [_line(format_date(m.day) if m.day else "", m.speaker, annotate(m.text, m.day)) for m in ordered]
        question = _line(self.asker, self.question)
        return "\n".join(" ".join(line.split()) for line in ["memories:", *lines, f"question: {question}"])


def read_input(row: Mapping[str, Any]) -> GenerateInput:
    """From `{"question", "asker"?, "memories": [{"text", "date": "2023-05-12" | null, "speaker"?}]}`."""
    memories = (
        DatedMemory(m["text"], date.fromisoformat(m["date"]) if m["date"] else None, m.get("speaker", ""))
        for m in row["memories"]
    )
    return GenerateInput(row["question"], tuple(memories), row.get("asker", ""))


def render(given: GenerateInput) -> str:
    """Oldest memory first, undated ones before all, so that the newest stands nearest to the question.

    `5 May 2026: Ann: I quit last Friday [1 May 2026]`; the question in the first person has its asker before it.
    """
    return given.rendered


def _line(*parts: str) -> str:
    return ": ".join(part for part in parts if part)


def parse(text: str) -> str:
    """The first line, stripped; nothing at all is unparsable."""
    answer = begun(text)
    if not answer:
        raise UnparsableError("expected an answer, got no text")
    return answer


def is_refusal(answer: str) -> bool:
    """The answer is, or begins with, the refusal, in capitals or not."""
    return " ".join(answer.casefold().split()).startswith(UNANSWERABLE)


def begun(text: str) -> str:
    """What `parse` will certainly answer of a text that may go on: the answer begins with it."""
    return text.strip().split("\n", 1)[0].strip()


def words(given: GenerateInput) -> list[str]:
    """What an answer may be made of: the words that are read, whole and without the signs around them, and `CLOSED`."""
    found = dict.fromkeys([*CLOSED, *(str(number) for number in range(32))])
    for line in given.rendered.split("\n")[1:-1]:
        for chunk in line.split():
            found |= dict.fromkeys((chunk, chunk.strip(_SIGNS), *_PARTS.split(chunk)))
    return [word for word in found if word]


OPERATION: Operation[GenerateInput, str] = Operation(
    name="generate",
    system="Answer from the memories.",
    read_input=read_input,
    render=render,
    render_output=str,
    parse=parse,
    fallback=lambda _given: UNANSWERABLE,
    schema=None,
    lora_targets="all_linear",
    max_new_tokens=32,
    words=words,
    is_required=True,
    headline="exact",
)
