"""Lines through points: with fewer points, and with points at even distances."""

import numpy as np
from jaxtyping import Bool, Float, Float32, Int
from numpy.typing import NDArray

Line = Float[np.ndarray, "_ 2"]

_SHORTEST = np.finfo(np.float32).tiny  # a closed line starts as one segment from a point to itself


def simplified(line: Line, *, tolerance: float) -> Line:
    """Leave out points that lie close together, then what lies close to the straight line between others.

    Args:
        line: an open or closed line; ends stay.
        tolerance: how close, in the line's units.

    Source: Douglas and Peucker, after a pass by distance; what the library psimpl (E. de Koning) gives: the
        foot of a point on a segment comes from a fraction in float32, the last of equal distances wins.
    """
    apart: NDArray[np.float64] = line[_apart(line, tolerance)]
    kept: NDArray[np.float64] = apart[_peaks(apart, tolerance)]
    return kept


def resampled(line: Line, *, spacing: float) -> Float32[np.ndarray, "_ 2"]:
    """Points at even distances, at most `spacing` apart, on every segment.

    Args:
        line: its own points stay; the ends of a closed line are two of them.
        spacing: in the line's units.

    Source: DAVIS 2016: steps add up in float32.
    """
    lengths = np.hypot(*np.diff(line, axis=0).T)
    counts = np.maximum(np.ceil(lengths / spacing), 1).astype(np.int64)
    corners = line.astype(np.float32)
    steps = np.diff(corners, axis=0) / counts[:, None].astype(np.float32)
    pieces = []
    for corner, step, count in zip(corners, steps, counts.tolist(), strict=False):
        moves = np.concatenate([corner[None], np.broadcast_to(step, (count - 1, 2))])
        pieces.append(np.cumsum(moves, axis=0, dtype=np.float32))
    return np.concatenate([*pieces, corners[-1:]])


def _apart(line: Line, tolerance: float) -> list[int]:
    """The points that are at least so far from the last one kept; the ends always."""
    x, y = line.T.tolist()
    kept, near = [0], tolerance**2
    for number in range(1, len(x) - 1):
        last = kept[-1]
        if (x[number] - x[last]) ** 2 + (y[number] - y[last]) ** 2 >= near:
            kept.append(number)
    return [*kept, len(x) - 1] if len(x) > 1 else kept


def _peaks(line: Line, tolerance: float) -> Bool[np.ndarray, "n"]:
    """Which points Douglas-Peucker keeps; all open segments are halved side by side."""
    kept = np.zeros(len(line), np.bool_)
    kept[[0, -1]] = True
    starts, ends = np.array([0]), np.array([len(line) - 1])
    while True:
        inner = ends - starts > 1
        starts, ends = starts[inner], ends[inner]
        if not len(starts):
            return kept
        farthest, distances = _farthest(line, starts, ends)
        far = distances > tolerance**2
        starts, ends, farthest = starts[far], ends[far], farthest[far]
        kept[farthest] = True
        starts, ends = np.concatenate([starts, farthest]), np.concatenate([farthest, ends])


def _farthest(
    line: Line, starts: Int[np.ndarray, "s"], ends: Int[np.ndarray, "s"]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The last of the farthest points between the ends of each segment, and its squared distance."""
    counts = ends - starts - 1
    firsts = np.cumsum(counts) - counts
    segment = np.repeat(np.arange(len(starts)), counts)
    points = np.arange(len(segment)) + (starts + 1 - firsts)[segment]
    distances = _squared_distances(line[points], line[starts], line[ends], segment)
    largest = np.maximum.reduceat(distances, firsts)
    last = np.maximum.reduceat(np.where(distances == largest[segment], points, -1), firsts)
    return last, largest


def _squared_distances(
    points: Line, starts: Line, ends: Line, segment: Int[np.ndarray, "n"]
) -> NDArray[np.float64]:
    """From points to their segments."""
    along = ends - starts
    square = (along**2).sum(1)
    start, end, along, square = starts[segment], ends[segment], along[segment], square[segment]
    product = ((points - start) * along).sum(1)
    fraction = product.astype(np.float32) / np.maximum(square, _SHORTEST).astype(np.float32)
    before, behind = product <= 0, product >= square
    foot = start + np.where(before, 0, fraction)[:, None] * along
    foot = np.where((behind & ~before)[:, None], end, foot)
    squared: NDArray[np.float64] = ((points - foot) ** 2).sum(1)
    return squared
