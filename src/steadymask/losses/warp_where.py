"""Warp along a flow that only holds on some pixels."""

import torch
from jaxtyping import Float
from torch import Tensor

from steadymask.arrays import Flow, Visible
from steadymask.warp import warp


def warp_where(x_j: Float[Tensor, "b c h w"], flow_ij: Flow, visible_ij: Visible) -> Float[Tensor, "b c h w"]:
    """`warp`, but with no flow where a pixel does not count.

    A NaN in the flow spoils the gradient of other pixels, and may crash PyTorch's sampler on the way back.

    Args:
        x_j: any map of frame j.
        flow_ij: where each pixel of frame i lies in frame j, in pixels; anything where not visible.
        visible_ij: on frame i's grid, the pixels that count.
    """
    return warp(x_j, torch.where(visible_ij[:, None], flow_ij, 0))
