"""Greedy steps are judged over all operations of a leg, values for each operation."""

from dataclasses import replace

from runtime_py.parity.comparator import Comparison, Miss, StepAgreement
from runtime_py.parity.replay import LegResult, judge

MISS = Miss(0, 0, 1, 2, 0.01)


def result(operation: str, steps: int, misses: int) -> LegResult:
    return LegResult(operation, "onnx", Comparison((), 0.01, 0.02), StepAgreement(steps, [MISS] * misses), 0.5)


def test_a_few_misses_of_a_short_golden_pass_with_the_others() -> None:
    rows = judge([result("generate", 400, 3), result("update", 1400, 0)])
    assert [row["passed"] for row in rows] == [True, True]


def test_too_many_misses_together_fail_every_row_of_the_leg() -> None:
    rows = judge([result("generate", 400, 3), result("update", 1400, 7)])
    assert [row["passed"] for row in rows] == [False, False]


def test_no_steps_or_no_effect_fails() -> None:
    assert not judge([result("generate", 0, 0)])[0]["passed"]
    rows = judge([replace(result("generate", 400, 0), adapter_effect=0.0), result("update", 400, 0)])
    assert [row["passed"] for row in rows] == [False, True]


def test_a_miss_that_rounding_cannot_explain_fails_its_operation() -> None:
    far = replace(MISS, margin=0.041)  # the largest error is 0.02, so two logits move at most 0.04 apart
    rows = judge([replace(result("generate", 4000, 0), agreement=StepAgreement(4000, [far])), result("update", 400, 0)])
    assert [row["passed"] for row in rows] == [False, True]
    near = replace(far, margin=0.039)
    assert judge([replace(result("generate", 4000, 0), agreement=StepAgreement(4000, [near]))])[0]["passed"]


def test_operations_that_were_proved_before_count_as_steps() -> None:
    others = judge([result("update", 1400, 0)])
    assert judge([result("generate", 400, 3)], others)[0]["passed"]
    assert not judge([result("generate", 400, 3)])[0]["passed"]
