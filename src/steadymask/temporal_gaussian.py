"""A Gaussian over time: its weights, and what becomes of them where the clip begins and ends."""

import torch
from jaxtyping import Float
from torch import Tensor

from steadymask.errors import require

TRUNCATE = 4.0
"""Where the kernel is cut off, in standard deviations (as `scipy.ndimage.gaussian_filter1d` does)."""


def gaussian_radius(sigma: float, *, truncate: float = TRUNCATE) -> int:
    """How many frames the kernel reaches to either side, at least one.

    Args:
        sigma: standard deviation, in frames.
        truncate: where the kernel is cut off, in standard deviations.
    """
    require(sigma > 0, f"sigma: wanted a positive number of frames, got {sigma}")
    return max(int(truncate * sigma + 0.5), 1)


def gaussian_weights(
    sigma: float, *, past: int | None = None, future: int | None = None, truncate: float = TRUNCATE
) -> Float[Tensor, "n"]:
    """The weights of the frames from `t − past` to `t + future`, oldest first; they sum to 1.

    Where the clip begins or ends within the kernel's reach, its first or last frame stands in for what is
    missing (border "nearest"): that frame gets the weight of all that would lie beyond it.

    Args:
        sigma: standard deviation, in frames.
        past: frames that exist before frame t; None for as many as the kernel reaches.
        future: frames that exist after frame t, likewise.
        truncate: where the kernel is cut off, in standard deviations.

    >>> gaussian_weights(1.0, past=0, future=1).tolist()
    [0.699..., 0.300...]
    """
    radius = gaussian_radius(sigma, truncate=truncate)
    offsets = torch.arange(-radius, radius + 1)
    weights = torch.exp(-0.5 * (offsets.double() / sigma) ** 2)
    before = radius if past is None else min(past, radius)
    after = radius if future is None else min(future, radius)
    folded = torch.zeros(before + 1 + after, dtype=torch.float64)
    folded.index_add_(0, offsets.clamp(-before, after) + before, weights / weights.sum())
    return folded.float()
