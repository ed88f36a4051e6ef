"""Qualification clips: a truth spoiled along two separate axes, how right it is and how steady it is.

People who rate steadiness are shown such clips, to see whether they tell the two apart; a measure of
steadiness can be held to the same.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from steadymask.arrays import PictureFlow, PictureLabels
from steadymask.errors import require
from steadymask.warp import warp_labels

EROSIONS = (0, 10, 20)
"""The levels of the first axis, in pixels: ever less right."""

DISPLACEMENTS = (0.0, 4.0, 8.0)
"""The levels of the second axis, in pixels: ever less steady."""


@dataclass(frozen=True, kw_only=True)
class Qualification:
    """How far a truth is spoiled. Both zero change nothing.

    Args:
        erosion: how many pixels every object loses on the side that faces one direction, which is the same in
            all frames: the masks are wrong, and keep still.
        displacement: how far the nodes of a grid are moved, in pixels, each in a direction that is drawn anew
            in each frame; between nodes it is affine on triangles. The masks are nearly right, and shake.
        cell: distance of the nodes, in pixels; the paper does not say.
    """

    erosion: int = 0
    displacement: float = 0.0
    cell: int = 32

    def __post_init__(self) -> None:
        """Check the settings."""
        require(self.erosion >= 0, f"erosion: wanted at least 0 pixels, got {self.erosion}")
        require(self.cell >= 1, f"cell: wanted at least 1 pixel, got {self.cell}")
        # Below it no two nodes pass each other, so that no mask is folded over.
        most = self.cell / 2
        require(
            0 <= self.displacement < most,
            f"displacement: wanted at least 0 and less than half a cell ({most:g} pixels), "
            f"got {self.displacement:g}",
        )


def qualification_clip(
    truth: Iterable[PictureLabels], *, seed: int, spoiled: Qualification
) -> Iterator[PictureLabels]:
    """Spoil a stream of label maps frame by frame, in constant memory.

    Void (−1) stays where it is. A seed means the same directions at every level, so that the clips of one
    seed differ in nothing but how far they are spoiled.

    Args:
        truth: label maps of one size, in time order; 0 is background, −1 void.
        seed: of all directions.
        spoiled: how far.

    Source: Azulay et al., Temporally stable video segmentation without video annotations, section 4.1.
    """
    generator = torch.Generator().manual_seed(seed)
    angle = _angles((), generator)
    for labels in truth:
        height, width = labels.shape
        nodes = ((height - 1) // spoiled.cell + 2, (width - 1) // spoiled.cell + 2)
        directions = _angles(nodes, generator)
        moved = spoiled.displacement * torch.stack((directions.cos(), directions.sin()))
        wrong = eroded(labels, pixels=spoiled.erosion, angle=float(angle))
        yield displaced(wrong, piecewise_affine(moved, size=(height, width), cell=spoiled.cell))


def eroded(labels: PictureLabels, *, pixels: int, angle: float) -> PictureLabels:
    """Take pixels from every object on the side that faces one direction.

    A pixel of an object becomes background where another label is met within so many pixels in that
    direction. The picture's border and void take nothing.

    Args:
        labels: 0 is background, −1 void.
        pixels: how many.
        angle: 0 is to the right, π/2 down.

    >>> eroded(torch.tensor([[0, 1, 1, 1, 0]]), pixels=1, angle=0.0).tolist()
    [[0, 1, 1, 0, 0]]
    """
    height, width = labels.shape
    rows, columns = torch.arange(height), torch.arange(width)
    lost = torch.zeros_like(labels, dtype=torch.bool)
    for step in range(1, pixels + 1):
        down, right = round(step * math.sin(angle)), round(step * math.cos(angle))
        there = labels[(rows + down).clamp(0, height - 1)][:, (columns + right).clamp(0, width - 1)]
        lost |= (there != labels) & (there >= 0)
    return labels.masked_fill(lost & (labels > 0), 0)


def piecewise_affine(
    nodes: Float[Tensor, "2 rows columns"], *, size: tuple[int, int], cell: int
) -> PictureFlow:
    """Displacements between the nodes of a grid, affine on the two triangles of each cell.

    Args:
        nodes: (dx, dy) in pixels at every multiple of `cell`, as far as the first beyond the picture.
        size: (h, w) of the picture.
        cell: distance of the nodes, in pixels.
    """
    y, x = (torch.arange(length) / cell for length in size)
    top, left = y.long(), x.long()
    down, across = (y - top)[:, None], x - left
    upper_left, upper_right, lower_left, lower_right = (
        nodes[:, top + below][:, :, left + beside] for below in (0, 1) for beside in (0, 1)
    )
    above = upper_left + across * (upper_right - upper_left) + down * (lower_right - upper_right)
    below = upper_left + down * (lower_left - upper_left) + across * (lower_right - lower_left)
    return torch.where(across >= down, above, below)


def displaced(labels: PictureLabels, displacement: PictureFlow) -> PictureLabels:
    """Let every pixel have the label that lies where its displacement points, by the nearest neighbor.

    Void stays where it is, and spreads nowhere.

    Args:
        labels: 0 is background, −1 void.
        displacement: (dx, dy) in pixels.
    """
    moved = warp_labels(labels[None], displacement[None])[0]
    return torch.where((moved < 0) | (labels < 0), labels, moved)


def _angles(shape: tuple[int, ...], generator: torch.Generator) -> Float[Tensor, "*shape"]:
    return 2 * math.pi * torch.rand(shape, generator=generator)
