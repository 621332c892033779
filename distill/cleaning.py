"""Teacher text -> the target an expert is trained on: parsed by the operation itself, minimal, or dropped."""

import json
import re
import string
from dataclasses import dataclass, replace
from typing import Any

from runtime_py.operations import AnyOperation, UnparsableError
from runtime_py.operations.update import MemoryEvent, UpdateInput

_REASONING = re.compile(r"<(think|thinking|reasoning|analysis)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_UNOPENED = re.compile(r"\A.*?</(think|thinking|reasoning|analysis)>", re.DOTALL | re.IGNORECASE)
_UNCLOSED = re.compile(r"<(think|thinking|reasoning|analysis)>.*\Z", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"```[\w-]*[ \t]*\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Cleaned:
    """A target, or None and why there is none; `removed` counts rows that were left out of a kept target."""

    target: str | None
    reason: str = ""
    removed: int = 0


def clean(operation: AnyOperation, given: Any, text: str) -> Cleaned:
    """The training target in a teacher's `text` for the input dataclass `given`.

    Reasoning and code fences go, the last JSON object that the operation can parse stays, written as the operation
    writes it. Update rows are made consistent with the old memories (`_consistent_events`).
    """
    bare = strip_reasoning(text)
    if not bare:
        return Cleaned(None, "empty")
    candidates = _json_objects(_unfenced(bare)) if operation.schema is not None else [_unfenced(bare)]
    for candidate in reversed(candidates):
        try:
            output = operation.parse(candidate)
        except UnparsableError:
            continue
        removed = 0
        if operation.name == "update":
            kept = _consistent_events(given, output)
            output, removed = kept, len(output) - len(kept)
        return Cleaned(operation.render_output(output), removed=removed)
    return Cleaned(None, "unparsable")


def strip_reasoning(text: str) -> str:
    """Without thinking blocks, also one whose opening tag the chat template ate or whose end was cut off."""
    without = _UNOPENED.sub("", _REASONING.sub("", text))
    return _UNCLOSED.sub("", without).strip()


def _unfenced(text: str) -> str:
    """The inside of the last code fence, the text itself without one."""
    fences = _FENCE.findall(text)
    return str(fences[-1]).strip() if fences else text


def _json_objects(text: str) -> list[str]:
    """Every outermost JSON object in the text, in order."""
    decoder, found, at = json.JSONDecoder(), [], text.find("{")
    while at >= 0:
        try:
            _, end = decoder.raw_decode(text, at)
        except ValueError:
            at = text.find("{", at + 1)
            continue
        found.append(text[at:end])
        at = text.find("{", end)
    return found


def _consistent_events(given: UpdateInput, events: list[MemoryEvent]) -> list[MemoryEvent]:
    """Rows that say something: no unknown numbers, no empty texts, no old memory twice, no memory merely re-listed.

    A NONE stays only when a new fact repeats that memory; an UPDATE to the very same text is a NONE. ADD rows are
    numbered onwards from the old memories, DELETE and NONE rows carry the old text.
    """
    kept: list[MemoryEvent] = []
    seen: set[str] = set()
    free = len(given.memories)
    for event in events:
        if event.event == "ADD":
            if event.text:
                kept.append(replace(event, id=str(free)))
                free += 1
            continue
        if not event.id.isdecimal() or int(event.id) >= len(given.memories):
            continue
        old = given.memories[int(event.id)]
        name = str(int(event.id))
        kind = "NONE" if event.event == "UPDATE" and _words(event.text) == _words(old) else event.event
        repeated = any(set(_words(fact)) <= set(_words(old)) for fact in given.facts)
        if name in seen or (kind == "UPDATE" and not event.text) or (kind == "NONE" and not repeated):
            continue
        seen.add(name)
        kept.append(MemoryEvent(name, event.text if kind == "UPDATE" else old, kind))
    return kept


def _words(text: str) -> list[str]:
    return text.casefold().translate(str.maketrans("", "", string.punctuation)).split()
