"""Which points of two closed lines belong together, in their order, at the least cost."""

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

Pairs = Int[np.ndarray, "_ 2"]
Costs = Float[np.ndarray, "n m"]


def aligned_pairs(costs: Costs) -> Pairs:
    """Pairs of points of two closed lines, each point in at most one.

    The cheapest way through the costs from the lines' starts to their ends is a first guess; its cheapest
    pair is where both lines are cut open instead, and the cheapest way from there decides. Of the pairs of a
    point the cheapest stays, and a point may be left alone.

    Args:
        costs: of each point of the first line with each of the second.

    Returns:
        Indices in the first and in the second line.

    Source: the matching of DAVIS 2016 (Perazzi et al.).
    """
    first = _cheapest_way(costs)
    open_at = first[np.argmin(costs[tuple(first[:-1].T)])] + 1  # the lines' starts are no place to cut
    turned = np.roll(costs, -open_at, axis=(0, 1))
    pairs = (_cheapest_way(turned) + open_at) % costs.shape
    return _one_each(_one_each(pairs, costs, side=0), costs, side=1)


def _cheapest_way(costs: Costs) -> Pairs:
    """From the last pair to the first, by steps of one in either line or both; the first costs nothing.

    Of equally cheap ways the one with steps in both lines; equal ends of a closed line bring such ties.
    """
    totals = _totals(costs)
    i, j = costs.shape
    way = [(i, j)]
    while i > 1 or j > 1:
        steps = ((i - 1, j - 1), (i - 1, j), (i, j - 1))
        i, j = min(steps, key=totals.__getitem__)
        way.append((i, j))
    return np.array(way) - 1


def _totals(costs: Costs) -> NDArray[np.float64]:
    """What the cheapest way to each pair costs, with a rim of infinity above and to the left.

    Pairs of equal index sum depend only on those of the two sums before: each such diagonal is one step.
    """
    n, m = costs.shape
    row = m + 1
    totals = np.full((n + 1, row), np.inf)
    flat, padded = totals.ravel(), np.pad(costs, ((1, 0), (1, 0))).ravel()
    flat[row + 1] = 0
    for diagonal in range(3, n + m + 1):
        top, bottom = max(1, diagonal - m), min(n, diagonal - 1)
        start, stop = top * row + diagonal - top, bottom * row + diagonal - bottom + 1
        here = slice(start, stop, m)
        above, before = flat[start - row : stop - row : m], flat[start - 1 : stop - 1 : m]
        least = np.minimum(above, before)
        np.minimum(least, flat[start - row - 1 : stop - row - 1 : m], out=least)
        np.add(least, padded[here], out=flat[here])
    return totals


def _one_each(pairs: Pairs, costs: Costs, *, side: int) -> Pairs:
    """Of every point of one line the cheapest pair; of equal ones the first."""
    order = np.lexsort((np.arange(len(pairs)), costs[tuple(pairs.T)], pairs[:, side]))
    _, firsts = np.unique(pairs[order, side], return_index=True)
    return pairs[order[firsts]]
