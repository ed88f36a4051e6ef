"""Temporal consistency (TC): the IoU of each class with itself one frame earlier, along the motion."""

import math

from jaxtyping import Bool, Float
from torch import Tensor

from steadymask.arrays import PictureFlow, PictureLabels
from steadymask.metrics.agreement import Agreement, warped_agreement


def temporal_consistency_sums(
    labels: PictureLabels,
    labels_before: PictureLabels,
    flow: PictureFlow,
    *,
    visible: Bool[Tensor, "h w"],
    classes: int,
) -> Agreement:
    """Intersections and unions of frame t's labels with those of frame t − 1, brought onto frame t's grid.

    This is the `strict` recipe: nearest neighbour, visible pixels only, void left out.

    Args:
        labels: of frame t, below `classes`; −1 is void.
        labels_before: of frame t − 1.
        flow: where each pixel of frame t lies in frame t − 1, (dx, dy) in pixels.
        visible: on frame t's grid, the pixels that are also seen in frame t − 1.
        classes: how many classes there are.

    Source: Liu et al., Efficient video segmentation models with per-frame inference, eq. 5.
    """
    return warped_agreement(labels, labels_before, flow, visible_ij=visible, classes=classes)


def temporal_consistency(sums: Agreement) -> float:
    """The mean over the classes seen in the clip; in [0, 1], higher is better.

    Args:
        sums: of all consecutive pairs of the clip that no cut divides.

    Returns:
        The value; NaN where no pixel was compared.

    Source: Liu et al., eq. 6.
    """
    return float(temporal_consistency_of_classes(sums).nanmean())


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
