"""dtSSD: how far a matte's change from frame to frame is from the truth's change."""

import math
from dataclasses import dataclass

from jaxtyping import Bool
from torch import Tensor

from steadymask.arrays import Alpha
from steadymask.metrics.matte_pair import matte_pair


@dataclass(frozen=True, kw_only=True)
class DtssdSums:
    """The values of pairs, summed; those of several clips add. Nothing is scaled.

    Args:
        total: sum over the pairs of the root of the mean squared difference of changes.
        pairs: how many pairs had a pixel to compare.
    """

    total: float
    pairs: int

    def __add__(self, other: "DtssdSums") -> "DtssdSums":
        return DtssdSums(total=self.total + other.total, pairs=self.pairs + other.pairs)


def dtssd_sums(
    alpha: Alpha,
    alpha_before: Alpha,
    truth: Alpha,
    truth_before: Alpha,
    *,
    unknown: Bool[Tensor, "b h w"] | None = None,
    valid: Bool[Tensor, "b h w"] | None = None,
) -> DtssdSums:
    """`√ mean ((α_t − α_{t−1}) − (α*_t − α*_{t−1}))²` of each pair of frames.

    Args:
        alpha: of frame t, in [0, 1]; `b` counts pairs, so that of a clip these are `clip[1:]`.
        alpha_before: of frame t − 1: `clip[:-1]`.
        truth: of frame t.
        truth_before: of frame t − 1.
        unknown: the unknown region of frame t's trimap, which alone counts; None for the whole picture.
        valid: false where either frame is void, which never counts.

    Raises:
        InputError: a matte leaves [0, 1].

    Source: Erofeev et al., Perceptually motivated benchmark for video matting (2015).
    Deviates: the mean over pixels, as in Robust Video Matting, where they have the sum, so that pictures of
        all sizes compare.
    """
    now = matte_pair(alpha, truth, unknown=unknown, valid=valid)
    before = matte_pair(alpha_before, truth_before, valid=valid)
    error, error_before = (each.alpha.double() - each.truth.double() for each in (now, before))
    pixels = now.scored.sum((1, 2))
    squares = ((error - error_before).square() * now.scored).sum((1, 2))
    some = pixels > 0
    return DtssdSums(total=float((squares / pixels)[some].sqrt().sum()), pairs=int(some.sum()))


def dtssd(sums: DtssdSums) -> float:
    """The mean over pairs; in [0, 2], lower is better; NaN without a pair.

    Robust Video Matting prints it × 100.

    Args:
        sums: of all consecutive pairs of the clip that no cut divides.
    """
    return sums.total / (sums.pairs or math.nan)
