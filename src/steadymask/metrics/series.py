"""Scores over the frames of a clip: their sum, and what their course says."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class FrameSums:
    """A score summed over frames.

    Args:
        total: the sum of the frames' values, of each object.
        frames: how many frames.
    """

    total: Float[Tensor, "objects"]
    frames: int

    def __add__(self, other: "FrameSums") -> "FrameSums":
        return FrameSums(total=self.total + other.total, frames=self.frames + other.frames)

    @property
    def mean(self) -> Float[Tensor, "objects"]:
        """The mean over the frames; NaN without frames."""
        return self.total / (self.frames or math.nan)


def mean(values: Sequence[float]) -> float:
    """The mean over the frames that have a value; NaN without one."""
    known = _known(values)
    return float(known.mean()) if known.size else math.nan


def recall_of_frames(values: Sequence[float], *, above: float = 0.5) -> float:
    """The share of frames whose value is above a bound; in [0, 1]; NaN without frames.

    Source: Perazzi et al., A benchmark dataset and evaluation methodology for video object segmentation
        (2016).
    """
    known = _known(values)
    return float((known > above).mean()) if known.size else math.nan


def decay(values: Sequence[float]) -> float:
    """How much the mean of the first quarter of the frames exceeds that of the last; lower is better.

    Neighbouring quarters share a frame, as in the DAVIS tools. NaN where a quarter has no value.

    Source: Perazzi et al. (2016). Deviates: holds for clips of any length (the tool counts frames in 8 bits).
    """
    if not values:
        return math.nan
    bounds = np.round(np.linspace(1, len(values), 5) + 1e-10).astype(int) - 1
    return mean(values[bounds[0] : bounds[1] + 1]) - mean(values[bounds[3] : bounds[4] + 1])


def means_over_pairs(pairs: Iterable[tuple[int, int, float]], *, frames: int) -> list[float]:
    """For each frame the mean value of the pairs it takes part in; NaN for a frame without one.

    Args:
        pairs: two frames' indices and the value of their pair.
        frames: how many frames the clip has.
    """
    totals, counts = np.zeros(frames), np.zeros(frames)
    for i, j, value in pairs:
        totals[[i, j]] += value
        counts[[i, j]] += 1
    counts[counts == 0] = math.nan
    return list(map(float, totals / counts))


def _known(values: Sequence[float]) -> Float[np.ndarray, "n"]:
    return np.array([value for value in values if not math.isnan(value)])
