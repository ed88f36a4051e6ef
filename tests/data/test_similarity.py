"""Turns, zooms and pushes of the plane against 3 × 3 matrices."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from steadymask.data.similarity import Similarity, pixels, turned

PART = st.floats(-3, 3)
MOTION = st.builds(Similarity, cos=st.floats(0.5, 2), sin=PART, right=PART, down=PART)


def matrix(motion: Similarity) -> np.ndarray:
    return np.array(
        [
            [motion.cos, -motion.sin, motion.right],
            [motion.sin, motion.cos, motion.down],
            [0, 0, 1],
        ]
    )


@settings(deadline=None, derandomize=True, max_examples=50)
@given(one=MOTION, other=MOTION)
def test_joining_and_undoing_are_what_matrices_say(one: Similarity, other: Similarity) -> None:
    assert np.allclose(matrix(one.then(other)), matrix(other) @ matrix(one))
    assert np.allclose(matrix(one.inverse()), np.linalg.inv(matrix(one)))
    assert one.scale == pytest.approx(math.sqrt(np.linalg.det(matrix(one))))


def test_a_quarter_turn_about_a_point_leaves_it_where_it_is() -> None:
    turn = turned(angle=math.pi / 2, scale=1.0, center=(3.0, 5.0))
    x, y = turn(torch.tensor([3.0, 4.0]), torch.tensor([5.0, 5.0]))
    assert x.tolist() == pytest.approx([3, 3])
    assert y.tolist() == pytest.approx([5, 6])  # right becomes down: clockwise on the screen


def test_the_flow_says_where_each_pixel_goes() -> None:
    zoom = turned(angle=0.0, scale=2.0, center=(1.0, 0.0))
    assert zoom.flow((2, 3)).tolist() == [[[-1, 0, 1], [-1, 0, 1]], [[0, 0, 0], [1, 1, 1]]]
    assert [each.tolist() for each in pixels(range(1, 2), 3)] == [[[0, 1, 2]], [[1, 1, 1]]]
