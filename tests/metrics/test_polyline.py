"""Lines with fewer points and with even ones, against the plain recursion and worked by hand."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steadymask.metrics.polyline import resampled, simplified

PLAIN = runpy.run_path(
    str(Path(__file__).parents[2] / "benchmarks" / "speed" / "plain_temporal_stability.py")
)


@settings(deadline=None, derandomize=True, max_examples=80)
@given(
    line=st.lists(st.lists(st.integers(0, 30), min_size=2, max_size=2), min_size=2, max_size=60),
    closed=st.booleans(),
    tolerance=st.sampled_from([0.1, 3.0]),
)
def test_the_line_is_that_of_the_plain_recursion(line, closed, tolerance):
    line = [*line, line[0]] if closed else line
    points = np.array(line, float)
    found = simplified(points, tolerance=tolerance)
    assert found.tolist() == PLAIN["simplified"](points, tolerance).tolist()


def test_a_notch_within_tolerance_goes_and_a_peak_beyond_stays():
    line = np.array([[0, 0], [5, 1], [10, 0], [15, 4], [20, 0]], float)
    assert simplified(line, tolerance=3.0).tolist() == [[0, 0], [15, 4], [20, 0]]


def test_of_points_equally_far_the_last_one_stays():
    line = np.array([[0, 0], [4, 4], [12, 4], [16, 0]], float)
    expected = [[0, 0], [12, 4], [16, 0]]
    assert simplified(line, tolerance=3.0).tolist() == expected
    assert PLAIN["simplified"](line, 3.0).tolist() == expected


def test_segments_are_split_evenly_and_own_points_stay():
    line = np.array([[0, 0], [6, 0], [6, 2], [1, 2]], float)
    expected = [[0, 0], [3, 0], [6, 0], [6, 2], [3.5, 2], [1, 2]]
    assert resampled(line, spacing=3.0).tolist() == expected


@settings(deadline=None, derandomize=True, max_examples=40)
@given(line=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), min_size=2, max_size=9))
def test_points_are_as_close_as_asked_and_on_the_line(line):
    points = resampled(np.array(line, float), spacing=3.0)
    steps = np.hypot(*np.diff(points, axis=0).T)
    assert steps.max() <= 3 + 1e-2  # steps add up in float32
    assert steps.sum() == pytest.approx(np.hypot(*np.diff(np.array(line, float), axis=0).T).sum(), rel=1e-3)
