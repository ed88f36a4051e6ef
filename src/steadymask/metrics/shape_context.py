"""Shape contexts: where the other points of an outline lie, seen from each; and how unlike two are."""

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

_RINGS = np.logspace(np.log10(1 / 8), np.log10(2), 5)
_SECTORS = 12
_ALIKE = 1e-9  # below it the short formula would leave a rest of rounding where contexts are equal


def shape_contexts(points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 60"]:
    """The share of points in each of 5 rings by 12 sectors around every point; rows sum to 1.

    Rings double in radius, and the outermost is as wide as twice the mean distance of all pairs; what lies
    farther off does not count, the point itself counts in the innermost.

    Args:
        points: two or more that differ.

    Source: Belongie et al., Shape matching and object recognition using shape contexts (2002); bins of DAVIS
        2016.
    """
    x, y = points.astype(np.float64).T
    right, down = x[None] - x[:, None], y[None] - y[:, None]
    distances = np.sqrt(right**2 + down**2)
    distances /= distances.mean()
    inside = distances < _RINGS[-1]
    bins = np.floor(np.arctan2(down, right) / (2 * np.pi / _SECTORS)).astype(np.int8)
    bins += _SECTORS * (bins < 0).view(np.int8)  # the remainder would take longer than all the rest
    for edge in _RINGS[:-1]:
        bins += _SECTORS * (distances < edge).view(np.int8)
    bins = bins + (len(_RINGS) * _SECTORS * np.arange(len(x)))[:, None]
    counts = np.bincount(bins[inside], minlength=len(x) * len(_RINGS) * _SECTORS).reshape(len(x), -1)
    contexts: NDArray[np.float64] = counts / counts.sum(1, keepdims=True)
    return contexts


def unlikeness(
    contexts: Float[np.ndarray, "n 60"], others: Float[np.ndarray, "m 60"]
) -> Float[np.ndarray, "n m"]:
    """χ² distance of every context to every other, `½ Σ (a − b)² / (a + b)`; from 0, alike, to 1.

    Rows sum to 1, so that it is `1 − 2 Σ a b / (a + b)`, where only bins count that both have.
    """
    costs = np.empty((len(contexts), len(others)))
    with np.errstate(divide="ignore"):
        halved = np.ascontiguousarray(0.5 / others.T)  # a b / (a + b) is 1 / (1 / a + 1 / b)
    for row, context in enumerate(contexts):
        seen = np.flatnonzero(context)
        parts = halved[seen]
        parts += (0.5 / context[seen])[:, None]
        costs[row] = 1 - np.reciprocal(parts, out=parts).sum(0)
    i, j = np.nonzero(costs < _ALIKE)
    a, b = contexts[i], others[j]
    costs[i, j] = 0.5 * ((a - b) ** 2 / (a + b + np.finfo(np.float64).eps)).sum(1)
    return costs
