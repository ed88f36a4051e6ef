"""Maps brought to another size, as all networks here do it."""

import torch.nn.functional as F  # noqa: N812  # PyTorch's own name for it
from jaxtyping import Float
from torch import Tensor


def resized(
    x: Float[Tensor, "b c i j"], size: tuple[int, int], *, align_corners: bool = True
) -> Float[Tensor, "b c h w"]:
    """Bilinear resampling.

    Args:
        x: maps.
        size: wanted, (h, w).
        align_corners: whether the centers of the corner pixels stay where they are; False where published
            weights were trained so.
    """
    return F.interpolate(x, size, mode="bilinear", align_corners=align_corners)
