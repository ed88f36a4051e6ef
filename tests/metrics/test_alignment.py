"""The matching of points in order, against a search over all ways and worked by hand."""

import runpy
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from steadymask.metrics.alignment import aligned_pairs

PLAIN = runpy.run_path(
    str(Path(__file__).parents[2] / "benchmarks" / "speed" / "plain_temporal_stability.py")
)
_seeds = st.integers(0, 10**6)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(seed=_seeds, n=st.integers(2, 14), m=st.integers(2, 14))
def test_the_pairs_are_those_of_a_search_over_all_ways(seed, n, m):
    costs = np.random.default_rng(seed).random((n, m))
    assert {tuple(pair) for pair in aligned_pairs(costs).tolist()} == set(PLAIN["aligned"](costs))


def test_a_point_too_many_is_left_alone():
    costs = np.abs(np.array([0.0, 1, 2, 3])[:, None] - np.array([0.0, 1, 1.4, 2, 3])[None])
    assert aligned_pairs(costs).tolist() == [[0, 0], [1, 1], [2, 3], [3, 4]]
