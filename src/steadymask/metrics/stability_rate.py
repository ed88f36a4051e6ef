"""Stability rate (STB): the share of pixels that keep their label along the motion, in all or near edges."""

import math
from dataclasses import dataclass

from jaxtyping import Bool
from torch import Tensor

from steadymask.arrays import PictureFlow, PictureLabels
from steadymask.edges import band, label_edge
from steadymask.metrics.agreement import Agreement, warped_agreement

BAND = 15
"""Total width of the band around the truth's edge in which the local rate is taken, in pixels."""


@dataclass(frozen=True, kw_only=True)
class StabilityRateSums:
    """The rates of pairs, summed; those of several sequences add.

    Args:
        total: sum over the pairs of the share of pixels.
        pairs: how many pairs had a pixel to compare.
    """

    total: float
    pairs: int

    def __add__(self, other: "StabilityRateSums") -> "StabilityRateSums":
        return StabilityRateSums(total=self.total + other.total, pairs=self.pairs + other.pairs)


def stability_rate_sums(
    labels: PictureLabels,
    labels_before: PictureLabels,
    flow: PictureFlow,
    *,
    visible: Bool[Tensor, "h w"],
    classes: int,
) -> StabilityRateSums:
    """The share of pixels of frame t whose label is the one that the motion brings from frame t − 1.

    For the global rate compare all `visible` pixels; for the local one those of `near_edge` of the truth.

    Args:
        labels: of frame t, below `classes`; −1 is void. The labels of the network, not the truth.
        labels_before: of frame t − 1.
        flow: where each pixel of frame t lies in frame t − 1, (dx, dy) in pixels; exact where it is known.
        visible: on frame t's grid, the pixels to compare: those also seen in frame t − 1, and, by the paper,
            those that an estimator can track.
        classes: how many classes there are.

    Source: Qian et al., Coherent loss: a generic framework for stable video segmentation, eq. 4.
    """
    return stability_rate_of_pair(
        warped_agreement(labels, labels_before, flow, visible_ij=visible, classes=classes)
    )


def stability_rate_of_pair(counts: Agreement) -> StabilityRateSums:
    """The share of the compared pixels whose two labels agree, from the agreement along the motion."""
    if not counts.compared:
        return StabilityRateSums(total=0.0, pairs=0)
    return StabilityRateSums(total=1 - counts.differing / counts.compared, pairs=1)


def stability_rate(sums: StabilityRateSums) -> float:
    """The mean over pairs; in [0, 1], higher is better; NaN without a pair.

    Args:
        sums: of all consecutive pairs of a sequence.

    Source: Qian et al., eq. 4.
    """
    return sums.total / sums.pairs if sums.pairs else math.nan


def near_edge(truth: PictureLabels, *, width: int = BAND) -> Bool[Tensor, "h w"]:
    """The band ω around the edge of the truth, in which the local rate is taken.

    Args:
        truth: of frame t; −1 is void, which makes no edge.
        width: the band's *total* width in pixels, odd.

    Source: Qian et al.: "15-pixel width of ground truth edge".
    """
    return band(label_edge(truth)[None], width=width)[0]
