"""The comparator itself, with errors planted: each must be found, in every output, not only in the first."""

import numpy as np
import pytest

from runtime_py.parity.comparator import LEGS, StepAgreement, compare, relative_error


def outputs() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(7)
    return {"logits": rng.standard_normal((3, 5), np.float32), "past.0.key": rng.standard_normal((2, 4), np.float32)}


def test_equal_outputs_pass() -> None:
    result = compare(outputs(), outputs(), 1e-6)
    assert result.passed
    assert result.max_relative_error == 0.0


@pytest.mark.parametrize("name", ["logits", "past.0.key"])
@pytest.mark.parametrize("stage", ["names", "shape", "dtype", "finite", "values"])
def test_a_planted_error_is_found(name: str, stage: str) -> None:
    planted = outputs()
    if stage == "names":
        del planted[name]
    elif stage == "shape":
        planted[name] = planted[name][:-1]
    elif stage == "dtype":
        planted[name] = planted[name].astype(np.float64)
    elif stage == "finite":
        planted[name][0, 0] = np.nan
    else:
        planted[name][-1, -1] += 0.5
    result = compare(outputs(), planted, 1e-2)
    assert [(d.output, d.stage) for d in result.differences] == [(name, stage)]


def test_an_unexpected_output_is_found() -> None:
    extra = outputs() | {"another": np.zeros(1, np.float32)}
    assert [d.output for d in compare(outputs(), extra, 1.0).differences] == ["another"]


def test_all_differences_are_reported() -> None:
    planted = {name: value + 1 for name, value in outputs().items()}
    assert len(compare(outputs(), planted, 1e-3).differences) == 2


def test_relative_error_is_the_closed_form() -> None:
    assert relative_error(np.array([3.0, 4.0]), np.array([3.0, 4.5])) == pytest.approx(0.1)
    assert relative_error(np.zeros(2), np.ones(2)) == float("inf")


def test_an_infinite_distance_from_zero_fails() -> None:
    assert not compare({"a": np.zeros(2)}, {"a": np.ones(2)}, 1.0).passed


def test_steps_count_and_name_every_miss() -> None:
    agreement = StepAgreement()
    agreement.add(0, [1, 2, 3], [1, 9, 3], [0.5, 0.01, 0.7])
    agreement.add(1, [4], [4], [1.0])
    assert agreement.steps == 4
    assert agreement.share == 0.75
    assert [(m.prompt, m.step, m.expected, m.got, m.margin) for m in agreement.misses] == [(0, 1, 2, 9, 0.01)]


def test_no_steps_is_no_agreement() -> None:
    assert StepAgreement().share == 0.0


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="equal lengths"):
        StepAgreement().add(0, [1, 2], [1], [0.1, 0.2])


def test_every_leg_gives_its_reason() -> None:
    assert all(len(leg.reason) > 20 for leg in LEGS.values())
    assert LEGS["torch_arbiter"].min_step_agreement == 1.0
