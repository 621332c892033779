"""Reading a runner's lines; whatever is not the answer to its request raises `MalformedError`."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runtime_py.errors import ConfigError
from runtime_py.files import StrictObject
from runtime_py.parity.trace.pictured import ROW
from runtime_py.parity.trace.rows import TABLES, Value, rows_sha256
from runtime_py.parity.trace.watch import TOP, Call, Top


class MalformedError(Exception):
    """A line that is no answer; the message says what was expected and got."""


@dataclass(frozen=True)
class Told:
    """The answer to one request: the experts' calls, and a result or the class of an error."""

    calls: tuple[Call, ...]
    result: Any
    error: str | None
    message: str | None


def read_answer(text: str, request: Mapping[str, Any]) -> Told:
    """The answer to `request`; raises `MalformedError`."""
    try:
        line = StrictObject.parse(text, f"answer {request['id']}")
        number, kind = line.integer("id"), line.text("kind")
        if (number, kind) != (request["id"], request["kind"]):
            raise MalformedError(
                f"expected the answer to {request['kind']} {request['id']}, got that to {kind[:40]} {number}"
            )
        calls = tuple(_read_call(call) for call in line.objects("calls"))
        if "error" in line:
            told = Told(calls, None, line.text("error"), line.text("message"))
        else:
            told = Told(calls, line.anything("result"), None, None)
        line.finish()
    except ConfigError as e:
        raise MalformedError(str(e)) from e
    return told


def _read_call(call: StrictObject) -> Call:
    tokens = {key: _tokens(call.anything(key), key, least) for key, least in (("prompt", ROW), ("tokens", 0))}
    read = Call(
        call.text("operation"),
        call.boolean("exact"),
        tokens["prompt"],
        tokens["tokens"],
        call.boolean("cut"),
        tuple(_read_step(step) for step in call.items("steps")),
    )
    call.finish()
    places = [place for place, _ in read.steps]
    first, last = len(read.prompt) - 1, len(read.prompt) + len(read.tokens) - 1
    if places != sorted(set(places)) or not all(first <= place <= last for place in places):
        raise MalformedError(f"expected steps in order from place {first} to {last}, got {places[:8]}")
    return read


def _tokens(values: Any, key: str, least: int) -> tuple[int, ...]:
    if not isinstance(values, list) or not all(type(token) is int and token >= least for token in values):
        raise MalformedError(f"expected token ids under {key}, got {values!r:.60}")
    return tuple(values)


def _read_step(step: Any) -> tuple[int, Top]:
    if not isinstance(step, list) or len(step) != 2 or type(step[0]) is not int or not isinstance(step[1], list):
        raise MalformedError(f"expected [place, [[token, logit], ..]], got {step!r:.60}")
    top = tuple(_read_logit(pair) for pair in step[1])
    values = [value for _, value in top]
    if len(top) != TOP or len(dict(top)) != TOP or values != sorted(values, reverse=True):
        raise MalformedError(f"expected {TOP} tokens with their logits, highest first, got {step[1]!r:.120}")
    return step[0], top


def _read_logit(pair: Any) -> tuple[int, float]:
    if not isinstance(pair, list) or len(pair) != 2 or type(pair[0]) is not int or not isinstance(pair[1], str):
        raise MalformedError(f"expected a token and its logit as a hex float, got {pair!r:.60}")
    try:
        value = float.fromhex(pair[1])
    except (ValueError, OverflowError) as e:
        raise MalformedError(f"expected a hex float, got {pair[1]!r:.60}") from e
    if not math.isfinite(value):
        raise MalformedError(f"expected finite logits, got {pair[1]!r:.60}")
    return pair[0], value


def read_table(told: Told, table: str) -> list[list[Value]]:
    """The rows that an answer tells of `table`; raises `MalformedError` where they are not what its hash says."""
    result = told.result
    assert table in TABLES
    if not isinstance(result, dict) or set(result) != {"rows", "sha256"} or not isinstance(result["rows"], list):
        raise MalformedError(f"expected rows and their sha256 of {table}, got {result!r:.60}")
    rows = [[_value(value) for value in _row(row)] for row in result["rows"]]
    if (sha256 := rows_sha256(rows)) != result["sha256"]:
        raise MalformedError(f"expected the sha256 {sha256} of the rows of {table}, got {result['sha256']!r:.80}")
    return rows


def _row(row: Any) -> list[Any]:
    if not isinstance(row, list):
        raise MalformedError(f"expected a row as a list, got {row!r:.60}")
    return row


def _value(value: Any) -> Value:
    if isinstance(value, dict) and set(value) == {"hex"} and isinstance(value["hex"], str):
        try:
            return bytes.fromhex(value["hex"])
        except ValueError as e:
            raise MalformedError(f"expected bytes as hex digits, got {value['hex']!r:.60}") from e
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | str)):
        raise MalformedError(f"expected a text, a whole number, bytes or null in a row, got {value!r:.60}")
    return value
