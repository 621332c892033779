"""An operation's input as the JSON of a dataset row: what its `read_input` reads back."""

from collections.abc import Mapping
from datetime import date
from functools import singledispatch
from typing import Any

from runtime_py.operations.extract import ExtractInput
from runtime_py.operations.generate import GenerateInput
from runtime_py.operations.update import UpdateInput


@singledispatch
def to_row(given: object) -> Mapping[str, Any]:
    """The row's `input`. Raises `TypeError` for the input of an operation that has no rows made so."""
    raise TypeError(f"no row for {type(given).__name__}: expected the input of extract, update or generate")


@to_row.register
def _(given: ExtractInput) -> Mapping[str, Any]:
    messages = [{"role": each.role, "speaker": each.speaker, "text": each.text} for each in given.messages]
    return {"date": _day(given.session_date), "messages": messages}


@to_row.register
def _(given: UpdateInput) -> Mapping[str, Any]:
    return {"memories": list(given.memories), "facts": list(given.facts)}


@to_row.register
def _(given: GenerateInput) -> Mapping[str, Any]:
    memories = [
        {"text": each.text, "date": _day(each.day), **({"speaker": each.speaker} if each.speaker else {})}
        for each in given.memories
    ]
    return {"question": given.question, **({"asker": given.asker} if given.asker else {}), "memories": memories}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
