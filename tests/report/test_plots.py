"""Curves over time."""

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steadymask.report.plots import HEIGHT, WIDTH, Buckets, axis, buckets, path, x_of, y_of

series = st.lists(st.none() | st.floats(-1e6, 1e6) | st.just(math.nan), max_size=300)
ours = settings(deadline=None, derandomize=True, max_examples=40)


def known(values: list[float | None]) -> list[float]:
    return [value for value in values if value is not None and math.isfinite(value)]


@ours
@given(series, st.integers(1, 50))
def test_gathering_keeps_the_largest_and_the_smallest_value(values: list[float | None], most: int) -> None:
    gathered = buckets(values, most=most)
    assert len(gathered.low) == len(gathered.high) <= most
    assert max(known(list(gathered.high)), default=None) == max(known(values), default=None)
    assert min(known(list(gathered.low)), default=None) == min(known(values), default=None)


@ours
@given(series, st.integers(1, 50))
def test_every_value_lies_in_the_band_of_its_bucket(values: list[float | None], most: int) -> None:
    gathered = buckets(values, most=most)
    for index, value in enumerate(values):
        if value is not None and math.isfinite(value):
            low, high = gathered.low[index // gathered.size], gathered.high[index // gathered.size]
            assert low is not None
            assert high is not None
            assert low <= value <= high


def test_a_short_series_is_not_gathered() -> None:
    assert buckets([1.0, None, 3.0]) == Buckets(1, (1.0, None, 3.0), (1.0, None, 3.0))


@ours
@given(st.lists(st.floats(0, 1e5), min_size=1, max_size=50))
def test_the_axis_encloses_all_values_with_few_round_ticks(values: list[float]) -> None:
    ticks = axis([buckets(values)])
    assert ticks[0] <= min(values)
    assert ticks[-1] >= max(values) * (1 - 1e-6) - 1e-9
    assert 2 <= len(ticks) <= 6
    assert all(-1e-6 <= y_of(value, ticks) <= HEIGHT + 1e-6 for value in ticks)


def test_the_axis_of_high_shares_ends_at_one_and_need_not_begin_at_zero() -> None:
    ticks = axis([buckets([0.91, 0.97])], ceiling=1.0)
    assert ticks[-1] == 1
    assert 0.8 <= ticks[0] <= 0.91


def test_the_axis_of_perfect_shares_and_of_nothing_is_sound() -> None:
    assert axis([buckets([1.0, 1.0])], ceiling=1.0) == (0.0, 0.25, 0.5, 0.75, 1.0)
    assert axis([buckets([None])])[0] < axis([buckets([None])])[-1]


def test_a_line_breaks_where_values_are_undefined_and_a_lone_value_is_a_dot() -> None:
    drawn = path(buckets([0.0, 1.0, None, 1.0, None]), (0.0, 1.0))
    assert drawn == "M0.0 240.0L250.0 0.0M750.0 0.0h0"


def test_a_band_goes_there_along_the_top_and_back_along_the_bottom() -> None:
    drawn = path(Buckets(2, (0.0, 0.0), (1.0, 0.5)), (0.0, 1.0))
    assert drawn == "M0.0 0.0L1000.0 120.0L1000.0 240.0L0.0 240.0Z"


@ours
@given(series)
def test_paths_stay_inside_the_drawing(values: list[float | None]) -> None:
    gathered = buckets(values, most=40)
    drawn = path(gathered, axis([gathered]))
    points = [tuple(map(float, each.split())) for each in re.findall(r"[\d.-]+ [\d.-]+", drawn)]
    assert all(0 <= x <= WIDTH and -0.1 <= y <= HEIGHT + 0.1 for x, y in points)


@pytest.mark.parametrize(("index", "frames", "x"), [(0, 1, 500.0), (0, 5, 0.0), (4, 5, 1000.0)])
def test_the_first_frame_stands_left_and_the_last_right(index: int, frames: int, x: float) -> None:
    assert x_of(index, frames) == x
