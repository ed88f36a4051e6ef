"""Outlines of masks, by what every set of outlines must fulfill and on shapes worked by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steadymask.metrics.contours import outlines


def drawn(*rows: str) -> np.ndarray:
    return np.array([[pixel == "#" for pixel in row] for row in rows])


def area(outline: np.ndarray) -> float:
    (x, y), (next_x, next_y) = outline[:-1].T, outline[1:].T
    return abs(float((x * next_y - next_x * y).sum())) / 2


@settings(deadline=None, derandomize=True, max_examples=60)
@given(seed=st.integers(0, 10**6), share=st.floats(0, 1))
def test_outlines_pass_every_crack_once_and_no_corner_twice(seed, share):
    mask = np.random.default_rng(seed).random((9, 12)) < share
    padded = np.pad(mask, 1)
    cracks = int((padded[1:] != padded[:-1]).sum() + (padded[:, 1:] != padded[:, :-1]).sum())
    passed = []
    for outline in outlines(mask):
        assert (np.abs(np.diff(outline, axis=0)).sum(1) == 1).all()
        assert outline[0].tolist() == outline[-1].tolist()
        assert len({tuple(corner) for corner in outline.tolist()}) == len(outline) - 1
        passed += [tuple(crack) for crack in (outline[1:] + outline[:-1]).tolist()]
    assert len(passed) == len(set(passed)) == cracks


@settings(deadline=None, derandomize=True, max_examples=60)
@given(seed=st.integers(0, 10**6), share=st.floats(0.2, 0.8))
def test_outlines_turn_wherever_pixels_touch_at_a_corner(seed, share):
    mask = np.random.default_rng(seed).random((9, 12)) < share
    a, b, c, d = mask[:-1, :-1], mask[:-1, 1:], mask[1:, :-1], mask[1:, 1:]
    met = {(int(x) + 1, int(y) + 1): 0 for y, x in np.argwhere((a == d) & (b == c) & (a != b))}
    for outline in outlines(mask):
        corners = outline[:-1]
        around = np.roll(corners, 1, 0) + np.roll(corners, -1, 0)
        for corner, both in zip(corners, around, strict=True):
            if tuple(corner) in met:
                met[tuple(corner)] += 1
                assert (both != 2 * corner).all()
    assert set(met.values()) <= {2}


def test_a_pixel_is_gone_around_from_its_upper_left_corner_down():
    (outline,) = outlines(drawn("...", ".#.", "..."))
    assert outline.tolist() == [[1, 1], [1, 2], [2, 2], [2, 1], [1, 1]]


def test_a_hole_has_an_outline_and_the_lowest_comes_first():
    ring = drawn("###", "#.#", "###", "...", "#..")
    assert [(outline[0].tolist(), area(outline)) for outline in outlines(ring)] == [
        ([0, 4], 1),
        ([1, 1], 1),
        ([0, 0], 9),
    ]


@pytest.mark.parametrize("rows", [("#.", ".#"), (".#", "#.")])
def test_pixels_that_touch_at_a_corner_have_an_outline_each_from_there(rows):
    found = outlines(drawn(*rows))
    assert [outline[0].tolist() for outline in found] == [[1, 1], [1, 1]]
    assert [area(outline) for outline in found] == [1, 1]


def test_an_object_that_touches_itself_at_a_corner_is_outlined_outside_and_inside():
    found = outlines(drawn("####", "#..#", "#.##", "##.#", "####"))
    assert sorted(area(outline) for outline in found) == [1, 3, 20]


def test_nothing_has_no_outline_and_a_full_picture_its_rim():
    assert outlines(np.zeros((3, 4), bool)) == []
    (rim,) = outlines(np.ones((3, 4), bool))
    assert area(rim) == 12
