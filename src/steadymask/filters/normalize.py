"""Make probabilities of maps that were filtered one by one."""

import torch
from jaxtyping import Float
from torch import Tensor

from steadymask.arrays import PictureProbs


def normalize(maps: PictureProbs, otherwise: PictureProbs) -> PictureProbs:
    """Scale non-negative maps to sum 1 over the classes; the order of the classes at a pixel stays.

    Args:
        maps: any values; below 0 counts as 0.
        otherwise: probabilities to take where nothing is left.

    >>> normalize(torch.tensor([[[1.5]], [[0.5]]]), torch.tensor([[[1.0]], [[0.0]]])).flatten()
    tensor([0.7500, 0.2500])
    """
    maps = maps.clamp_min(0)
    total = maps.sum(0)
    return torch.where(total > 1e-6, maps / total.clamp_min(1e-6), otherwise)


def with_background(objects: Float[Tensor, "m h w"]) -> Float[Tensor, "m+1 h w"]:
    """Probabilities of all classes from those of the objects: the background is the rest.

    Where objects overlap they share the pixel, in proportion.

    >>> with_background(torch.tensor([[[0.5]], [[0.75]]])).flatten()
    tensor([0.0000, 0.4000, 0.6000])
    """
    if len(objects) == 1:  # nothing to share
        return torch.cat((1 - objects, objects))
    total = objects.sum(0, keepdim=True)
    return torch.cat(((1 - total).clamp_min(0), objects)) / total.clamp_min(1)
