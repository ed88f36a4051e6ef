"""Motion-guided temporal loss: a frame should predict what its neighbor predicts along the motion."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from steadymask.arrays import Flow
from steadymask.losses.log_of_probs import log_of_probs
from steadymask.losses.warp_where import warp_where
from steadymask.warp import warp

IMAGENET_DEVIATION = (0.229, 0.224, 0.225)


def temporal_loss(
    probs_i: Float[Tensor, "b k h w"],
    probs_j: Float[Tensor, "b k h w"],
    flow_ij: Flow,
    *,
    confidence_ij: Float[Tensor, "b h w"],
) -> Float[Tensor, ""]:
    """The mean over all pixels of `V · KL(q_i ‖ W(q_j))`; from 0, lower is better.

    Both frames get gradient.

    Args:
        probs_i: after softmax, of frame i.
        probs_j: of frame j.
        flow_ij: where each pixel of frame i lies in frame j, (dx, dy) in pixels; no confidence where it is
            not finite.
        confidence_ij: V, on frame i's grid, in [0, 1]: the `photometric_confidence` of `steadymask.warp`,
            times a visibility where that is known. The mean still counts all pixels.

    Source: Liu et al., Efficient video segmentation models with per-frame inference, eq. 3.
    """
    known = flow_ij.isfinite().all(1)
    warped = log_of_probs(warp_where(probs_j, flow_ij, known))
    divergence = (probs_i * (log_of_probs(probs_i) - warped)).sum(1)
    return (torch.where(known, confidence_ij, 0) * divergence).mean()


def temporal_logits_loss(
    logits_i: Float[Tensor, "b k h w"],
    logits_j: Float[Tensor, "b k h w"],
    flow_ij: Flow,
    *,
    confidence_ij: Float[Tensor, "b h w"],
) -> Float[Tensor, ""]:
    """The mean over classes and pixels of `(V S_i − V W(S_j))²`; from 0, lower is better.

    What the published code of the paper computes in place of `temporal_loss`: squared differences of what
    comes before softmax, the confidence squared with them. Both frames get gradient.

    Args:
        logits_i: before softmax, of frame i, in the frame's size.
        logits_j: of frame j.
        flow_ij: where each pixel of frame i lies in frame j, (dx, dy) in pixels; no confidence where it is
            not finite.
        confidence_ij: V, on frame i's grid, in [0, 1]; in the code `summed_color_confidence`.

    Source: the released training code of Liu et al. (weight 0.1, one to three frames apart).
    """
    known = flow_ij.isfinite().all(1)
    difference = logits_i - warp_where(logits_j, flow_ij, known)
    return (torch.where(known, confidence_ij, 0)[:, None] * difference).square().mean()


def summed_color_confidence(
    frames_i: Float[Tensor, "b 3 h w"], frames_j: Float[Tensor, "b 3 h w"], flow_ij: Flow
) -> Float[Tensor, "b h w"]:
    """The published code's V: `exp(−|Σ_c (I_i − W(I_j))|)`, of colors normalized as ImageNet's; in (0, 1].

    Differences of opposite sign in two colors cancel, unlike in `photometric_confidence`.

    Args:
        frames_i: RGB in [0, 1].
        frames_j: RGB in [0, 1].
        flow_ij: where each pixel of frame i lies in frame j, in pixels.

    Source: the released training code of Liu et al.
    """
    deviation = torch.tensor(IMAGENET_DEVIATION, dtype=frames_i.dtype, device=frames_i.device)
    difference = (frames_i - warp(frames_j, flow_ij)) / deviation[:, None, None]
    return torch.exp(-difference.sum(1).abs())


class TemporalLoss(nn.Module):
    """`temporal_loss` as a module."""

    def forward(
        self,
        probs_i: Float[Tensor, "b k h w"],
        probs_j: Float[Tensor, "b k h w"],
        flow_ij: Flow,
        *,
        confidence_ij: Float[Tensor, "b h w"],
    ) -> Float[Tensor, ""]:
        """See `temporal_loss`."""
        return temporal_loss(probs_i, probs_j, flow_ij, confidence_ij=confidence_ij)


class TemporalLogitsLoss(nn.Module):
    """`temporal_logits_loss` as a module."""

    def forward(
        self,
        logits_i: Float[Tensor, "b k h w"],
        logits_j: Float[Tensor, "b k h w"],
        flow_ij: Flow,
        *,
        confidence_ij: Float[Tensor, "b h w"],
    ) -> Float[Tensor, ""]:
        """See `temporal_logits_loss`."""
        return temporal_logits_loss(logits_i, logits_j, flow_ij, confidence_ij=confidence_ij)
