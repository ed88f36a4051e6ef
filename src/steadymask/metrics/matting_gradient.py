"""Grad: how much a matte is sharper or softer than the truth."""

import math
from dataclasses import dataclass
from functools import cache
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import conv2d, max_pool2d, pad

from steadymask.arrays import Alpha
from steadymask.errors import require
from steadymask.metrics.matte_pair import matte_pair
from steadymask.metrics.matting import PER_THOUSAND_PIXELS

Recipe = Literal["strict", "stretched"]

SIGMA = 1.4
"""Standard deviation of the Gaussian, in pixels."""

RADIUS = 4
"""How far the filter reaches, in pixels: where the Gaussian of 1.4 pixels falls below 0.01."""


@dataclass(frozen=True, kw_only=True)
class MattingGradientSums:
    """The errors of frames, summed; those of several clips add. Nothing is scaled.

    Args:
        total: sum over frames and pixels of `(|∇α| − |∇α*|)²`.
        frames: how many frames had a pixel to compare.
    """

    total: float
    frames: int

    def __add__(self, other: "MattingGradientSums") -> "MattingGradientSums":
        return MattingGradientSums(total=self.total + other.total, frames=self.frames + other.frames)


def matting_gradient_sums(
    alpha: Alpha,
    truth: Alpha,
    *,
    unknown: Bool[Tensor, "b h w"] | None = None,
    valid: Bool[Tensor, "b h w"] | None = None,
    recipe: Recipe = "strict",
) -> MattingGradientSums:
    """The squared differences of the mattes' slopes, summed over the pixels of each frame.

    The slope is the length of the gradient under derivatives of a Gaussian of 1.4 pixels, 9 × 9, whose
    squared weights sum to 1: beside an edge from 0 to 1 it is about 2.7. The border goes on outside.

    `strict`: of the mattes as they are.

    `stretched`, as the script for Composition-1k does it: of each matte, stretched to reach from 0 to 1. A
    matte of half the truth's opacity then has no error.

    Args:
        alpha: in [0, 1].
        truth: likewise, of the same frames.
        unknown: the trimap's unknown region, which alone counts; None for the whole picture.
        valid: false where void; a pixel whose filter would reach void does not count either. Not with
            `stretched`.
        recipe: see above.

    Raises:
        InputError: a matte leaves [0, 1], or void with a recipe that knows none.

    Source: Rhemann et al., A perceptually motivated online benchmark for image matting (2009), with q = 2.
    Deviates: a frame without pixels to compare is left out; the usual scripts count it as 0.
    """
    pair = matte_pair(alpha, truth, unknown=unknown, valid=valid)
    mattes = [pair.alpha.double(), pair.truth.double()]
    if recipe == "stretched":
        require(valid is None, "valid: wanted None with the recipe stretched, which knows no void")
        mattes = [_stretched(each) for each in mattes]
    scored = pair.scored if valid is None else pair.scored & ~_reaching(~valid)
    error = (_slope(mattes[0]) - _slope(mattes[1])).square()
    frames = int(scored.flatten(1).any(1).sum())
    return MattingGradientSums(total=float((error * scored).sum()), frames=frames)


def matting_gradient(sums: MattingGradientSums) -> float:
    """The sum of a frame / 1000, the mean over frames; from 0, lower is better; NaN without frames.

    Grows with the length of the edges, so that only mattes of the same clips and size compare.
    """
    return sums.total / PER_THOUSAND_PIXELS / (sums.frames or math.nan)


def _slope(alpha: Alpha) -> Alpha:
    """How long the gradient of each pixel is."""
    smooth, change = (each.to(alpha.device) for each in _weights())
    bordered = pad(alpha[:, None], (RADIUS,) * 4, mode="replicate")
    across = conv2d(conv2d(bordered, change[None, None, None]), smooth[None, None, :, None])
    down = conv2d(conv2d(bordered, smooth[None, None, None]), change[None, None, :, None])
    return torch.hypot(across, down)[:, 0]


@cache
def _weights() -> tuple[Float[Tensor, "n"], Float[Tensor, "n"]]:
    """The Gaussian and its derivative, each of length 1, so that their product is too."""
    x = torch.arange(-RADIUS, RADIUS + 1, dtype=torch.float64)
    smooth = (-x.square() / (2 * SIGMA**2)).exp()
    change = x * smooth
    return smooth / smooth.norm(), change / change.norm()


def _stretched(alpha: Alpha) -> Alpha:
    low, high = alpha.amin((1, 2), keepdim=True), alpha.amax((1, 2), keepdim=True)
    return (alpha - low) / torch.where(high > low, high - low, 1)


def _reaching(void: Bool[Tensor, "b h w"]) -> Bool[Tensor, "b h w"]:
    """The pixels whose filter reaches void."""
    return max_pool2d(void[:, None].float(), 2 * RADIUS + 1, stride=1, padding=RADIUS)[:, 0] > 0
