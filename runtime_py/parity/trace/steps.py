"""Comparing calls of experts: tokens one by one, then the logits of the steps that both have."""

from collections.abc import Sequence
from itertools import takewhile

import numpy as np

from runtime_py.parity.comparator import relative_error
from runtime_py.parity.trace.verdict import Report, Verdict
from runtime_py.parity.trace.watch import Call, Top


def compare_calls(report: Report, request: int, expected: Sequence[Call], got: Sequence[Call]) -> None:
    """Count what is equal in the calls of one request, and report what is not."""
    if [call.operation for call in expected] != [call.operation for call in got]:
        names = [", ".join(call.operation for call in calls) or "none" for calls in (expected, got)]
        report.add(Verdict.TOKEN_DIVERGED, request, f"expected calls of {names[0]}, got {names[1]}")
    for want, have in zip(expected, got, strict=False):
        report.calls += 1
        _compare_call(report, request, want, have)


def _compare_call(report: Report, request: int, want: Call, have: Call) -> None:
    same_input = want.prompt == have.prompt
    shared = _shared(want.tokens, have.tokens) if same_input else 0
    report.tokens += max(len(want.tokens), len(have.tokens))
    report.equal_tokens += shared
    if not same_input:
        place = _shared(want.prompt, have.prompt)
        message = f"expected {_at(want.prompt, place)}, got {_at(have.prompt, place)}"
        report.add(Verdict.TOKEN_DIVERGED, request, f"prompt of {want.operation}, place {place}: {message}")
        return
    if want.tokens != have.tokens or want.is_cut != have.is_cut:
        place = len(want.prompt) + shared - 1
        message = f"expected {_at(want.tokens, shared)}, got {_at(have.tokens, shared)}{_margin(want, place)}"
        report.add(Verdict.TOKEN_DIVERGED, request, f"answer of {want.operation}, token {shared}: {message}")
    _compare_steps(report, request, want, have, len(want.prompt) + shared)


def _compare_steps(report: Report, request: int, want: Call, have: Call, end: int) -> None:
    """The steps before place `end`; engines that are alike have the same ones."""
    expected, got = ({place: top for place, top in call.steps if place < end} for call in (want, have))
    if want.is_exact == have.is_exact and set(expected) != set(got):
        places = sorted(set(expected) ^ set(got))
        message = f"expected logits after {len(expected)} places, got {len(got)}, the first other one {places[0]}"
        report.add(Verdict.MALFORMED, request, f"steps of {want.operation}: {message}")
    for place in sorted(set(expected) & set(got)):
        report.steps += 1
        error = _error(expected[place], got[place])
        report.equal_steps += error == 0.0
        report.max_relative_error = max(report.max_relative_error, error)
        if error > report.leg.max_relative_error:
            message = f"expected a relative error of at most {report.leg.max_relative_error:g}, got {error:.3g}"
            report.add(Verdict.DRIFT, request, f"logits of {want.operation} after place {place}: {message}")


def _error(expected: Top, got: Top) -> float:
    """Of the logits that were told; infinite where the reference has one of them nowhere near its highest."""
    known = dict(expected)
    if any(token not in known for token, _ in got):
        return float("inf")
    values = [(known[token], value) for token, value in got]
    wanted, told = np.array(values, np.float64).T
    return relative_error(wanted, told)


def _shared(one: Sequence[int], other: Sequence[int]) -> int:
    """How many leading tokens are equal."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _at(tokens: Sequence[int], place: int) -> str:
    return str(tokens[place]) if place < len(tokens) else "the end"


def _margin(call: Call, place: int) -> str:
    """How far the reference's best two logits lie apart there."""
    top = dict(call.steps).get(place)
    return f" (the best two logits are {top[0][1] - top[1][1]:.3g} apart)" if top else " (a forced token)"
