"""Boundary coherency: near its boundaries each frame supervises its neighbor."""

from jaxtyping import Float
from torch import Tensor, nn

from steadymask.arrays import Flow, Visible
from steadymask.edges import band, label_edge
from steadymask.errors import require
from steadymask.losses.lovasz import Classes, lovasz_softmax_loss
from steadymask.losses.warp_where import warp_where


def boundary_coherency_loss(
    probs_i: Float[Tensor, "b k h w"],
    probs_j: Float[Tensor, "b k h w"],
    flow_ij: Flow,
    flow_ji: Flow,
    *,
    visible_ij: Visible,
    visible_ji: Visible,
    width: int = 15,
    per_image: bool = True,
    classes: Classes = "present",
) -> Float[Tensor, ""]:
    """`L_bc`: near each frame's boundary the other frame, warped, should have its labels; in [0, 1].

    The Lovász-softmax loss in a band around the boundary of frame i's most probable labels, which get no
    gradient; the same on frame j's grid; the mean of the two. Lower is better.

    Args:
        probs_i: after softmax, of frame i.
        probs_j: of frame j.
        flow_ij: where each pixel of frame i lies in frame j, (dx, dy) in pixels.
        flow_ji: the way back, on frame j's grid.
        visible_ij: on frame i's grid, the pixels that can be tracked to frame j, {O}.
        visible_ji: the other way round.
        width: θ, the band's *total* width in pixels, odd.
        per_image: see `lovasz_softmax_loss`.
        classes: see `lovasz_softmax_loss`.

    Raises:
        InputError: `width` is not odd and positive.

    Source: Qian et al., Coherent loss: a generic framework for stable video segmentation, eq. 1.
    """
    require(width > 0 and width % 2 == 1, f"width: wanted an odd number of pixels above 0, got {width}")
    losses = []
    for target, other, flow, visible in (
        (probs_i, probs_j, flow_ij, visible_ij),
        (probs_j, probs_i, flow_ji, visible_ji),
    ):
        labels = target.argmax(1)
        where = band(label_edge(labels), width=width) & visible
        losses.append(
            lovasz_softmax_loss(
                warp_where(other, flow, visible), labels, where=where, per_image=per_image, classes=classes
            )
        )
    return (losses[0] + losses[1]) / 2


class BoundaryCoherencyLoss(nn.Module):
    """`boundary_coherency_loss` as a module."""

    def __init__(self, *, width: int = 15, per_image: bool = True, classes: Classes = "present") -> None:
        super().__init__()
        self.width = width
        self.per_image = per_image
        self.classes = classes

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
        """See `boundary_coherency_loss`."""
        return boundary_coherency_loss(
            probs_i,
            probs_j,
            flow_ij,
            flow_ji,
            visible_ij=visible_ij,
            visible_ji=visible_ji,
            width=self.width,
            per_image=self.per_image,
            classes=self.classes,
        )
