"""How a measure follows the two axes along which clips were spoiled: ranks, and intervals over clips."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import rankdata

SEED = 0
RESAMPLES = 10_000
AXES = ("erosion", "displacement")

Levels = Mapping[str, Mapping[str, float | None]]
"""The measures of one clip by level, `EROSION/DISPLACEMENT`."""


def worth(clips: Mapping[str, Levels], key: str, *, better: str) -> dict[str, Any]:
    """What the clips say of one measure.

    Args:
        clips: their measures.
        key: of the measure.
        better: "higher" or "lower".

    Returns:
        For each axis the mean over clips of Spearman's ρ with it, at each level of the other axis and
        averaged over these: 1 where the measure always gets worse with every step, −1 where it always gets
        better; with its 95 % bootstrap interval over clips. `qualifies`: on how many of the clips ρ over all
        nine is higher with displacement than with erosion, which is what Azulay et al. ask of a rater.
        `median`: of the values over clips, by level.
    """
    grids = {clip: _grid(levels, key) for clip, levels in clips.items()}
    known = {clip: grid for clip, grid in grids.items() if not np.isnan(grid).any()}
    sign = -1 if better == "higher" else 1
    follows = {axis: [_along(sign * grid, axis) for grid in known.values()] for axis in AXES}
    levels = next(iter(clips.values()), {})
    return {
        "better": better,
        "clips": len(known),
        "undefined": sorted(set(grids) - set(known)),
        **{axis: _with_interval(values) for axis, values in follows.items()},
        "qualifies": sum(_qualifies(sign * grid) for grid in known.values()),
        "median": {
            level: round(float(np.median([clips[clip][level][key] for clip in known])), 6)
            for level in levels
            if known
        },
    }


def on_one_scale(levels: Levels) -> Levels:
    """Add smoothness per edge pixel of the truth, where every level had its own edge's.

    Inconsistency by the truth's edge needs no line of its own: it ranks as `inconsistency_none` does.
    """
    edges = {level: _edge(values) for level, values in levels.items()}
    return {
        level: {**values, "smoothness_by_truth_boundary": _rescaled(values, edges[level], edges["0/0"])}
        for level, values in levels.items()
    }


def _edge(values: Mapping[str, float | None]) -> float | None:
    """The share of the picture that is edge: inconsistency without a normalizer over that with it."""
    own, none = values["inconsistency"], values["inconsistency_none"]
    return none / own if own and none else None


def _rescaled(values: Mapping[str, float | None], edge: float | None, true: float | None) -> float | None:
    smoothness = values["smoothness"]
    return None if smoothness is None or edge is None or true is None else smoothness * edge / true


def spearman(values: Sequence[float], axis: Sequence[float]) -> float:
    """Spearman's ρ; 0 where the values are all the same, which follow nothing."""
    ranks, places = rankdata(values), rankdata(axis)
    ranks, places = ranks - ranks.mean(), places - places.mean()
    size = math.sqrt(float((ranks**2).sum() * (places**2).sum()))
    return float((ranks * places).sum()) / size if size else 0.0


def _along(grid: np.ndarray, axis: str) -> float:
    """The mean of ρ over the lines of a grid that run along one axis."""
    lines = grid.T if axis == "erosion" else grid
    return float(np.mean([spearman(line, range(len(line))) for line in lines]))


def _qualifies(grid: np.ndarray) -> bool:
    erosion, displacement = np.indices(grid.shape)
    return spearman(grid.ravel(), displacement.ravel()) > spearman(grid.ravel(), erosion.ravel())


def _grid(levels: Levels, key: str) -> np.ndarray:
    """Values by erosion (rows) and displacement (columns), ascending; NaN where undefined."""
    places = sorted((tuple(map(float, level.split("/"))), level) for level in levels)
    values = [levels[level].get(key) for _, level in places]
    rows = len({erosion for (erosion, _), _ in places})
    return np.array([math.nan if each is None else each for each in values]).reshape(rows, -1)


def _with_interval(values: Sequence[float]) -> dict[str, Any]:
    if not values:
        return {"mean": None, "interval": None}
    picks = np.random.default_rng(SEED).integers(len(values), size=(RESAMPLES, len(values)))
    low, high = np.percentile(np.array(values)[picks].mean(1), (2.5, 97.5))
    interval = [round(float(low), 4), round(float(high), 4)] if len(values) > 1 else None
    return {"mean": round(float(np.mean(values)), 4), "interval": interval}
