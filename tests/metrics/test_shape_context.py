"""Shape contexts, worked by hand, and their distance against the formula as it is written."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steadymask.metrics.shape_context import shape_contexts, unlikeness

_seeds = st.integers(0, 10**6)


def test_two_points_worked_by_hand():
    """Half of all distances are zero, so that the two lie twice the mean apart, where counting ends."""
    contexts = shape_contexts(np.array([[0, 0], [4, 0]], np.float32))
    assert contexts.sum() == 2
    assert contexts[:, 48].tolist() == [1, 1]  # innermost ring, first sector: each sees itself alone


def test_a_square_worked_by_hand():
    """Its mean distance is (2 + √2) / 4 sides: sides and diagonals lie in the two outermost rings."""
    contexts = 4 * shape_contexts(np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32))
    first = {int(each): float(contexts[0, each]) for each in np.flatnonzero(contexts[0])}
    assert first == {48: 1, 0: 1, 3: 1, 1: 1}  # itself, to the right, down, and in between


@settings(deadline=None, derandomize=True, max_examples=30)
@given(seed=_seeds)
def test_moving_and_growing_changes_nothing_and_rows_sum_to_one(seed):
    points = np.random.default_rng(seed).integers(0, 100, (20, 2)).astype(np.float32)
    contexts = shape_contexts(points)
    assert contexts.sum(1) == pytest.approx(1)
    assert shape_contexts(2 * points + 8).tolist() == contexts.tolist()


@settings(deadline=None, derandomize=True, max_examples=30)
@given(seed=_seeds)
def test_distances_are_those_of_the_formula(seed):
    counts = np.random.default_rng(seed).integers(0, 4, (12, 60)) + np.eye(12, 60)
    contexts = counts / counts.sum(1, keepdims=True)
    a, b = contexts[:5, None], contexts[None]
    expected = 0.5 * ((a - b) ** 2 / (a + b + np.finfo(float).eps)).sum(2)
    found = unlikeness(contexts[:5], contexts)
    assert found == pytest.approx(expected, abs=1e-12)
    assert found.diagonal().tolist() == [0] * 5
