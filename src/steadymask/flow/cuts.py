"""Where one scene ends and another begins."""

from dataclasses import dataclass, field

import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from steadymask.arrays import FlowEstimator, Picture, PictureFlow
from steadymask.errors import require
from steadymask.flow.dis import DIS
from steadymask.warp import warp

_SIZE = (72, 128)  # pictures are compared this small: a cut changes everything, and noise is gone
_PATCH = 15  # side of the patches that are compared, in pixels of the small pictures
_NOISE = 4.0  # variance of grey levels below which a patch has no structure to compare


@dataclass(frozen=True, kw_only=True)
class CutDetector:
    """Decides whether a cut lies between two consecutive frames: other colors, unexplained by motion.

    A pan or a fast object changes where colors are, not which there are; a flash changes colors, not
    structure. Only both together make a cut.

    Args:
        colors: least share of the pixels whose color (of 512) is new, in [0, 1].
        structure: least loss of local correlation along the flow, from 0 (the same) to 1 (unrelated).
        estimator: finds the motion between the two frames, made small.
    """

    colors: float = 0.12
    structure: float = 0.6
    estimator: FlowEstimator = field(default_factory=lambda: DIS(preset="fast"))

    def __post_init__(self) -> None:
        """Check the settings."""
        for name in ("colors", "structure"):
            value = getattr(self, name)
            require(0 <= value <= 1, f"{name}: wanted a number in [0, 1], got {value}")

    def __call__(self, before: Picture, after: Picture) -> bool:
        """Whether `after` begins a new scene; both are pictures, or thumbnails of them."""
        small_before, small_after = thumbnail(before), thumbnail(after)
        if color_change(small_before, small_after) < self.colors:
            return False
        flow = self.estimator(small_after, small_before)
        return structure_loss(small_after, small_before, flow) > self.structure


def color_change(before: Picture, after: Picture) -> float:
    """The share of pixels whose color is new to the other picture: 1 − intersection of 8×8×8 histograms."""
    return 1 - float(torch.minimum(_histogram(before), _histogram(after)).sum())


def structure_loss(after: Picture, before: Picture, flow: PictureFlow) -> float:
    """1 − mean correlation of grey patches along the flow, from 0 (the same picture) to about 1 (unrelated).

    Args:
        after: the later picture.
        before: the earlier one.
        flow: where each pixel of `after` lies in `before`, in pixels.
    """
    a, b = _grey(after), warp(_grey(before), flow[None])
    mean_a, mean_b = _mean(a), _mean(b)
    covariance = _mean(a * b) - mean_a * mean_b
    variances = (_mean(a * a) - mean_a**2 + _NOISE) * (_mean(b * b) - mean_b**2 + _NOISE)
    return 1 - float((covariance / variances.sqrt()).mean())


def thumbnail(picture: Picture) -> UInt8[Tensor, "3 rows columns"]:
    """The picture as small as pictures are compared; a thumbnail is its own."""
    if picture.shape[1:] == _SIZE:
        return picture
    step = max(1, min(n // (3 * small) for n, small in zip(picture.shape[1:], _SIZE, strict=True)))
    sampled = picture[:, ::step, ::step]  # nine samples a pixel will do, and all would take most of the time
    small = interpolate(sampled[None].float(), size=_SIZE, mode="area")[0]
    return small.round().to(torch.uint8).permute(1, 2, 0).contiguous().permute(2, 0, 1)


def _histogram(picture: Picture) -> Float[Tensor, "512"]:
    bins = (picture >> 5).long()
    counts = (bins[0] * 64 + bins[1] * 8 + bins[2]).flatten().bincount(minlength=512)
    return counts / counts.sum()


def _grey(picture: Picture) -> Float[Tensor, "1 1 h w"]:
    grey = picture.double().mean(0)[None, None]
    return avg_pool2d(grey, 3, stride=1, padding=1, count_include_pad=False)


def _mean(x: Float[Tensor, "1 1 h w"]) -> Float[Tensor, "1 1 h w"]:
    return avg_pool2d(x, _PATCH, stride=1, padding=_PATCH // 2, count_include_pad=False)
