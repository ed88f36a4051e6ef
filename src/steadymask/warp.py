"""Bring one frame's picture onto another frame's grid, and say where that can be trusted."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import grid_sample

from steadymask.arrays import Flow, Visible


def positions(flow_ij: Flow) -> tuple[Float[Tensor, "b h w"], Float[Tensor, "b h w"]]:
    """Where each pixel of frame i lies in frame j, as columns x and rows y; centres are whole numbers."""
    height, width = flow_ij.shape[-2:]
    columns = torch.arange(width, dtype=flow_ij.dtype, device=flow_ij.device)
    rows = torch.arange(height, dtype=flow_ij.dtype, device=flow_ij.device)
    return flow_ij[:, 0] + columns, flow_ij[:, 1] + rows[:, None]


def warp(x_j: Float[Tensor, "b c h w"], flow_ij: Flow) -> Float[Tensor, "b c h w"]:
    """Bring frame j's picture onto frame i's grid: `out(x) = x_j(x + flow_ij(x))`, bilinear.

    Positions outside clamp to the border. Differentiable in both arguments. Class ids must not be
    interpolated: warp them with `warp_labels`.

    Args:
        x_j: any map of frame j.
        flow_ij: where each pixel of frame i lies in frame j, (dx, dy) in pixels.

    >>> shift = torch.zeros(1, 2, 1, 3); shift[:, 0] = 1  # every point moves one pixel right from i to j
    >>> warp(torch.tensor([[[[0.0, 1.0, 2.0]]]]), shift).tolist()
    [[[[1.0, 2.0, 2.0]]]]
    """
    height, width = flow_ij.shape[-2:]
    x, y = positions(flow_ij)
    x = x.mul_(2 / max(width - 1, 1)).sub_(1)
    y = y.mul_(2 / max(height - 1, 1)).sub_(1)
    # Stacked as two planes: the sampler reads them as fast as pairs, and they are written faster.
    grid = torch.stack((x, y), dim=1).permute(0, 2, 3, 1)
    if torch.is_grad_enabled() and (x_j.requires_grad or flow_ij.requires_grad):
        grid = torch.where(grid.isnan(), 0, grid)  # the way back through no number ends the process
    return grid_sample(x_j, grid.to(x_j.dtype), mode="bilinear", padding_mode="border", align_corners=True)


def warp_labels(labels_j: Int[Tensor, "b h w"], flow_ij: Flow) -> Int[Tensor, "b h w"]:
    """Bring frame j's labels onto frame i's grid by the nearest neighbour, clamped at the border.

    A position exactly between two pixels goes to the even one.
    """
    batch, height, width = labels_j.shape
    x, y = positions(flow_ij)
    columns = x.round_().clamp_(0, width - 1).int()
    rows = y.round_().clamp_(0, height - 1).int()
    first = torch.arange(batch, dtype=torch.int32, device=rows.device)[:, None, None] * (height * width)
    pixels = rows.mul_(width).add_(columns).add_(first)
    return labels_j.flatten().index_select(0, pixels.flatten()).view_as(labels_j)


def inside(flow_ij: Flow) -> Visible:
    """Pixels of frame i whose point lies inside frame j's picture: the pixel nearest to it exists."""
    height, width = flow_ij.shape[-2:]
    x, y = positions(flow_ij)
    return _nearest_exists(x, width) & _nearest_exists(y, height)


def _nearest_exists(places: Float[Tensor, "b h w"], size: int) -> Bool[Tensor, "b h w"]:
    """Whether places round to 0 … size − 1; halves round to even numbers, so that −0.5 does."""
    last = size - 0.5
    return (places >= -0.5).logical_and_(places <= last if size % 2 else places < last)


def motion_edges(flow_ij: Flow) -> Bool[Tensor, "b h w"]:
    """Pixels where the flow itself breaks: `|∇u|² + |∇v|² > 0.01 |w|² + 0.002`, forward differences.

    Source: Sundaram, Brox, Keutzer, Dense point trajectories by GPU-accelerated large displacement optical
        flow (2010).
    """
    right = torch.zeros_like(flow_ij)
    right[..., :, :-1] = flow_ij[..., :, 1:] - flow_ij[..., :, :-1]
    down = torch.zeros_like(flow_ij)
    down[..., :-1, :] = flow_ij[..., 1:, :] - flow_ij[..., :-1, :]
    gradient = right.square().sum(1) + down.square().sum(1)
    return gradient > 0.01 * flow_ij.square().sum(1) + 0.002


def visibility(
    flow_ij: Flow, flow_ji: Flow, *, motion_edges: bool = False, outside_is_visible: bool = False
) -> Visible:
    """On frame i's grid, the pixels that are also seen in frame j: going there and back leads home.

    A pixel counts iff its point stays inside frame j and
    `|flow_ij + flow_ji∘|² < 0.01 (|flow_ij|² + |flow_ji∘|²) + 0.5`, with `flow_ji∘` sampled where the
    point lies.

    Args:
        flow_ij: where each pixel of frame i lies in frame j, in pixels.
        flow_ji: the way back, on frame j's grid.
        motion_edges: also drop pixels where the flow itself breaks.
        outside_is_visible: leave out the inside test; sampling then clamps at the border.

    Source: Ruder, Dosovitskiy, Brox, Artistic style transfer for videos (2016), section 4; Azulay et al.,
        Temporally stable video segmentation without video annotations, section 3.
    """
    back = warp(flow_ji, flow_ij)
    size = _squared_length(flow_ij).add_(_squared_length(back))
    gap = _squared_length(back.add_(flow_ij))  # in place: fresh memory takes longer than the sums
    visible = gap < size.mul_(0.01).add_(0.5)
    if not outside_is_visible:
        visible &= inside(flow_ij)
    return visible & ~_motion_edges(flow_ij) if motion_edges else visible


def _squared_length(vectors: Flow) -> Float[Tensor, "b h w"]:
    return vectors[:, 0].square().add_(vectors[:, 1].square())


_motion_edges = motion_edges  # the parameter of `visibility` carries the same name


def photometric_confidence(
    frames_i: Float[Tensor, "b c h w"],
    frames_j: Float[Tensor, "b c h w"],
    flow_ij: Flow,
    *,
    gain: float = 255 / 20,
) -> Float[Tensor, "b h w"]:
    """How far frame j's colour agrees with frame i's along the flow, in (0, 1].

    It is `exp(−gain · mean_c |I_i − W(I_j)|)`.

    Args:
        frames_i: RGB in [0, 1].
        frames_j: RGB in [0, 1].
        flow_ij: where each pixel of frame i lies in frame j, in pixels.
        gain: at the default, a difference of 20 grey levels gives 1/e.

    Source: Liu et al., Efficient video segmentation models with per-frame inference, eq. 3.
    """
    return torch.exp(-gain * (frames_i - warp(frames_j, flow_ij)).abs().mean(1))
