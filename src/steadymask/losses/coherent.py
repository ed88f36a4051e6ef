"""Coherent loss: neighboring frames supervise each other, near their boundaries and where they are surer."""

from jaxtyping import Float
from torch import Tensor, nn

from steadymask.arrays import Flow, Visible
from steadymask.losses.boundary_coherency import boundary_coherency_loss
from steadymask.losses.global_coherency import PRINTED_PIXELS, Reduction, global_coherency_loss
from steadymask.losses.lovasz import Classes
from steadymask.warp import inside


def coherent_loss(
    probs_i: Float[Tensor, "b k h w"],
    probs_j: Float[Tensor, "b k h w"],
    flow_ij: Flow,
    flow_ji: Flow,
    *,
    visible_ij: Visible,
    visible_ji: Visible,
    tracked_ij: Visible | None = None,
    tracked_ji: Visible | None = None,
    boundary_weight: float = 1.0,
    global_weight: float = 5e-5,
    width: int = 15,
    threshold: float = 5e-2,
    absolute: bool = False,
    reduction: Reduction = "sum",
    scale: int | None = PRINTED_PIXELS,
    per_image: bool = True,
    classes: Classes = "present",
) -> Float[Tensor, ""]:
    """`α L_bc + β L_gc`, to be added to the supervised loss; from 0, lower is better.

    The defaults are the paper's for SCHP. For CRN on DAVIS α = 0.1, β = 5e-6; for PSPNet on Cityscapes
    γ = 0.3, α = 2e-2, β = 0.3, the last with `reduction="mean"`.

    Args:
        probs_i: after softmax, of frame i.
        probs_j: of frame j.
        flow_ij: where each pixel of frame i lies in frame j, (dx, dy) in pixels.
        flow_ji: the way back, on frame j's grid.
        visible_ij: on frame i's grid, the pixels that are also seen in frame j, {Õ}: for the global term.
        visible_ji: the other way round.
        tracked_ij: those that can be tracked at all, {O}: for the boundary term. None for all whose flow is
            finite and ends inside the picture.
        tracked_ji: the other way round.
        boundary_weight: α.
        global_weight: β.
        width: θ, see `boundary_coherency_loss`.
        threshold: γ, see `global_coherency_loss`.
        absolute: see `global_coherency_loss`.
        reduction: see `global_coherency_loss`.
        scale: see `global_coherency_loss`.
        per_image: see `lovasz_softmax_loss`.
        classes: see `lovasz_softmax_loss`.

    Raises:
        InputError: `width` is not odd and positive.

    Source: Qian et al., eq. 3 without its first term.
    """
    tracked_ij = inside(flow_ij) if tracked_ij is None else tracked_ij
    tracked_ji = inside(flow_ji) if tracked_ji is None else tracked_ji
    predicted = (probs_i, probs_j, flow_ij, flow_ji)
    boundary = boundary_coherency_loss(
        *predicted,
        visible_ij=tracked_ij,
        visible_ji=tracked_ji,
        width=width,
        per_image=per_image,
        classes=classes,
    )
    everywhere = global_coherency_loss(
        *predicted,
        visible_ij=visible_ij,
        visible_ji=visible_ji,
        threshold=threshold,
        absolute=absolute,
        reduction=reduction,
        scale=scale,
    )
    return boundary_weight * boundary + global_weight * everywhere


class CoherentLoss(nn.Module):
    """`coherent_loss` as a module."""

    def __init__(
        self,
        *,
        boundary_weight: float = 1.0,
        global_weight: float = 5e-5,
        width: int = 15,
        threshold: float = 5e-2,
        absolute: bool = False,
        reduction: Reduction = "sum",
        scale: int | None = PRINTED_PIXELS,
        per_image: bool = True,
        classes: Classes = "present",
    ) -> None:
        super().__init__()
        self.boundary_weight = boundary_weight
        self.global_weight = global_weight
        self.width = width
        self.threshold = threshold
        self.absolute = absolute
        self.reduction = reduction
        self.scale = scale
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
        tracked_ij: Visible | None = None,
        tracked_ji: Visible | None = None,
    ) -> Float[Tensor, ""]:
        """See `coherent_loss`."""
        return coherent_loss(
            probs_i,
            probs_j,
            flow_ij,
            flow_ji,
            visible_ij=visible_ij,
            visible_ji=visible_ji,
            tracked_ij=tracked_ij,
            tracked_ji=tracked_ji,
            boundary_weight=self.boundary_weight,
            global_weight=self.global_weight,
            width=self.width,
            threshold=self.threshold,
            absolute=self.absolute,
            reduction=self.reduction,
            scale=self.scale,
            per_image=self.per_image,
            classes=self.classes,
        )
