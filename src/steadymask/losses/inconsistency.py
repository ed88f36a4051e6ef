"""Inconsistency as a loss: every frame of a group, warped onto every other, should predict the same."""

from itertools import combinations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from steadymask.arrays import Flow, Visible
from steadymask.losses.cross_entropy import cross_entropy_loss
from steadymask.losses.mean_where import mean_where
from steadymask.losses.warp_where import warp_where


def pair_inconsistency_loss(
    probs_i: Float[Tensor, "b k h w"],
    probs_j: Float[Tensor, "b k h w"],
    flow_ij: Flow,
    flow_ji: Flow,
    *,
    visible_ij: Visible,
    visible_ji: Visible,
) -> Float[Tensor, ""]:
    """The mean over visible pixels of `1 − Σ_c Q_i W(Q_j)`, plus the same on frame j's grid; in [0, 2].

    For probabilities of 0 and 1 it is the inconsistency of the pair; lower is better. It also asks for
    certainty: equal predictions cost nothing only where they are sure. Both frames get gradient.

    Args:
        probs_i: after softmax, of frame i.
        probs_j: of frame j.
        flow_ij: where each pixel of frame i lies in frame j, (dx, dy) in pixels.
        flow_ji: the way back, on frame j's grid.
        visible_ij: on frame i's grid, the pixels that are also seen in frame j. Without any: 0.
        visible_ji: the other way round.

    Source: Azulay et al., Temporally stable video segmentation without video annotations, eq. 3.
    """
    there = _one_way(probs_i, probs_j, flow_ij, visible_ij)
    back = _one_way(probs_j, probs_i, flow_ji, visible_ji)
    return (there + back).mean()


def inconsistency_loss(
    logits: Float[Tensor, "b t k h w"],
    labels: Int[Tensor, "b t h w"],
    flow: Float[Tensor, "b t t 2 h w"],
    *,
    visible: Bool[Tensor, "b t t h w"],
    data_weight: float,
) -> Float[Tensor, ""]:
    """The mean of `pair_inconsistency_loss` over a group's pairs, plus cross-entropy to a teacher; from 0.

    A pair without a visible pixel in one of its directions is not counted, as in the metric. Lower is better.

    Args:
        logits: before softmax, of the frames of a group.
        labels: the teacher's, which keep the frames to what they show; −1 is void, which counts nowhere.
        flow: `flow[:, i, j]` is flow_ij; the diagonal is not looked at.
        visible: `visible[:, i, j]` is visible_ij; the diagonal is not looked at.
        data_weight: w_D, the weight of the cross-entropy, which the paper does not tell.

    Source: Azulay et al., section 5.1.
    """
    probs = logits.softmax(2)
    total = counted = probs.new_zeros(len(probs))
    for i, j in combinations(range(probs.shape[1]), 2):
        seen = visible[:, i, j].any((1, 2)) & visible[:, j, i].any((1, 2))
        there = _one_way(probs[:, i], probs[:, j], flow[:, i, j], visible[:, i, j])
        back = _one_way(probs[:, j], probs[:, i], flow[:, j, i], visible[:, j, i])
        total = total + torch.where(seen, there + back, 0)
        counted = counted + seen
    data = cross_entropy_loss(logits.flatten(0, 1), labels.flatten(0, 1))
    return (total / counted.clamp(min=1)).mean() + data_weight * data


class PairInconsistencyLoss(nn.Module):
    """`pair_inconsistency_loss` as a module."""

    def forward(
        self,
        probs_i: Float[Tensor, "b k h w"],
        probs_j: Float[Tensor, "b k h w"],
        flow_ij: Flow,
        flow_ji: Flow,
        *,
        visible_ij: Visible,
        visible_ji: Visible,
    ) -> Float[Tensor, ""]:
        """See `pair_inconsistency_loss`."""
        return pair_inconsistency_loss(
            probs_i, probs_j, flow_ij, flow_ji, visible_ij=visible_ij, visible_ji=visible_ji
        )


class InconsistencyLoss(nn.Module):
    """`inconsistency_loss` as a module."""

    def __init__(self, *, data_weight: float) -> None:
        super().__init__()
        self.data_weight = data_weight

    def forward(
        self,
        logits: Float[Tensor, "b t k h w"],
        labels: Int[Tensor, "b t h w"],
        flow: Float[Tensor, "b t t 2 h w"],
        *,
        visible: Bool[Tensor, "b t t h w"],
    ) -> Float[Tensor, ""]:
        """See `inconsistency_loss`."""
        return inconsistency_loss(logits, labels, flow, visible=visible, data_weight=self.data_weight)


def _one_way(
    probs_i: Float[Tensor, "b k h w"], probs_j: Float[Tensor, "b k h w"], flow_ij: Flow, visible_ij: Visible
) -> Float[Tensor, "b"]:
    """How far frame i is from the warped frame j, on the mean over the pixels seen in both."""
    differences = 1 - (probs_i * warp_where(probs_j, flow_ij, visible_ij)).sum(1)
    return mean_where(differences, visible_ij)
