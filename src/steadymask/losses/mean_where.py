"""The mean over the pixels of each picture that count."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def mean_where(values: Float[Tensor, "b h w"], where: Bool[Tensor, "b h w"]) -> Float[Tensor, "b"]:
    """The mean over the chosen pixels of each picture; 0 where none is chosen.

    What is left out may be anything, even NaN, and gets no gradient.

    Args:
        values: any map.
        where: the pixels that count.

    >>> pictures = torch.tensor([[[1.0, 3.0, 8.0]], [[5.0, 5.0, 5.0]]])
    >>> mean_where(pictures, torch.tensor([[[True, True, False]], [[False] * 3]])).tolist()
    [2.0, 0.0]
    """
    return torch.where(where, values, 0).sum((1, 2)) / where.sum((1, 2)).clamp(min=1)
