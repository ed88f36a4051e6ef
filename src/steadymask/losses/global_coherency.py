"""Global coherency: where a frame is surer than its neighbor, the neighbor learns from it."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from steadymask.arrays import Flow, Visible
from steadymask.losses.log_of_probs import log_of_probs
from steadymask.losses.mean_where import mean_where
from steadymask.losses.warp_where import warp_where

Reduction = Literal["sum", "mean"]
PRINTED_PIXELS = 473 * 473
"""The picture size that the printed weight β of the sum belongs to."""


def global_coherency_loss(
    probs_i: Float[Tensor, "b k h w"],
    probs_j: Float[Tensor, "b k h w"],
    flow_ij: Flow,
    flow_ji: Flow,
    *,
    visible_ij: Visible,
    visible_ji: Visible,
    threshold: float = 5e-2,
    absolute: bool = False,
    reduction: Reduction = "sum",
    scale: int | None = PRINTED_PIXELS,
) -> Float[Tensor, ""]:
    """`L_gc`: where a frame is surer than the other, warped, the other should predict what it does; from 0.

    Soft cross-entropy `−Σ_c M_i log W(M_j)` on the pixels where frame i's largest probability exceeds the
    warped one's by more than γ; M_i gets no gradient. The same on frame j's grid; the mean of the two, then
    over the batch. Lower is better.

    Args:
        probs_i: after softmax, of frame i.
        probs_j: of frame j.
        flow_ij: where each pixel of frame i lies in frame j, (dx, dy) in pixels.
        flow_ji: the way back, on frame j's grid.
        visible_ij: on frame i's grid, the pixels that are also seen in frame j, {Õ}.
        visible_ji: the other way round.
        threshold: γ, by how much a frame must be surer.
        absolute: take the pixels where the two differ by more than γ, whichever is surer, as printed.
        reduction: `sum` over the chosen pixels of a picture, as printed, or their `mean`.
        scale: the number of pixels that a sum is stated for: it is multiplied by `scale / (H·W)`, so that β
            means the same at any size; None leaves it. A mean needs none.

    Source: Qian et al., eq. 2. Deviates: the text's "higher top-1 scores" rules, not the |·| of its formula;
        the sum is stated for the paper's 473² pixels.
    """
    losses = []
    for target, other, flow, visible in (
        (probs_i.detach(), probs_j, flow_ij, visible_ij),
        (probs_j.detach(), probs_i, flow_ji, visible_ji),
    ):
        warped = warp_where(other, flow, visible)
        surer = target.amax(1) - warped.detach().amax(1)
        where = ((surer.abs() if absolute else surer) > threshold) & visible
        entropy = -(target * log_of_probs(warped)).sum(1)
        each = mean_where(entropy, where) if reduction == "mean" else _sum(entropy, where, scale=scale)
        losses.append(each.mean())
    return (losses[0] + losses[1]) / 2


class GlobalCoherencyLoss(nn.Module):
    """`global_coherency_loss` as a module."""

    def __init__(
        self,
        *,
        threshold: float = 5e-2,
        absolute: bool = False,
        reduction: Reduction = "sum",
        scale: int | None = PRINTED_PIXELS,
    ) -> None:
        super().__init__()
        self.threshold = threshold
        self.absolute = absolute
        self.reduction = reduction
        self.scale = scale

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
        """See `global_coherency_loss`."""
        return global_coherency_loss(
            probs_i,
            probs_j,
            flow_ij,
            flow_ji,
            visible_ij=visible_ij,
            visible_ji=visible_ji,
            threshold=self.threshold,
            absolute=self.absolute,
            reduction=self.reduction,
            scale=self.scale,
        )


def _sum(values: Float[Tensor, "b h w"], where: Visible, *, scale: int | None) -> Float[Tensor, "b"]:
    pixels = values[0].numel()
    return torch.where(where, values, 0).sum((1, 2)) * ((scale or pixels) / pixels)
