"""Binary cross-entropy in which foreground and background weigh alike, however small the object."""

from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import softplus

Reduction = Literal["mean", "sum"]


def balanced_cross_entropy_loss(
    logits: Float[Tensor, "b h w"], labels: Int[Tensor, "b h w"], *, reduction: Reduction = "mean"
) -> Float[Tensor, ""]:
    """`−β Σ_{y=1} log p − (1 − β) Σ_{y=0} log(1 − p)`, averaged over pictures; from 0, lower is better.

    β is the share of the background in the picture. Where only one of the two is present the loss is 0, as
    its weight is.

    Args:
        logits: above 0 is foreground; of two maps take foreground minus background.
        labels: 1 is foreground, 0 background, −1 void, which counts nowhere.
        reduction: `mean` divides a picture's sum by its pixels that are not void; `sum` is as printed.

    Source: Xie, Tu, Holistically-nested edge detection (2015), eq. 2; Caelles et al., One-shot video object
        segmentation (2017), eq. 1, whose published code divides by the pixels.
    """
    foreground, background = labels == 1, labels == 0
    counts = torch.stack([foreground.sum((1, 2)), background.sum((1, 2))]).to(logits.dtype)
    known = counts.sum(0).clamp(min=1)
    on_foreground = torch.where(foreground, softplus(-logits), 0).sum((1, 2))
    on_background = torch.where(background, softplus(logits), 0).sum((1, 2))
    sums = (counts[1] * on_foreground + counts[0] * on_background) / known
    return (sums / known if reduction == "mean" else sums).mean()


class BalancedCrossEntropyLoss(nn.Module):
    """`balanced_cross_entropy_loss` as a module."""

    def __init__(self, *, reduction: Reduction = "mean") -> None:
        super().__init__()
        self.reduction = reduction

    def forward(self, logits: Float[Tensor, "b h w"], labels: Int[Tensor, "b h w"]) -> Float[Tensor, ""]:
        """See `balanced_cross_entropy_loss`."""
        return balanced_cross_entropy_loss(logits, labels, reduction=self.reduction)
