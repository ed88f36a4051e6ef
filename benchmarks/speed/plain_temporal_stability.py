"""The temporal stability of a pair of masks, step by step as the evaluation of DAVIS 2016 does it.

It takes the outlines of `steadymask.metrics.contours`; tests compare each further step with this.
"""

import heapq
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from steadymask.metrics.contours import outlines

Array = NDArray[np.float64]


def simplified(points: Array, tolerance: float) -> Array:
    """Thin out, then recurse, point by point."""
    kept = [points[0]]
    for each in points[1:-1]:
        if ((each - kept[-1]) ** 2).sum() >= tolerance**2:
            kept.append(each)
    kept.append(points[-1])
    return np.array([kept[0], *between(kept, 0, len(kept) - 1, tolerance), kept[-1]])


def between(points: list[Array], first: int, last: int, tolerance: float) -> list[Array]:
    farthest, most = first, 0.0
    for number in range(first + 1, last):
        apart = distance(points[number], points[first], points[last])
        if apart >= most:
            farthest, most = number, apart
    if most <= tolerance**2:
        return []
    return [
        *between(points, first, farthest, tolerance),
        points[farthest],
        *between(points, farthest, last, tolerance),
    ]


def distance(point: Array, start: Array, end: Array) -> float:
    along, way = end - start, point - start
    product, square = float(way @ along), float(along @ along)
    if product <= 0:
        return float(way @ way)
    if product >= square:
        return float((point - end) @ (point - end))
    foot = start + float(np.float32(product) / np.float32(square)) * along
    return float(((point - foot) ** 2).sum())  # not a dot product: its rounding would break ties


def longest(mask: NDArray[np.bool_]) -> Array:
    """The outline with most points, simplified; clockwise, as if it were no hole."""
    found = [simplified(simplified(2.0 * each, 0.1), 3.0) // 2 for each in outlines(mask)]
    most = max(range(len(found)), key=lambda each: (len(found[each]), each))
    (x, y), (next_x, next_y) = found[most][:-1].T, found[most][1:].T
    return found[most] if (x * next_y - next_x * y).sum() > 0 else found[most][::-1]


def sampled(line: Array) -> Array:
    points = []
    for start, end in pairwise(line):
        parts = max(1, int(np.ceil(np.hypot(*(end - start)) / 3)))
        step, point = np.float32(end - start) / np.float32(parts), np.float32(start)
        for _ in range(parts):
            points.append(point)
            point = point + step
    return np.array([*points, line[-1]], np.float64)


def contexts(points: Array) -> Array:
    distances = np.sqrt(((points[None] - points[:, None]) ** 2).sum(2))
    edges = np.logspace(np.log10(1 / 8), np.log10(2), 5)
    rows = []
    for point, apart in zip(points, distances / distances.mean(), strict=True):
        right, down = (points - point).T
        sectors = np.floor(np.arctan2(down, right) / (np.pi / 6)).astype(int) % 12
        histogram = np.zeros(60)
        for each, sector in zip(apart, sectors, strict=True):
            ring = int((edges > each).sum())
            if ring:
                histogram[12 * (ring - 1) + sector] += 1
        rows.append(histogram / histogram.sum())
    return np.array(rows)


def way(costs: Array) -> list[tuple[int, int]]:
    """The cheapest way from corner to corner, from its end, as Dijkstra finds it."""
    n, m = costs.shape
    heap: list[tuple[float, int, int, tuple[int, int] | None]] = [(0.0, 0, 0, None)]
    came: dict[tuple[int, int], tuple[int, int] | None] = {}
    while heap:
        cost, i, j, before = heapq.heappop(heap)
        if (i, j) in came:
            continue
        came[i, j] = before
        for a, b in ((i + 1, j), (i, j + 1), (i + 1, j + 1)):
            if a < n and b < m:
                heapq.heappush(heap, (cost + float(costs[a, b]), a, b, (i, j)))
    passed = [(n - 1, m - 1)]
    while (before := came[passed[-1]]) is not None:
        passed.append(before)
    return passed


def value(before: NDArray[np.bool_], mask: NDArray[np.bool_]) -> float:
    a, b = (contexts(sampled(longest(each))) for each in (before, mask))
    parts = [(row[None] - b) ** 2 / (row[None] + b + np.finfo(float).eps) for row in a]
    costs = 0.5 * np.array(parts).sum(2)
    return float(np.mean([costs[pair] for pair in aligned(costs)]))


def aligned(costs: Array) -> list[tuple[int, int]]:
    """Turn both outlines to their best pair, search again, and keep each point's cheapest partner."""
    i, j = min(way(costs)[:-1], key=lambda pair: costs[pair])
    n, m = costs.shape
    turned = np.roll(costs, (-i - 1, -j - 1), (0, 1))
    pairs = [((k + i + 1) % n, (p + j + 1) % m) for k, p in way(turned)]
    for side in (0, 1):
        cheapest: dict[int, tuple[int, int]] = {}
        for pair in pairs:
            if pair[side] not in cheapest or costs[pair] < costs[cheapest[pair[side]]]:
                cheapest[pair[side]] = pair
        pairs = list(cheapest.values())
    return pairs
