"""Several sets of masks of one data set compared: ranks, and how sure each difference is."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.stats import norm, t

RESAMPLES = 2000
FEWEST = 6
"""Clips, of which all differ in one direction by chance in 1 of 32 cases."""
SEED = 0

Values = NDArray[np.float64]
Weights = Float[np.ndarray, "draws clips"]
Average = Callable[[Weights], Values]
"""The score of a data set in which clip c counts `weights[·, c]` times; one value for each row of weights."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How much one set of masks lies above another in one metric.

    Args:
        mean: the difference of the two scores.
        low: lower end of the interval that holds it with 95 % probability; NaN where there are too few clips.
        high: upper end.
    """

    mean: float
    low: float
    high: float


def mean_over_clips(totals: Sequence[float], counts: Sequence[float]) -> Average:
    """The mean of what clips add: their values, or the sums over their objects.

    Args:
        totals: of each clip, NaN where it has none.
        counts: how many values each total is of.
    """
    total, count = np.array(totals, float), np.array(counts, float)
    known = np.isfinite(total)
    total, count = np.where(known, total, 0.0), np.where(known, count, 0.0)

    def average(weights: Weights) -> Values:
        with np.errstate(invalid="ignore", divide="ignore"):
            found: Values = (weights @ total) / (weights @ count)
        return found

    return average


def every_clip_once(clips: int) -> Weights:
    """The weights of the data set as it is."""
    return np.ones((1, clips))


def resampled(clips: int, *, resamples: int = RESAMPLES, seed: int = SEED) -> Weights:
    """How often each clip is drawn when as many clips as there are are drawn with replacement."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(clips, np.full(clips, 1 / clips), size=resamples).astype(float)


@dataclass(frozen=True, kw_only=True)
class Score:
    """A score of the data set, and what it would be on data sets drawn from the same clips.

    Args:
        value: of the data set as it is.
        draws: one value for each row of weights.
    """

    value: float
    draws: Values


def scored(average: Average, weights: Weights) -> Score:
    """Take an average once, and once for each row of weights (see `resampled`)."""
    return Score(value=float(average(every_clip_once(weights.shape[1]))[0]), draws=average(weights))


def difference(of: Score, against: Score, *, clips: int) -> Difference:
    """The difference with its paired bootstrap interval: clips are drawn for both sets at once.

    Percentiles of few clips lie too close together: they are taken as far out as Student's t asks. With fewer
    than `FEWEST` clips there is no interval, for all of them may well differ in one direction by chance.

    Args:
        of: one set's score.
        against: the other's, with the same draws.
        clips: how many there are.

    Source: Efron & Tibshirani, An introduction to the bootstrap (1993), chapter 13; Hesterberg, What teachers
        should know about the bootstrap (2015), section 4.3 (expanded percentiles).
    """
    drawn = of.draws - against.draws
    known = drawn[np.isfinite(drawn)]
    low = high = np.nan
    if known.size and clips >= FEWEST:
        share = 100 * norm.cdf(math.sqrt(clips / (clips - 1)) * t.ppf(0.025, clips - 1))
        low, high = np.percentile(known, [share, 100 - share])
    return Difference(mean=of.value - against.value, low=float(low), high=float(high))


def ranks(scores: Mapping[str, float], *, higher_is_better: bool) -> dict[str, float]:
    """The place of each set, 1 the best; equal scores share the mean of their places. NaN is left out.

    >>> ranks({"a": 0.5, "b": 0.7, "c": 0.5}, higher_is_better=True)
    {'a': 2.5, 'b': 1.0, 'c': 2.5}
    """
    known = {name: value for name, value in scores.items() if np.isfinite(value)}
    sign = -1 if higher_is_better else 1
    keys = {name: sign * value for name, value in known.items()}
    return {
        name: sum(other < key for other in keys.values())
        + (1 + sum(other == key for other in keys.values())) / 2
        for name, key in keys.items()
    }
