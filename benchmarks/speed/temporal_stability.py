"""How long does the temporal stability of a pair of masks take, beside the same steps written out plainly?

python -m benchmarks.speed.temporal_stability [--clips car-shadow blackswan] [--pairs 3] [--repeats 3]

854 x 480, one thread, masks in memory. The peer takes the same outlines; what follows it writes as the
evaluation of DAVIS 2016 does: Douglas-Peucker by recursion, a histogram for each point, all distances of
histograms by broadcasting, and Dijkstra over the grid of pairs. Both in the same rounds, and
`largest_difference` between their values. Writes benchmarks/results/speed_temporal_stability.json.
"""

import argparse
import heapq
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from benchmarks.inputs import DAVIS
from benchmarks.provenance import provenance, write_result
from benchmarks.speed.timing import in_turn, on_cores
from numpy.typing import NDArray
from PIL import Image

from steadymask.metrics.contours import outlines
from steadymask.metrics.temporal_stability import TemporalStabilityStream

Array = NDArray[np.float64]


def simplified(points: Array, tolerance: float) -> Array:
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


def plain_value(before: NDArray[np.bool_], mask: NDArray[np.bool_]) -> float:
    a, b = (contexts(sampled(longest(each))) for each in (before, mask))
    parts = [(row[None] - b) ** 2 / (row[None] + b + np.finfo(float).eps) for row in a]
    costs = 0.5 * np.array(parts).sum(2)
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
    return float(np.mean([costs[pair] for pair in pairs]))


def ours(masks: list[NDArray[np.bool_]]) -> list[float]:
    stream = TemporalStabilityStream(classes=2)
    return [stream.push(torch.from_numpy(mask.astype(np.int8))).total for mask in masks][1:]


def plainly(masks: list[NDArray[np.bool_]]) -> list[float]:
    return [plain_value(before, mask) for before, mask in pairwise(masks)]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", nargs="+", default=["car-shadow", "blackswan", "libby", "breakdance"])
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    set_to = on_cores(1)
    runs = {}
    for clip in arguments.clips:
        paths = sorted((DAVIS / "osvos" / clip).iterdir())[: arguments.pairs + 1]
        masks = [np.array(Image.open(path)) > 0 for path in paths]
        work = {"ours": partial(ours, masks), "plain": partial(plainly, masks)}
        found = in_turn(work, repeats=arguments.repeats, frames=arguments.pairs)
        differences = np.abs(np.array(ours(masks)) - np.array(plainly(masks)))
        faster = found["plain"]["cpu_ms_a_frame"] / found["ours"]["cpu_ms_a_frame"]
        runs[clip] = found | {
            "times_faster": round(faster, 1),
            "largest_difference": float(differences.max()),
            "height": masks[0].shape[0],
            "width": masks[0].shape[1],
        }
    settings = {"masks": "osvos", "pairs": arguments.pairs} | set_to
    write_result(
        "speed_temporal_stability",
        {
            "about": "temporal stability of pairs of masks in memory; a frame of the timing is a pair",
            "settings": settings,
            "made": provenance(),
            "runs": runs,
        },
    )


if __name__ == "__main__":
    main()
