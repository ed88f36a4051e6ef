"""How two label maps agree, class by class: the counts that most scores of labels are made of."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Int
from numpy.typing import NDArray
from torch import Tensor

from steadymask.arrays import PictureFlow, PictureLabels
from steadymask.errors import require
from steadymask.warp import warp_labels

_FEW = 8


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Counts of the pixels where two label maps were compared, by class; the counts of several pairs add.

    Args:
        pixels: those the first map gives to each class.
        lost: of these, the ones that the second map gives to another class.
        gained: those the second map gives to the class and the first to another.
    """

    pixels: Int[Tensor, "k"]
    lost: Int[Tensor, "k"]
    gained: Int[Tensor, "k"]

    def __add__(self, other: "Agreement") -> "Agreement":
        return Agreement(
            pixels=self.pixels + other.pixels, lost=self.lost + other.lost, gained=self.gained + other.gained
        )

    @property
    def intersection(self) -> Int[Tensor, "k"]:
        """Pixels that both maps give to the class."""
        return self.pixels - self.lost

    @property
    def union(self) -> Int[Tensor, "k"]:
        """Pixels that either map gives to the class."""
        return self.pixels + self.gained

    @property
    def compared(self) -> int:
        """All pixels that were compared."""
        return int(self.pixels.sum())

    @property
    def differing(self) -> int:
        """The compared pixels whose two labels differ."""
        return int(self.lost.sum())


def agreement(
    first: PictureLabels, second: PictureLabels, *, classes: int, where: Bool[Tensor, "h w"] | None = None
) -> Agreement:
    """Compare two label maps on the pixels that are void in neither.

    Args:
        first: labels below `classes`; −1 is void.
        second: likewise, on the same grid.
        classes: how many classes there are.
        where: the pixels to compare; None for all.

    Raises:
        InputError: a label is not below `classes`.

    >>> one = agreement(torch.tensor([[0, 1, 1, -1]]), torch.tensor([[0, 1, 0, 1]]), classes=2)
    >>> one.intersection.tolist(), one.union.tolist()
    ([1, 1], [2, 2])
    """
    if classes <= _FEW and first.is_cpu:
        found = _one_by_one(first.numpy(), second.numpy(), None if where is None else where.numpy(), classes)
        if found is not None:
            return found
    known = (first | second) >= 0  # the sign of either
    if where is not None:
        known &= where
    differing = ((first != second) & known).flatten().nonzero()[:, 0]
    return Agreement(
        pixels=areas(first, classes=classes, where=known),
        lost=_count(first.flatten()[differing], classes),
        gained=_count(second.flatten()[differing], classes),
    )


def _one_by_one(
    first: Int[np.ndarray, "h w"],
    second: Int[np.ndarray, "h w"],
    where: Bool[np.ndarray, "h w"] | None,
    classes: int,
) -> Agreement | None:
    """The same, class after class; None where a label is not below `classes`.

    Comparing and counting bytes is ten times as fast as tallying labels; the background is what is left.
    """
    if max(_unsigned(each).max() for each in (first, second)) >= classes:  # void, or too large
        if max(first.max(), second.max()) >= classes:
            return None
        known = (first | second) >= 0
        where = known if where is None else known & where
    counts: list[tuple[int, ...]] = [(0, 0, 0)]
    for each in range(1, classes):
        ours, theirs = first == each, second == each
        if where is not None:
            ours &= where
            theirs &= where
        counts.append(tuple(int(np.count_nonzero(mask)) for mask in (ours, theirs, ours & theirs)))
    given, taken, shared = torch.tensor(counts, dtype=torch.int64).T.contiguous()
    compared = first.size if where is None else np.count_nonzero(where)
    objects = shared[1] if classes == 2 else _objects_in_both(first, second, where)
    given[0], taken[0] = compared - given.sum(), compared - taken.sum()
    shared[0] = given[0] + taken[0] + objects - compared
    return Agreement(pixels=given, lost=given - shared, gained=taken - shared)


def _unsigned(labels: Int[np.ndarray, "h w"]) -> NDArray[np.unsignedinteger[Any]]:
    """The same bits: what is below zero is above everything."""
    unsigned: NDArray[np.unsignedinteger[Any]] = labels.view(f"u{labels.itemsize}")
    return unsigned


def _objects_in_both(
    first: Int[np.ndarray, "h w"], second: Int[np.ndarray, "h w"], where: Bool[np.ndarray, "h w"] | None
) -> int:
    both = (first > 0) & (second > 0)
    return int(np.count_nonzero(both if where is None else both & where))


def warped_agreement(
    labels_i: PictureLabels,
    labels_j: PictureLabels,
    flow_ij: PictureFlow,
    *,
    visible_ij: Bool[Tensor, "h w"],
    classes: int,
) -> Agreement:
    """Compare frame i's labels with frame j's, brought onto i's grid by the nearest neighbour.

    Args:
        labels_i: labels below `classes`; −1 is void.
        labels_j: likewise.
        flow_ij: where each pixel of frame i lies in frame j, (dx, dy) in pixels.
        visible_ij: on frame i's grid, the pixels that are also seen in frame j; only these are compared.
        classes: how many classes there are.
    """
    return agreement(
        labels_i, warp_labels(labels_j[None], flow_ij[None])[0], classes=classes, where=visible_ij
    )


def areas(
    labels: PictureLabels, *, classes: int, where: Bool[Tensor, "h w"] | None = None
) -> Int[Tensor, "k"]:
    """Count the pixels of each class; void (−1) is none.

    Args:
        labels: below `classes`; −1 is void.
        classes: how many classes there are.
        where: the pixels to count; None for all.

    Raises:
        InputError: a label is not below `classes`.
    """
    if classes >= torch.iinfo(labels.dtype).max:
        labels = labels.int()
    shifted = labels + 1  # what is left out becomes 0: far cheaper than picking the rest
    if where is not None:
        shifted *= where
    return _count(shifted.flatten(), classes + 1)[1:]


def _count(labels: Int[Tensor, "n"], classes: int) -> Int[Tensor, "k"]:
    counts = labels.bincount(minlength=classes)
    above = len(counts) - classes
    require(above == 0, f"labels: wanted no id above the last class, got one {above} above it")
    return counts
