"""The matching of points in order, against a search over all ways and worked by hand."""

import heapq

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from steadymask.metrics.alignment import aligned_pairs

_seeds = st.integers(0, 10**6)


def searched(costs: np.ndarray) -> list[tuple[int, int]]:
    """The cheapest way from corner to corner, from its end, as Dijkstra finds it."""
    n, m = costs.shape
    heap, came = [(0.0, 0, 0, None)], {}
    while heap:
        cost, i, j, before = heapq.heappop(heap)
        if (i, j) in came:
            continue
        came[i, j] = before
        for di, dj in ((1, 0), (0, 1), (1, 1)):
            if i + di < n and j + dj < m:
                heapq.heappush(heap, (cost + costs[i + di, j + dj], i + di, j + dj, (i, j)))
    way = [(n - 1, m - 1)]
    while came[way[-1]] is not None:
        way.append(came[way[-1]])
    return way


def plainly_aligned(costs: np.ndarray) -> set[tuple[int, int]]:
    i, j = min(searched(costs)[:-1], key=costs.__getitem__)
    n, m = costs.shape
    turned = np.roll(costs, (-i - 1, -j - 1), (0, 1))
    pairs = [((a + i + 1) % n, (b + j + 1) % m) for a, b in searched(turned)]
    for side in (0, 1):
        cheapest: dict[int, tuple[int, int]] = {}
        for pair in pairs:
            if pair[side] not in cheapest or costs[pair] < costs[cheapest[pair[side]]]:
                cheapest[pair[side]] = pair
        pairs = list(cheapest.values())
    return set(pairs)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(seed=_seeds, n=st.integers(2, 14), m=st.integers(2, 14))
def test_the_pairs_are_those_of_a_search_over_all_ways(seed, n, m):
    costs = np.random.default_rng(seed).random((n, m))
    assert {tuple(pair) for pair in aligned_pairs(costs).tolist()} == plainly_aligned(costs)


def test_a_point_too_many_is_left_alone():
    costs = np.abs(np.array([0.0, 1, 2, 3])[:, None] - np.array([0.0, 1, 1.4, 2, 3])[None])
    assert aligned_pairs(costs).tolist() == [[0, 0], [1, 1], [2, 3], [3, 4]]
