"""Teacher text -> the target an expert is trained on: parsed by the operation itself, minimal, or dropped."""

import json
import re
from dataclasses import dataclass
from typing import Any

from distill.datasets.build import ROOM
from runtime_py import operations
from runtime_py.operations import AnyOperation, UnparsableError

UNANSWERED = "says nothing of the facts"
_REASONING = re.compile(r"<(think|thinking|reasoning|analysis)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_UNOPENED = re.compile(r"\A.*?</(think|thinking|reasoning|analysis)>", re.DOTALL | re.IGNORECASE)
_UNCLOSED = re.compile(r"<(think|thinking|reasoning|analysis)>.*\Z", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"```[\w-]*[ \t]*\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Cleaned:
    """A target, or None and why there is none; `removed` counts rows that were left out."""

    target: str | None
    reason: str = ""
    removed: int = 0


def clean(operation: AnyOperation, given: Any, text: str) -> Cleaned:
    """The training target in a teacher's `text` for the input dataclass `given`.

    Reasoning and code fences go, the last JSON object that the operation can parse stays, written as the operation
    writes it. Where the operation's dataset defines `CONSISTENT`, rows that its input does not bear are left out; where
    it defines `IS_ANSWER`, what is left must be one.
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
        consistent = operations.parts(ROOM, "CONSISTENT").get(operation.name)
        kept = consistent(given, output) if consistent else output
        removed = len(output) - len(kept) if consistent else 0
        if not is_answer(operation, given, kept):
            return Cleaned(None, UNANSWERED, removed)
        return Cleaned(operation.render_output(kept), removed=removed)
    return Cleaned(None, "unparsable")


def is_answer(operation: AnyOperation, given: Any, output: Any) -> bool:
    """Whether `output` says anything of what `given` asks; an empty list of facts does, no event for facts does not."""
    told = operations.parts(ROOM, "IS_ANSWER").get(operation.name)
    return told is None or bool(told(given, output))


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
