"""Mattes beside their truth, and the pixels where the two are compared."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool
from torch import Tensor

from steadymask.arrays import Alpha
from steadymask.errors import require


@dataclass(frozen=True, kw_only=True)
class MattePair:
    """Mattes and their truth, frame by frame.

    Args:
        alpha: 0 where void.
        truth: likewise.
        scored: the pixels whose error counts.
    """

    alpha: Alpha
    truth: Alpha
    scored: Bool[Tensor, "b h w"]


def matte_pair(
    alpha: Alpha,
    truth: Alpha,
    *,
    unknown: Bool[Tensor, "b h w"] | None = None,
    valid: Bool[Tensor, "b h w"] | None = None,
) -> MattePair:
    """Check mattes and their truth, and find the pixels where they are compared.

    Args:
        alpha: in [0, 1].
        truth: likewise, of the same frames.
        unknown: the region between trimap's background and foreground, where errors count; None for the whole
            picture. What lies outside is still seen by the pixels beside it.
        valid: false where void; what stands there is never looked at. None where nothing is.

    Raises:
        InputError: a matte leaves [0, 1].
    """
    scored = torch.ones_like(truth, dtype=torch.bool) if unknown is None else unknown
    if valid is not None:
        scored = scored & valid
        alpha, truth = alpha.where(valid, 0), truth.where(valid, 0)
    for name, each in (("alpha", alpha), ("truth", truth)):
        low, high = map(float, each.aminmax()) if each.numel() else (0.0, 0.0)
        require(low >= 0 and high <= 1, f"{name}: wanted values in [0, 1], got {low:g} to {high:g}")
    return MattePair(alpha=alpha, truth=truth, scored=scored)
