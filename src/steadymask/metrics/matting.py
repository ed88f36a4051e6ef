"""SAD, MAD and MSE: how far mattes are from the truth, pixel by pixel."""

import math
from dataclasses import dataclass

from jaxtyping import Bool
from torch import Tensor

from steadymask.arrays import Alpha
from steadymask.metrics.matte_pair import matte_pair

PER_THOUSAND_PIXELS = 1000
"""What the field divides sums over a frame by, so that they fit a table."""


@dataclass(frozen=True, kw_only=True)
class MattingSums:
    """The errors of frames, summed; those of several clips add. Nothing is scaled.

    Args:
        absolute: sum over the frames of the sum over pixels of `|α − α*|`.
        mean_absolute: sum over the frames of its mean over pixels.
        mean_squared: sum over the frames of the mean over pixels of `(α − α*)²`.
        frames: how many frames had a pixel to compare.
    """

    absolute: float
    mean_absolute: float
    mean_squared: float
    frames: int

    def __add__(self, other: "MattingSums") -> "MattingSums":
        return MattingSums(
            absolute=self.absolute + other.absolute,
            mean_absolute=self.mean_absolute + other.mean_absolute,
            mean_squared=self.mean_squared + other.mean_squared,
            frames=self.frames + other.frames,
        )


def matting_sums(
    alpha: Alpha,
    truth: Alpha,
    *,
    unknown: Bool[Tensor, "b h w"] | None = None,
    valid: Bool[Tensor, "b h w"] | None = None,
) -> MattingSums:
    """The errors of frames, each over the pixels of its own.

    Args:
        alpha: in [0, 1].
        truth: likewise, of the same frames.
        unknown: the trimap's unknown region, which alone counts; None for the whole picture.
        valid: false where void, which never counts.

    Raises:
        InputError: a matte leaves [0, 1].

    Source: Rhemann et al., A perceptually motivated online benchmark for image matting (2009).
    Deviates: a frame without pixels to compare is left out; the usual scripts count it as 0.
    """
    pair = matte_pair(alpha, truth, unknown=unknown, valid=valid)
    error = (pair.alpha.double() - pair.truth.double()).abs() * pair.scored
    pixels = pair.scored.sum((1, 2))
    absolute, squared = error.sum((1, 2)), error.square().sum((1, 2))
    some = pixels > 0
    return MattingSums(
        absolute=float(absolute.sum()),
        mean_absolute=float((absolute / pixels)[some].sum()),
        mean_squared=float((squared / pixels)[some].sum()),
        frames=int(some.sum()),
    )


def sad(sums: MattingSums) -> float:
    """Sum of absolute differences of a frame / 1000, the mean over frames; from 0, lower is better.

    NaN without frames. Grows with the picture's size, so that only mattes of one size compare.
    """
    return sums.absolute / PER_THOUSAND_PIXELS / (sums.frames or math.nan)


def mad(sums: MattingSums) -> float:
    """Mean absolute difference, the mean over frames; in [0, 1], lower is better; NaN without frames.

    Robust Video Matting prints it × 1000.
    """
    return sums.mean_absolute / (sums.frames or math.nan)


def mse(sums: MattingSums) -> float:
    """Mean squared error, the mean over frames; in [0, 1], lower is better; NaN without frames.

    Robust Video Matting prints it × 1000.
    """
    return sums.mean_squared / (sums.frames or math.nan)
