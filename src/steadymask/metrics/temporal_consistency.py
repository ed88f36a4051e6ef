"""Temporal consistency (TC): the IoU of each class with itself one frame earlier, along the motion."""

import math
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import grid_sample

from steadymask.arrays import PictureFlow, PictureLabels
from steadymask.errors import require
from steadymask.metrics.agreement import Agreement, agreement
from steadymask.warp import positions, warp_labels

Recipe = Literal["strict", "etc", "vspw"]

_ROUNDING = 1e-6


def temporal_consistency_sums(
    labels: PictureLabels,
    labels_before: PictureLabels,
    flow: PictureFlow,
    *,
    classes: int,
    visible: Bool[Tensor, "h w"] | None = None,
    recipe: Recipe = "strict",
) -> Agreement:
    """Intersections and unions of frame t's labels with those of frame t − 1, brought onto frame t's grid.

    `strict`: the nearest neighbor, void left out, and only where `visible` holds.

    `etc`, as the script of Liu et al. does it: label *numbers* are interpolated and truncated, so that there
    is class 1 between class 0 and class 2; outside the picture its border goes on.

    `vspw`, as the script of VSPW does it: the nearest neighbor on a grid that is up to half a pixel off
    (−0.5 at the left and the top, +0.5 at the other end); outside the picture there is class 0.

    Both scripts bring the next frame onto the current one: to have their number, play the clip backwards.
    They know neither void nor visibility.

    Args:
        labels: of frame t, below `classes`; −1 is void.
        labels_before: of frame t − 1.
        flow: where each pixel of frame t lies in frame t − 1, (dx, dy) in pixels.
        classes: how many classes there are.
        visible: on frame t's grid, the pixels that are also seen in frame t − 1; only with `strict`.
        recipe: see above.

    Raises:
        InputError: `visible` is missing, or given to a recipe that knows none; void with such a recipe.

    Source: Liu et al., Efficient video segmentation models with per-frame inference, eq. 5; Miao et al., VSPW
        (2021).
    Deviates: `etc` adds 10⁻⁶ before it truncates; in the script rounding errors turn a 3 among 3s into a 2.
    """
    before = _WARPS[recipe](labels_before, flow)
    if recipe == "strict":
        require(visible is not None, "visible: wanted the visible pixels with the recipe strict, got None")
        return agreement(labels, before, classes=classes, where=visible)
    require(visible is None, f"visible: wanted None with the recipe {recipe}, which compares every pixel")
    known = bool(((labels | labels_before) >= 0).all())
    require(known, f"labels: wanted no void (−1) with the recipe {recipe}, which knows none")
    return agreement(labels, before, classes=classes)


def temporal_consistency(sums: Agreement, *, recipe: Recipe = "strict") -> float:
    """The mean over the classes seen; in [0, 1], higher is better.

    Args:
        sums: of all consecutive pairs of the clip that no cut divides; the scripts of `etc` and `vspw` have
            one sum over all clips of a data set.
        recipe: `etc` counts a class never seen as 0, the others leave it out.

    Returns:
        The value; NaN where no pixel was compared.

    Source: Liu et al., eq. 6.
    """
    of_classes = temporal_consistency_of_classes(sums)
    if recipe == "etc" and sums.compared:
        of_classes = of_classes.nan_to_num(0)
    return float(of_classes.nanmean())


def temporal_consistency_of_classes(sums: Agreement) -> Float[Tensor, "k"]:
    """`Σ_t |∩| / Σ_t |∪|` of each class; NaN for a class never seen."""
    return sums.intersection.double() / sums.union


def warping_pixel_accuracy(sums: Agreement) -> float:
    """The share of compared pixels that keep their label; in [0, 1], higher is better; NaN without pixels.

    Args:
        sums: of one pair, for the series over a clip, or of all pairs.

    Source: Liu et al., figure 5.
    """
    return 1 - sums.differing / sums.compared if sums.compared else math.nan


def _nearest(labels: PictureLabels, flow: PictureFlow) -> PictureLabels:
    return warp_labels(labels[None], flow[None])[0]


def _truncated(labels: PictureLabels, flow: PictureFlow) -> PictureLabels:
    """Numbers of labels, interpolated where the flow points, less what stands behind the point."""
    height, width = labels.shape
    x, y = (each[0] for each in positions(flow[None].double()))
    left, top = x.floor(), y.floor()
    across, down = x - left, y - top
    columns = [(left.long() + each).clamp(0, width - 1) for each in (0, 1)]
    rows = [(top.long() + each).clamp(0, height - 1) for each in (0, 1)]
    upper, lower = (
        (1 - across) * labels[each, columns[0]] + across * labels[each, columns[1]] for each in rows
    )
    return ((1 - down) * upper + down * lower + _ROUNDING).to(labels.dtype)


def _half_a_pixel_off(labels: PictureLabels, flow: PictureFlow) -> PictureLabels:
    height, width = labels.shape
    x, y = (each[0] for each in positions(flow[None]))
    grid = torch.stack((2 * x / max(width - 1, 1) - 1, 2 * y / max(height - 1, 1) - 1), dim=-1)
    found = grid_sample(labels[None, None].float(), grid[None], mode="nearest", align_corners=False)
    return found[0, 0].to(labels.dtype)


_WARPS = {"strict": _nearest, "etc": _truncated, "vspw": _half_a_pixel_off}
