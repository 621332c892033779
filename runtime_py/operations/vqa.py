"""vqa: a picture and a question about it -> one word, and the reason for it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runtime_py.operations.operation import Operation, UnparsableError


@dataclass(frozen=True)
class VqaInput:
    """`image` names the picture: its file beside the dataset, or the sha256 under which a memory keeps it."""

    image: str
    question: str


@dataclass(frozen=True)
class VqaAnswer:
    """One word without a blank in it, and a sentence that says what is seen."""

    answer: str
    reason: str


UNCLEAR = VqaAnswer("unclear", "No answer could be read.")


def read_input(row: Mapping[str, Any]) -> VqaInput:
    """From `{"image": "name", "question": str}`."""
    return VqaInput(row["image"], row["question"])


def render(given: VqaInput) -> str:
    """The question alone in a line: the picture's rows stand before it."""
    return f"question: {' '.join(given.question.split())}"


def render_output(answer: VqaAnswer) -> str:
    """Compact JSON, as trained: the word first, so that a reader who needs no reason may stop there."""
    return json.dumps({"answer": answer.answer, "reason": answer.reason}, ensure_ascii=False, separators=(",", ":"))


def parse(text: str) -> VqaAnswer:
    """The word and the reason, blanks around them dropped; two words or none are unparsable."""
    try:
        row = json.loads(text)
        answer, reason = row["answer"], row["reason"]
    except (ValueError, KeyError, TypeError) as e:
        raise UnparsableError(f'expected {{"answer":word,"reason":text}}, got {text!r}') from e
    if not isinstance(answer, str) or not isinstance(reason, str):
        raise UnparsableError(f"expected strings under 'answer' and 'reason', got {text!r}")
    if len(answer.split()) != 1:
        raise UnparsableError(f"expected one word under 'answer', got {text!r}")
    return VqaAnswer(answer.strip(), reason.strip())


OPERATION: Operation[VqaInput, VqaAnswer] = Operation(
    name="vqa",
    system="Answer about the picture as JSON.",
    read_input=read_input,
    render=render,
    render_output=render_output,
    parse=parse,
    fallback=lambda _given: UNCLEAR,
    schema={
        "type": "object",
        "properties": {
            "answer": {"type": "string", "pattern": r"[^\s\"\\\x00-\x1f]+"},
            "reason": {"type": "string", "minLength": 1},
        },
        "required": ["answer", "reason"],
        "additionalProperties": False,
    },
    lora_targets="all_linear",
    max_new_tokens=48,
    picture=lambda given: given.image,
    headline="answers right",
)
