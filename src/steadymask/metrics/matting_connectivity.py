"""Conn: how much of a matte, and of the truth, hangs loose from what the two have in common."""

import math
from dataclasses import dataclass

import cv2
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from steadymask.arrays import Alpha
from steadymask.metrics.matte_pair import matte_pair
from steadymask.metrics.matting import PER_THOUSAND_PIXELS

LEVELS = 10
"""How many opacities are looked at: 0.1, 0.2, … 1."""

THETA = 0.15
"""How far a pixel may stand above its level and still count as connected."""


@dataclass(frozen=True, kw_only=True)
class MattingConnectivitySums:
    """The errors of frames, summed; those of several clips add. Nothing is scaled.

    Args:
        total: sum over frames and pixels of `|φ(α) − φ(α*)|`.
        frames: how many frames had a pixel to compare.
    """

    total: float
    frames: int

    def __add__(self, other: "MattingConnectivitySums") -> "MattingConnectivitySums":
        return MattingConnectivitySums(total=self.total + other.total, frames=self.frames + other.frames)


def matting_connectivity_sums(
    alpha: Alpha,
    truth: Alpha,
    *,
    unknown: Bool[Tensor, "b h w"] | None = None,
    valid: Bool[Tensor, "b h w"] | None = None,
) -> MattingConnectivitySums:
    """The differences of the mattes' connectivity φ, summed over the pixels of each frame.

    A pixel's level l is the highest of 0, 0.1, … 1 up to which it lies, at every step, in the largest region
    (4 neighbors) where both mattes are at least as opaque. What stands above it is `d = α − l`;
    `φ = 1 − d` where d is at least 0.15, else 1.

    Args:
        alpha: in [0, 1].
        truth: likewise, of the same frames.
        unknown: the trimap's unknown region, which alone counts; None for the whole picture.
        valid: false where void, which never counts and connects nothing.

    Raises:
        InputError: a matte leaves [0, 1].

    Source: Rhemann et al., A perceptually motivated online benchmark for image matting (2009), with p = 1 and
        θ = 0.15, in the form of the script for Composition-1k (Xu et al., Deep image matting, 2017).
    Deviates: from the paper, as that script does: one level for both mattes, and no weight λ for the distance
        to the region. From the script: a frame without pixels to compare is left out.
    """
    pair = matte_pair(alpha, truth, unknown=unknown, valid=valid)
    level = torch.zeros_like(pair.truth, dtype=torch.float64)
    for each, common in zip(level, torch.minimum(pair.alpha, pair.truth).cpu(), strict=True):
        each.copy_(_level(common))
    above = [each.double() - level for each in (pair.alpha, pair.truth)]
    loose = [each * (each >= THETA) for each in above]
    error = (loose[0] - loose[1]).abs() * pair.scored
    return MattingConnectivitySums(total=float(error.sum()), frames=int(pair.scored.flatten(1).any(1).sum()))


def matting_connectivity(sums: MattingConnectivitySums) -> float:
    """The sum of a frame / 1000, the mean over frames; from 0, lower is better; NaN without frames.

    Mostly the SAD without small differences: a pixel's error is less than 0.15 away from `|α − α*|`. Grows
    with the picture's size.
    """
    return sums.total / PER_THOUSAND_PIXELS / (sums.frames or math.nan)


def _level(common: Float[Tensor, "h w"]) -> Float[Tensor, "h w"]:
    """Up to where each pixel hangs together with the largest region of what both mattes have."""
    level = torch.zeros_like(common, dtype=torch.float64)
    connected = torch.ones_like(common, dtype=torch.bool)
    for step in range(1, LEVELS + 1):
        # A fraction, since 6 · 0.1 is above 0.6, the alpha of 153 of 255.
        connected &= _largest(common >= step / LEVELS)
        level[connected] = step / LEVELS
    return level


def _largest(mask: Bool[Tensor, "h w"]) -> Bool[Tensor, "h w"]:
    """The largest region of a mask; of several the one that begins first."""
    regions, labels, stats, _ = cv2.connectedComponentsWithStats(mask.byte().numpy(), connectivity=4)
    if regions == 1:  # the background alone
        return mask
    return torch.from_numpy(labels == 1 + stats[1:, cv2.CC_STAT_AREA].argmax())
