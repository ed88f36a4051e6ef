"""Means over clips, and how sure the difference of two rows is: a paired bootstrap over the clips."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

RESAMPLES = 10_000
SEED = 0

Values = Mapping[str, Mapping[str, float]]
"""By clip, then by measure."""


def mean_of_seeds(seeds: Sequence[Values]) -> dict[str, dict[str, float]]:
    """The mean over seeds of each measure of each clip."""
    return {
        clip: {name: float(np.mean([each[clip][name] for each in seeds])) for name in seeds[0][clip]}
        for clip in seeds[0]
    }


def means(values: Values) -> dict[str, float]:
    """The mean over clips of each measure."""
    names = next(iter(values.values()))
    return {name: float(np.mean([each[name] for each in values.values()])) for name in names}


def difference(row: Values, before: Values) -> dict[str, dict[str, Any]]:
    """The mean difference of each measure over clips, with a 95 % interval."""
    clips = [*row]
    drawn = np.random.default_rng(SEED).integers(len(clips), size=(RESAMPLES, len(clips)))
    found = {}
    for name in next(iter(row.values())):
        each = np.array([row[clip][name] - before[clip][name] for clip in clips])
        low, high = np.quantile(each[drawn].mean(1), (0.025, 0.975))
        found[name] = {"mean": float(each.mean()), "interval": [float(low), float(high)]}
    return found
