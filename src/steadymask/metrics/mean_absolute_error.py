"""Mean absolute error (MAE): how far probabilities, or hard labels, are from the truth."""

import math
from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor

from steadymask.arrays import PictureLabels


@dataclass(frozen=True, kw_only=True)
class MeanAbsoluteErrorSums:
    """Sums over pixels.

    Args:
        total: the sum of the pixels' errors.
        pixels: how many pixels.
    """

    total: float
    pixels: int

    def __add__(self, other: "MeanAbsoluteErrorSums") -> "MeanAbsoluteErrorSums":
        return MeanAbsoluteErrorSums(total=self.total + other.total, pixels=self.pixels + other.pixels)


def mean_absolute_error_sums(
    prediction: Float[Tensor, "k h w"] | Int[Tensor, "h w"], truth: PictureLabels
) -> MeanAbsoluteErrorSums:
    """The errors of one frame; pixels whose truth (or hard label) is void are left out.

    A pixel's error is the probability that is not on the true class: for object against background
    `|p − truth|`, for hard labels 1 where they differ from the truth.

    Args:
        prediction: probabilities of `k` classes that sum to 1, or hard labels (−1 is void).
        truth: labels; −1 is void.
    """
    known = truth >= 0
    if prediction.is_floating_point():
        missing = 1 - prediction.gather(0, truth.clamp(min=0).long()[None])[0].double()
    else:
        known = known & (prediction >= 0)
        missing = (prediction != truth).double()
    return MeanAbsoluteErrorSums(total=float((missing * known).sum()), pixels=int(known.sum()))


def mean_absolute_error(sums: MeanAbsoluteErrorSums) -> float:
    """The mean over pixels; in [0, 1], lower is better; NaN without pixels."""
    return sums.total / sums.pixels if sums.pixels else math.nan
