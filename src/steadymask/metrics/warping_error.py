"""Warping error: how much a video's colors change along the motion, where they should not."""

import math
from dataclasses import dataclass

from jaxtyping import Bool, Float
from torch import Tensor

from steadymask.arrays import PictureFlow
from steadymask.warp import warp


@dataclass(frozen=True, kw_only=True)
class WarpingErrorSums:
    """The errors of pairs, summed; those of several clips add.

    Args:
        total: sum over the pairs of their mean squared difference.
        pairs: how many pairs had a visible pixel.
    """

    total: float
    pairs: int

    def __add__(self, other: "WarpingErrorSums") -> "WarpingErrorSums":
        return WarpingErrorSums(total=self.total + other.total, pairs=self.pairs + other.pairs)


def warping_error_sums(
    picture_i: Float[Tensor, "c h w"],
    picture_j: Float[Tensor, "c h w"],
    flow_ij: PictureFlow,
    *,
    visible_ij: Bool[Tensor, "h w"],
) -> WarpingErrorSums:
    """The mean over visible pixels and channels of `(I_i − W(I_j))²`, for one pair.

    Args:
        picture_i: colors in [0, 1], or any other channels: a mask, a matte, probabilities.
        picture_j: likewise.
        flow_ij: where each pixel of frame i lies in frame j, (dx, dy) in pixels; of the *input* video where a
            processed one is scored.
        visible_ij: on frame i's grid, the pixels that are also seen in frame j. The published script has both
            `motion_edges` and `outside_is_visible` of `warp.visibility`.

    Source: Lai et al., Learning blind video temporal consistency (2018), eq. 11.
    Deviates: a pair without visible pixels is left out; the script counts its error as 0.
    """
    pixels = int(visible_ij.count_nonzero())
    if not pixels:
        return WarpingErrorSums(total=0.0, pairs=0)
    squares = (picture_i - warp(picture_j[None], flow_ij[None])[0]).square()
    total = (squares * visible_ij).double().sum() / (pixels * len(picture_i))
    return WarpingErrorSums(total=float(total), pairs=1)


def warping_error(sums: WarpingErrorSums) -> float:
    """The mean over pairs; from 0, lower is better; NaN without a pair.

    Args:
        sums: of all consecutive pairs of the clip that no cut divides.
    """
    return sums.total / sums.pairs if sums.pairs else math.nan
