"""Rows of two stores: a vector may round otherwise, and then its sketch is the one of that vector, to the bit."""

import numpy as np
import pytest

from runtime_py.parity.trace.results import Vectors, compare_rows
from runtime_py.parity.trace.rows import Value
from runtime_py.parity.trace.verdict import Report, Verdict
from runtime_py.store import sketch_of

VECTOR = np.linspace(-0.1, 0.1, 384, dtype=np.float32)
ROUNDED = np.nextafter(VECTOR, np.float32(1))


def _half_way() -> tuple[bytes, bytes]:
    """Two vectors a last bit apart whose sketches have another code."""
    vector = np.linspace(-0.1, 0.1, 384, dtype=np.float32)
    scale = np.frombuffer(sketch_of(vector.tobytes())[:4], "<f4")[0]
    vector[200] = np.float32(3.5) * scale * np.float32(1 - 2e-6)
    for _ in range(64):
        other = vector.copy()
        other[200] = np.nextafter(vector[200], np.float32(1))
        if sketch_of(vector.tobytes())[8:] != sketch_of(other.tobytes())[8:]:
            return vector.tobytes(), other.tobytes()
        vector = other
    raise AssertionError("expected a code that rounds the other way within 64 steps, found none")


def _judged(want: bytes, have: bytes, sketch: bytes, is_told: bool = True) -> Report:
    report = Report()
    vectors: Vectors = {}
    row: list[Value] = [7, want]
    if is_told:
        compare_rows(report, 1, "embeddings", [row], [[7, have]], vectors)
    compare_rows(report, 2, "memory_sketches", [[1, 7, 3, sketch_of(want)]], [[1, 7, 3, sketch]], vectors)
    return report


def test_a_code_may_round_with_its_vector() -> None:
    want, have = _half_way()
    report = _judged(want, have, sketch_of(have))
    assert (report.verdict, report.rows, report.equal_rows) == (Verdict.PASS, 2, 0)


@pytest.mark.parametrize("is_told", [True, False])
def test_a_sketch_of_no_vector_that_was_told_drifts(is_told: bool) -> None:
    want, have = _half_way()
    told = sketch_of(ROUNDED.tobytes()) if is_told else sketch_of(have)
    report = _judged(want, have, told, is_told)
    assert [(found.verdict, found.request) for found in report.found] == [(Verdict.DRIFT, 2)]


def test_a_vector_too_far_off_has_no_sketch_either() -> None:
    far = (VECTOR * np.float32(1.5)).tobytes()
    report = _judged(VECTOR.tobytes(), far, sketch_of(far))
    assert [(found.verdict, found.request) for found in report.found] == [(Verdict.DRIFT, 1), (Verdict.DRIFT, 2)]


@pytest.mark.parametrize("sketch", [b"", b"\0" * 7, b"\xff" * 392])
def test_any_bytes_are_judged(sketch: bytes) -> None:
    report = _judged(VECTOR.tobytes(), ROUNDED.tobytes(), sketch)
    assert report.verdict is Verdict.DRIFT
