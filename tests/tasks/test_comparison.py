"""Ranks and paired bootstrap intervals: closed forms and invariants."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from steadymask.tasks.comparison import (
    RESAMPLES,
    Difference,
    difference,
    every_clip_once,
    mean_over_clips,
    ranks,
    resampled,
    scored,
)

VALUES = arrays(np.float64, 7, elements=st.floats(-1, 1))


def compared(of: np.ndarray, against: np.ndarray, weights: np.ndarray | None = None) -> Difference:
    weights = resampled(len(of)) if weights is None else weights
    ones = [1.0] * len(of)
    scores = (scored(mean_over_clips(each.tolist(), ones), weights) for each in (of, against))
    return difference(*scores, clips=len(of))


def test_equal_scores_share_the_mean_of_their_places() -> None:
    assert ranks({"a": 0.1, "b": 0.3, "c": 0.3, "d": 0.7}, higher_is_better=True) == {
        "a": 4,
        "b": 2.5,
        "c": 2.5,
        "d": 1,
    }
    assert ranks(dict.fromkeys("abc", 0.5), higher_is_better=False) == dict.fromkeys("abc", 2)


def test_lower_may_be_better_and_nan_has_no_place() -> None:
    assert ranks({"a": 0.1, "b": math.nan, "c": 0.3}, higher_is_better=False) == {"a": 1, "c": 2}
    assert ranks({"a": 0.1, "b": math.nan, "c": 0.3}, higher_is_better=True) == {"a": 2, "c": 1}


@settings(deadline=None, derandomize=True)
@given(values=st.lists(st.integers(0, 4), min_size=1, max_size=8))
def test_places_add_up_and_turn_around_with_the_direction(values: list[int]) -> None:
    scores = {str(number): float(value) for number, value in enumerate(values)}
    count = len(values)
    up, down = (ranks(scores, higher_is_better=each) for each in (True, False))
    assert sum(up.values()) == count * (count + 1) / 2
    assert all(up[name] + down[name] == count + 1 for name in scores)


@settings(deadline=None, derandomize=True)
@given(values=VALUES)
def test_a_set_does_not_differ_from_itself(values: np.ndarray) -> None:
    assert compared(values, values) == Difference(mean=0.0, low=0.0, high=0.0)


@settings(deadline=None, derandomize=True)
@given(values=VALUES, by=st.floats(-1, 1))
def test_the_same_gain_in_every_clip_is_certain(values: np.ndarray, by: float) -> None:
    found = compared(values + by, values)
    assert (found.mean, found.low, found.high) == pytest.approx((by, by, by), abs=1e-12)


@pytest.mark.parametrize("clips", [1, 2, 5])
def test_few_clips_tell_nothing_of_others(clips: int) -> None:
    found = compared(np.full(clips, 0.75), np.full(clips, 0.5))
    assert (found.mean, math.isnan(found.low), math.isnan(found.high)) == (0.25, True, True)


def test_where_nothing_differs_one_in_twenty_differences_is_taken_for_sure() -> None:
    """Percentiles as they are would be sure of one in eight with eight clips."""
    generator, weights = np.random.default_rng(3), resampled(8)
    found = [compared(generator.normal(size=8), np.zeros(8), weights) for _ in range(600)]
    assert np.mean([each.low > 0 or each.high < 0 for each in found]) == pytest.approx(0.05, abs=0.025)


def test_the_interval_is_that_of_the_normal_distribution_for_many_clips() -> None:
    """The bootstrap's standard error of a mean is the standard deviation over the root of the number."""
    values = np.random.default_rng(1).normal(0.3, 0.2, 400)
    found = compared(values, np.zeros(400), resampled(400, resamples=20000))
    reach = 1.959964 * values.std() / math.sqrt(400)
    assert found.low == pytest.approx(values.mean() - reach, abs=0.03 * reach)
    assert found.high == pytest.approx(values.mean() + reach, abs=0.03 * reach)


@settings(deadline=None, derandomize=True)
@given(a=VALUES, b=VALUES)
def test_the_other_way_round_everything_changes_its_sign(a: np.ndarray, b: np.ndarray) -> None:
    there, back = compared(a, b), compared(b, a)
    assert (back.mean, back.low, back.high) == pytest.approx((-there.mean, -there.high, -there.low))


@settings(deadline=None, derandomize=True)
@given(a=VALUES, b=VALUES, order=st.permutations(range(7)))
def test_the_order_of_clips_does_not_matter(a: np.ndarray, b: np.ndarray, order: list[int]) -> None:
    weights = resampled(7)
    one, other = compared(a, b, weights), compared(a[order], b[order], weights[:, order])
    assert (one.mean, one.low, one.high) == pytest.approx((other.mean, other.low, other.high))


@settings(deadline=None, derandomize=True)
@given(values=VALUES, counts=arrays(np.float64, 7, elements=st.integers(1, 5)), twice=st.integers(0, 6))
def test_a_clip_of_weight_2_counts_like_one_that_is_there_twice(
    values: np.ndarray, counts: np.ndarray, twice: int
) -> None:
    totals = values * counts
    weights = every_clip_once(7)
    weights[0, twice] = 2
    weighted = mean_over_clips(totals.tolist(), counts.tolist())(weights)
    listed = mean_over_clips([*totals, totals[twice]], [*counts, counts[twice]])(every_clip_once(8))
    assert weighted == pytest.approx(listed)


def test_a_clip_without_a_value_is_left_out() -> None:
    average = mean_over_clips([0.5, math.nan, 0.7], [1.0, 1.0, 1.0])
    assert average(every_clip_once(3))[0] == pytest.approx(0.6)
    assert np.isnan(average(np.array([[0.0, 3, 0]]))).all()
    nothing = scored(mean_over_clips([math.nan], [1.0]), resampled(1))
    assert math.isnan(difference(nothing, nothing, clips=9).low)


def test_as_many_clips_are_drawn_as_there_are_the_same_every_time() -> None:
    weights = resampled(5)
    assert weights.shape == (RESAMPLES, 5)
    assert (weights.sum(1) == 5).all()
    assert np.array_equal(weights, resampled(5))
    assert weights.mean(0) == pytest.approx(np.ones(5), abs=0.1)
