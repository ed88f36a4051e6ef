"""Which proposal stands for which object of the truth, over a whole clip: the best one-to-one matching."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from steadymask.arrays import PictureLabels
from steadymask.metrics.boundary_f import TOLERANCE, boundary_f_of_all_pairs
from steadymask.metrics.jaccard import jaccard_of_all_pairs


@dataclass(frozen=True, kw_only=True)
class AllPairs:
    """J and F of every proposal with every object, frame by frame; those of later frames are appended.

    Args:
        jaccard: row p is proposal p, row 0 an empty mask; column n − 1 is object n.
        boundary_f: likewise.
    """

    jaccard: Float[Tensor, "t p n"]
    boundary_f: Float[Tensor, "t p n"]

    def __add__(self, other: "AllPairs") -> "AllPairs":
        return AllPairs(
            jaccard=torch.cat((self.jaccard, other.jaccard)),
            boundary_f=torch.cat((self.boundary_f, other.boundary_f)),
        )


@dataclass(frozen=True, kw_only=True)
class Matched:
    """The objects of a clip, each with its proposal.

    Args:
        proposals: the proposal of each object; 0 where none was left for it.
        jaccard: J of each object with its proposal.
        boundary_f: F likewise.
    """

    proposals: tuple[int, ...]
    jaccard: Float[Tensor, "t n"]
    boundary_f: Float[Tensor, "t n"]


def all_pairs(
    labels: PictureLabels, truth: PictureLabels, *, proposals: int, objects: int, tolerance: float = TOLERANCE
) -> AllPairs:
    """Compare every proposal with every object, in one frame.

    Args:
        labels: up to `proposals`; −1 is void.
        truth: up to `objects`; likewise.
        proposals: how many proposals the clip has.
        objects: how many objects the truth has.
        tolerance: of F, as a share of the picture's diagonal.

    Raises:
        InputError: a label is above `proposals`, or one of the truth above `objects`.
    """
    jaccard = jaccard_of_all_pairs(labels, truth, proposals=proposals, objects=objects)
    boundary_f = boundary_f_of_all_pairs(
        labels, truth, proposals=proposals, objects=objects, tolerance=tolerance
    )
    return AllPairs(jaccard=jaccard[None], boundary_f=boundary_f[None])


def matched(pairs: AllPairs) -> Matched:
    """Match objects with proposals so that the sum of their mean (J + F)/2 is largest.

    A proposal stands for one object at most; objects in excess of the proposals are scored against an empty
    mask, and proposals in excess of the objects cost nothing.

    Args:
        pairs: of all frames of the clip.

    Source: Caelles et al., The 2019 DAVIS challenge on VOS: unsupervised multi-object segmentation.
    """
    worth = ((pairs.jaccard + pairs.boundary_f) / 2).mean(0)
    proposals, objects = len(worth) - 1, worth.shape[1]
    rows = [*range(1, proposals + 1), *[0] * max(objects - proposals, 0)]
    chosen, columns = linear_sum_assignment(worth[rows].numpy(), maximize=True)
    of_object = {int(column): rows[row] for row, column in zip(chosen, columns, strict=True)}
    ids = [of_object[column] for column in range(objects)]
    return Matched(
        proposals=tuple(ids),
        jaccard=pairs.jaccard[:, ids, range(objects)],
        boundary_f=pairs.boundary_f[:, ids, range(objects)],
    )
