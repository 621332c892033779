import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.figures.intervals import Z_95, Ratio, Share, wilson_interval


@given(st.integers(0, 2000), st.integers(1, 2000))
def test_interval_ends_solve_the_score_equation(k: int, n: int) -> None:
    """An end p of Wilson's interval satisfies |k/n - p| = z sqrt(p(1-p)/n): another derivation than the closed form."""
    k = min(k, n)
    low, high = wilson_interval(k, n)
    assert 0.0 <= low <= k / n <= high <= 1.0
    for end in (low, high):
        if 0 < end < 1:
            assert math.isclose(abs(k / n - end), Z_95 * math.sqrt(end * (1 - end) / n), rel_tol=1e-9)


def test_share_prints_count_and_interval() -> None:
    assert str(Share(91, 233)) == "91/233 0.391 [0.330, 0.454]"
    assert str(Share(0, 10)) == "0/10 0.000 [0.000, 0.278]"
    assert str(Share(0, 0)) == "0/0"
    assert Share.of([True, False, True]) + Share(1, 1) == Share(3, 4)
    assert Share(3, 4).as_json()["k"] == 3


def test_share_refuses_impossible_counts() -> None:
    with pytest.raises(ValueError, match="k=5, n=4"):
        Share(5, 4).as_json()


def test_ratio_pools_before_it_divides() -> None:
    ratio = Ratio((2.0, 0.0), (2.0, 6.0))
    assert ratio.value == 0.25
    low, high = ratio.interval()
    assert 0.0 <= low < 0.25 < high <= 1.0


def test_mean_interval_is_near_the_normal_one() -> None:
    values = np.random.default_rng(3).random(400)
    ratio = Ratio.mean(values.tolist())
    low, high = ratio.interval()
    half = Z_95 * values.std() / 20
    assert ratio.value == pytest.approx(values.mean())
    assert low == pytest.approx(values.mean() - half, abs=0.005)
    assert high == pytest.approx(values.mean() + half, abs=0.005)
    assert str(ratio).endswith("N=400")
    assert str(Ratio.mean([])) == "N=0"
