"""Lines with fewer points and with even ones, against the plain recursion and worked by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steadymask.metrics.polyline import resampled, simplified


def plainly_simplified(line: list[list[float]], tolerance: float) -> list[list[float]]:
    """Thin out, then recurse, point by point."""
    points = [np.array(line[0])]
    for each in map(np.array, line[1:-1]):
        if ((each - points[-1]) ** 2).sum() >= tolerance**2:
            points.append(each)
    points.append(np.array(line[-1]))

    def distance(point, start, end):
        along, way = end - start, point - start
        if way @ along <= 0:
            return (way**2).sum()
        if way @ along >= along @ along:
            return ((point - end) ** 2).sum()
        foot = start + float(np.float32(way @ along) / np.float32(along @ along)) * along
        return ((point - foot) ** 2).sum()

    def inner(first, last):
        farthest, most = first, 0.0
        for number in range(first + 1, last):
            apart = distance(points[number], points[first], points[last])
            if apart >= most:
                farthest, most = number, apart
        if most <= tolerance**2:
            return []
        return [*inner(first, farthest), points[farthest].tolist(), *inner(farthest, last)]

    return [points[0].tolist(), *inner(0, len(points) - 1), points[-1].tolist()]


@settings(deadline=None, derandomize=True, max_examples=80)
@given(
    line=st.lists(st.lists(st.integers(0, 30), min_size=2, max_size=2), min_size=2, max_size=60),
    closed=st.booleans(),
    tolerance=st.sampled_from([0.1, 3.0]),
)
def test_the_line_is_that_of_the_plain_recursion(line, closed, tolerance):
    line = [*line, line[0]] if closed else line
    found = simplified(np.array(line, float), tolerance=tolerance)
    assert found.tolist() == plainly_simplified(line, tolerance)


def test_a_notch_within_tolerance_goes_and_a_peak_beyond_stays():
    line = np.array([[0, 0], [5, 1], [10, 0], [15, 4], [20, 0]], float)
    assert simplified(line, tolerance=3.0).tolist() == [[0, 0], [15, 4], [20, 0]]


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
