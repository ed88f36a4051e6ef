"""Polygons as masks."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco

from steadymask.errors import InputError
from steadymask.io.polygons import filled


@settings(deadline=None, derandomize=True, max_examples=50)
@given(y=st.integers(0, 6), x=st.integers(0, 8), height=st.integers(1, 5), width=st.integers(1, 6))
def test_a_rectangle_of_whole_numbers_is_filled_exactly(y: int, x: int, height: int, width: int) -> None:
    expected = np.zeros((12, 16), bool)
    expected[y : y + height, x : x + width] = True
    corners = [x, y, x + width, y, x + width, y + height, x, y + height]
    assert (coco.decode(filled([corners], (12, 16))).astype(bool) == expected).all()


def test_what_lies_in_any_polygon_is_the_mask() -> None:
    one, other = ([x, 0, x + 4, 0, x + 4, 3, x, 3] for x in (0, 2.0))
    assert torch.from_numpy(coco.decode(filled([one, other], (4, 8)))).sum() == 18


@pytest.mark.parametrize(
    ("polygons", "says"),
    [
        ([], "wanted one or more"),
        ([[0, 0, 1, 1]], "three points or more"),
        ([[0, 0, 1, 1, 2, 2, 3]], "three points or more"),
        ([[0, 0, 1, 1, 2, "2"]], "three points or more"),
        ([[0, 0, 1, 1, 2, float("nan")]], "three points or more"),
        ([[0, 0, 1, 1, 2, 10**400]], "three points or more"),
        (["000000"], "three points or more"),
        ([[0, 0, 1, 1, 2, 1e8]], "one far outside"),
        ([[0, 0, 8, 0, 8, 4] * 2**21], "wanted outlines of 16777216 pixels at most"),
    ],
)
def test_what_is_no_polygon_is_an_error(polygons: list[object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        filled(polygons, (4, 8))
