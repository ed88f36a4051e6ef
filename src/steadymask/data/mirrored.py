"""A picture that goes on beyond its borders as its own mirror image, read at any point."""

import torch
from jaxtyping import Float, Int, Int64
from torch import Tensor

from steadymask.arrays import Picture, PictureLabels
from steadymask.data.similarity import Coordinates


def picture_at(picture: Picture, x: Coordinates, y: Coordinates) -> Float[Tensor, "3 *points"]:
    """The color at each point (x, y), bilinear, 0 to 255.

    The border pixels themselves are not doubled: beyond the last column comes the last but one.
    """
    height, width = picture.shape[1:]
    x, y = _inside(x, width), _inside(y, height)
    left, top = x.floor(), y.floor()
    toward_right, toward_bottom = (x - left).float(), (y - top).float()
    right, bottom = (left + 1).clamp(max=width - 1), (top + 1).clamp(max=height - 1)
    colors = picture.flatten(1)

    def at(column: Coordinates, row: Coordinates) -> Float[Tensor, "3 *points"]:
        return colors[:, _index(column, row, width)].float()

    # Written out: a sampler that fuses products and sums rounds differently on different processors.
    upper = at(left, top) + (at(right, top) - at(left, top)) * toward_right
    lower = at(left, bottom) + (at(right, bottom) - at(left, bottom)) * toward_right
    return upper + (lower - upper) * toward_bottom


def labels_at(labels: PictureLabels, x: Coordinates, y: Coordinates) -> Int[Tensor, "*points"]:
    """The label of the pixel nearest to each point (x, y); exactly between two, that of the even one."""
    height, width = labels.shape
    # Rounded first: a point that lies half a pixel outside belongs to the border pixel either way.
    return labels.flatten()[_index(_inside(x.round(), width), _inside(y.round(), height), width)]


def _inside(position: Coordinates, count: int) -> Coordinates:
    """Fold positions into 0 … count − 1."""
    if count == 1:
        return torch.zeros_like(position)
    period = 2.0 * (count - 1)
    folded = position - period * (position / period).floor()
    return torch.minimum(folded, period - folded).clamp(0, count - 1)


def _index(column: Coordinates, row: Coordinates, width: int) -> Int64[Tensor, "*points"]:
    return row.long() * width + column.long()
