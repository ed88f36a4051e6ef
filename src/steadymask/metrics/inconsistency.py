"""Inconsistency: how much of a picture changes its label although the motion does not explain it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from steadymask.arrays import PictureFlow, PictureLabels
from steadymask.edges import boundary_count, boundary_count_of_classes
from steadymask.metrics.agreement import Agreement, areas, warped_agreement


@dataclass(frozen=True, kw_only=True)
class InconsistencySums:
    """Sums over the pairs of a clip.

    Args:
        pairs: how many pairs were counted.
        total: the sum of their disagreements, each in [0, 2].
        of_classes: the same of each class against all others.
    """

    pairs: int
    total: float
    of_classes: Float[Tensor, "k"]

    def __add__(self, other: "InconsistencySums") -> "InconsistencySums":
        return InconsistencySums(
            pairs=self.pairs + other.pairs,
            total=self.total + other.total,
            of_classes=self.of_classes + other.of_classes,
        )


def inconsistency_sums(
    labels_i: PictureLabels,
    labels_j: PictureLabels,
    flow_ij: PictureFlow,
    flow_ji: PictureFlow,
    *,
    visible_ij: Bool[Tensor, "h w"],
    visible_ji: Bool[Tensor, "h w"],
    classes: int,
) -> InconsistencySums:
    """The disagreement of one pair of frames.

    Args:
        labels_i: labels below `classes`; −1 is void.
        labels_j: likewise.
        flow_ij: where each pixel of frame i lies in frame j, (dx, dy) in pixels.
        flow_ji: the way back, on frame j's grid.
        visible_ij: on frame i's grid, the pixels that are also seen in frame j.
        visible_ji: the other way round.
        classes: how many classes there are.

    Source: Azulay et al., Temporally stable video segmentation without video annotations, eq. 3.
    Deviates: a label counts when it *differs*; the printed sentence says when it is the same.
    """
    return inconsistency_of_pair(
        warped_agreement(labels_i, labels_j, flow_ij, visible_ij=visible_ij, classes=classes),
        warped_agreement(labels_j, labels_i, flow_ji, visible_ij=visible_ji, classes=classes),
    )


def inconsistency_of_pair(ij: Agreement, ji: Agreement) -> InconsistencySums:
    """The disagreement of one pair, from its warped agreements: the two shares of differing pixels, added.

    A pair that has nothing to compare in one of its directions is not counted.
    """
    if not (ij.compared and ji.compared):
        return InconsistencySums(
            pairs=0, total=0.0, of_classes=torch.zeros(len(ij.pixels), dtype=torch.float64)
        )
    return InconsistencySums(
        pairs=1,
        total=ij.differing / ij.compared + ji.differing / ji.compared,
        of_classes=(ij.lost + ij.gained).double() / ij.compared
        + (ji.lost + ji.gained).double() / ji.compared,
    )


def inconsistency(sums: InconsistencySums, *, factor: float = 1.0) -> float:
    """Mean disagreement of a clip's pairs times a normalising factor; from 0, lower is better.

    Args:
        sums: of all pairs of the clip at most K = 3 frames apart that no cut divides.
        factor: `boundary_factor` or `area_factor` of the clip's frames; 1 leaves the value as it is. Two
            maskings of one clip are compared under the same factor.

    Returns:
        The value; NaN without pairs, or where the factor is NaN.

    Source: Azulay et al., eq. 4. Deviates: a mean over the pairs that exist, each once.
    """
    return factor * sums.total / sums.pairs if sums.pairs else math.nan


def inconsistency_of_classes(sums: InconsistencySums) -> Float[Tensor, "k"]:
    """The same of each class against all others, without a factor; NaN without pairs."""
    return sums.of_classes / (sums.pairs or math.nan)


def excess_removed(before: float, after: float, truth: float) -> float:
    """The share of the excess over the truth's own inconsistency that was removed.

    Args:
        before: inconsistency of the input.
        after: inconsistency of the output.
        truth: inconsistency of the annotation, the natural floor.

    Returns:
        `(before − after) / (before − truth)`: 1 where the truth's steadiness is reached, more beyond it,
        negative where flicker was added; NaN unless `before > truth`.

    >>> excess_removed(0.5, 0.3, 0.1)
    0.5
    """
    return (before - after) / (before - truth) if before > truth else math.nan


@dataclass(frozen=True, kw_only=True)
class Extent:
    """How far the labels of one frame extend, in pixels; a clip keeps one per frame.

    Args:
        boundary: `N_bd`, pixels whose right, lower or lower-right neighbour has another label.
        area: `N_nbg`, pixels that are not background.
        boundary_of_classes: `N_bd` of each class against all others.
        area_of_classes: pixels of each class.
    """

    boundary: int
    area: int
    boundary_of_classes: Int[Tensor, "k"]
    area_of_classes: Int[Tensor, "k"]


def extent(labels: PictureLabels, *, classes: int) -> Extent:
    """Measure the labels of one frame; void (−1) has no area and makes no boundary."""
    area_of_classes = areas(labels, classes=classes)
    return Extent(
        boundary=int(boundary_count(labels)),
        area=int(area_of_classes[1:].sum()),
        boundary_of_classes=boundary_count_of_classes(labels, classes=classes),
        area_of_classes=area_of_classes,
    )


def boundary_size(counts: Sequence[int]) -> float:
    """`N`: the median of `N_bd` over the frames that have a boundary; NaN if none has."""
    return float(median([count for count in counts if count > 0] or [math.nan]))


def boundary_factor(counts: Sequence[int], *, pixels: int) -> float:
    """`H·W / N`: inconsistency per pixel of boundary, so that neither size nor resolution counts.

    Args:
        counts: `N_bd` of each frame.
        pixels: H·W.
    """
    return pixels / boundary_size(counts)


def area_factor(counts: Sequence[int], *, pixels: int) -> float:
    """`H·W / √N`, N the median area over the frames that have one; NaN if none has.

    Args:
        counts: `N_nbg` of each frame.
        pixels: H·W.
    """
    return pixels / math.sqrt(boundary_size(counts))
