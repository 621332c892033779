"""Comparing results and rows: texts, ids and events exactly, scores and vectors within the leg's tolerance."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from runtime_py.parity.comparator import RUNNER, relative_error
from runtime_py.parity.trace.rows import Value
from runtime_py.parity.trace.verdict import Report, Verdict

_SKETCH_HEAD = 8  # bytes of a sketch before its codes: float32 scale and error
_VECTORS, _SKETCHES = ("embeddings", "turn_embeddings"), ("memory_sketches", "turn_sketches")


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
    report: Report, request: int, table: str, expected: Sequence[Sequence[Value]], got: Sequence[Sequence[Value]]
) -> None:
    """Row by row; vectors and their sketches may differ within the tolerance and then count as equal to no bit."""
    report.rows += max(len(expected), len(got))
    if len(expected) != len(got):
        report.add(Verdict.MEMORY_DIVERGED, request, f"{table}: expected {len(expected)} rows, got {len(got)}")
    for place, (want, have) in enumerate(zip(expected, got, strict=False)):
        if list(want) == list(have):
            report.equal_rows += 1
        elif not _are_near(table, want, have):
            verdict = Verdict.DRIFT if _without_bytes(want) == _without_bytes(have) else Verdict.MEMORY_DIVERGED
            report.add(verdict, request, f"{table}, row {place}: expected {want!r:.300}, got {have!r:.300}")


def _without_bytes(row: Sequence[Value]) -> list[Value]:
    return [b"" if isinstance(value, bytes) else value for value in row]


def _are_near(table: str, want: Sequence[Value], have: Sequence[Value]) -> bool:
    if _without_bytes(want) != _without_bytes(have):
        return False
    pairs = [(a, b) for a, b in zip(want, have, strict=True) if isinstance(a, bytes) and isinstance(b, bytes)]
    return all(len(a) == len(b) and _error(table, a, b) <= RUNNER.max_relative_error for a, b in pairs)


def _error(table: str, want: bytes, have: bytes) -> float:
    one, other = (_numbers(table, data) for data in (want, have))
    return relative_error(one, other) if np.isfinite(other).all() else float("inf")


def _numbers(table: str, data: bytes) -> np.ndarray[Any, np.dtype[np.float32]]:
    """A vector, or what a sketch says of one; raises `KeyError` for a table without either."""
    if table in _VECTORS:
        return np.frombuffer(data, "<f4")
    if table in _SKETCHES:
        scale = np.frombuffer(data[:4], "<f4")[0]
        codes = np.frombuffer(data[_SKETCH_HEAD:], np.int8)
        numbers: np.ndarray[Any, np.dtype[np.float32]] = np.multiply(codes, scale, dtype=np.float32)
        return numbers
    raise KeyError(table)
