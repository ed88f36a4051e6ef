"""What the clips of a row say together: medians, means, intervals, and where the promise is broken."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

SEED = 0
RESAMPLES = 10_000
MEDIANS = (
    "inconsistency",
    "inconsistency_reduction",
    "inconsistency_excess_removed",
    "inconsistency_farneback_reduction",
    "inconsistency_farneback_excess_removed",
    "contour_jitter_reduction",
    "contour_jitter_excess_removed",
    "jaccard_variation_reduction",
    "smoothness",
    "temporal_consistency",
)
MEANS = ("jaccard", "boundary_f", "recall", "mean_iou", "mean_absolute_error")
_PROMISED = ("jaccard", "boundary_f")
_GOOD, _LOSS_OF_GOOD, _LOSS_OF_OTHERS = 0.75, 0.003, 0.02

Clips = Mapping[str, Mapping[str, float | None]]


def summary(row: Clips, before: Clips) -> dict[str, Any]:
    """Summarize a row.

    Args:
        row: measures by clip.
        before: those of the input, of at least the same clips.

    Returns:
        `median` over clips, with the 95 % bootstrap interval of the two main figures; `mean` over clips, and
        the paired `difference` from the input with its interval; `broken`: clips that lose more J or F than
        promised (0.3 points where the input has J ≥ 0.75, else 2).
    """
    names = sorted(row)
    medians = {key: _known([row[name][key] for name in names]) for key in MEDIANS}
    differences = {
        key: _known([_difference(row[name][key], before[name][key]) for name in names]) for key in MEANS
    }
    return {
        "clips": len(names),
        "median": {
            key: _rounded(np.median(values)) if len(values) else None for key, values in medians.items()
        },
        "median_interval": {key: _interval(medians[key], np.median) for key in MEDIANS[1:3]},
        "mean": {key: _mean(_known([row[name][key] for name in names])) for key in MEANS},
        "difference": {
            key: {"mean": _mean(values), "interval": _interval(values, np.mean)}
            for key, values in differences.items()
        },
        "broken": [each for name in names for each in _broken(name, row[name], before[name])],
    }


def _broken(
    clip: str, after: Mapping[str, float | None], before: Mapping[str, float | None]
) -> list[dict[str, str | float]]:
    allowed = _LOSS_OF_GOOD if (before["jaccard"] or 0.0) >= _GOOD else _LOSS_OF_OTHERS
    lost = {key: -(_difference(after[key], before[key]) or 0.0) for key in _PROMISED}
    return [
        {"clip": clip, "measure": key, "loss": _rounded(value), "allowed": allowed}
        for key, value in lost.items()
        if value > allowed
    ]


def _difference(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before


def _interval(values: np.ndarray, statistic: Any) -> list[float] | None:  # noqa: ANN401  # a NumPy function
    """95 % percentile bootstrap over clips."""
    if len(values) < 2:
        return None
    picks = np.random.default_rng(SEED).integers(len(values), size=(RESAMPLES, len(values)))
    low, high = np.percentile(statistic(values[picks], axis=1), (2.5, 97.5))
    return [_rounded(low), _rounded(high)]


def _known(values: Sequence[float | None]) -> np.ndarray:
    return np.array([value for value in values if value is not None])


def _mean(values: np.ndarray) -> float | None:
    return _rounded(values.mean()) if len(values) else None


def _rounded(value: float) -> float:
    return round(float(value), 6)
