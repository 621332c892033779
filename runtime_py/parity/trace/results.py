"""Comparing results and rows: texts, ids and events exactly, scores and vectors within the leg's tolerance."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from runtime_py.parity.comparator import RUNNER, relative_error
from runtime_py.parity.trace.rows import Value
from runtime_py.parity.trace.verdict import Report, Verdict
from runtime_py.store import sketch_of

_NUMBERS = ("embeddings", "turn_embeddings", "photo_embeddings")
_SKETCHED = {"memory_sketches": "embeddings", "turn_sketches": "turn_embeddings"}
Vectors = dict[str, dict[Value, bytes]]
"""Of each table of vectors those that the runner gave and that were found near, by the id of their row."""


def compare_results(report: Report, request: int, expected: Any, got: Any) -> None:
    """Report the first value that differs, and every score that is too far off."""
    for verdict, where, message in _differences(expected, got, "result"):
        report.add(verdict, request, f"{where}: {message}")
        if verdict is not Verdict.DRIFT:
            return


def _differences(expected: Any, got: Any, where: str) -> Iterator[tuple[Verdict, str, str]]:
    if isinstance(expected, dict) and isinstance(got, dict) and set(expected) == set(got):
        for key in expected:
            yield from _differences(expected[key], got[key], f"{where}.{key}")
    elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        for place, (want, have) in enumerate(zip(expected, got, strict=True)):
            yield from _differences(want, have, f"{where}[{place}]")
    elif type(expected) is float and type(got) is float:
        if abs(expected - got) > RUNNER.max_relative_error:
            yield Verdict.DRIFT, where, f"expected {expected!r}, got {got!r}"
    elif type(expected) is not type(got) or expected != got:
        yield Verdict.MEMORY_DIVERGED, where, f"expected {expected!r:.300}, got {got!r:.300}"


def compare_rows(
    report: Report,
    request: int,
    table: str,
    expected: Sequence[Sequence[Value]],
    got: Sequence[Sequence[Value]],
    vectors: Vectors,
) -> None:
    """Row by row; a vector may differ within the tolerance and then counts as equal to no bit.

    `vectors` grows with each table of them: another sketch must be exactly the one of the runner's own vector.
    """
    report.rows += max(len(expected), len(got))
    if len(expected) != len(got):
        report.add(Verdict.MEMORY_DIVERGED, request, f"{table}: expected {len(expected)} rows, got {len(got)}")
    for place, (want, have) in enumerate(zip(expected, got, strict=False)):
        is_equal = list(want) == list(have)
        report.equal_rows += is_equal
        if is_equal or _are_near(table, want, have, vectors):
            if table in _SKETCHED.values() and isinstance(have[-1], bytes):
                vectors.setdefault(table, {})[have[0]] = have[-1]
        else:
            verdict = Verdict.DRIFT if _without_bytes(want) == _without_bytes(have) else Verdict.MEMORY_DIVERGED
            report.add(verdict, request, f"{table}, row {place}: expected {want!r:.300}, got {have!r:.300}")


def _without_bytes(row: Sequence[Value]) -> list[Value]:
    return [b"" if isinstance(value, bytes) else value for value in row]


def _are_near(table: str, want: Sequence[Value], have: Sequence[Value], vectors: Vectors) -> bool:
    if _without_bytes(want) != _without_bytes(have) or not isinstance(have[-1], bytes):
        return False
    if table in _SKETCHED:
        made_of = vectors.get(_SKETCHED[table], {}).get(have[1])
        return made_of is not None and have[-1] == sketch_of(made_of)
    return table in _NUMBERS and _is_near(want[-1], have[-1])


def _is_near(want: Value, have: bytes) -> bool:
    if not isinstance(want, bytes) or len(want) != len(have):
        return False
    one, other = (np.frombuffer(data, "<f4") for data in (want, have))
    return bool(np.isfinite(other).all()) and relative_error(one, other) <= RUNNER.max_relative_error
