"""Where labels meet: the one-pixel edge, its count, and bands around it."""

import torch
from jaxtyping import Bool, Int
from torch import Tensor
from torch.nn.functional import max_pool2d


def label_edge(labels: Int[Tensor, "*n h w"]) -> Bool[Tensor, "*n h w"]:
    """Pixels whose right, lower or lower-right neighbour has another label. Void (−1) makes no edge.

    >>> label_edge(torch.tensor([[0, 0, 1], [0, 0, 1]])).int().tolist()
    [[0, 1, 0], [0, 1, 0]]
    """
    edge = torch.zeros_like(labels, dtype=torch.bool)
    known = labels >= 0
    for here, there in (
        (labels[..., :, :-1], labels[..., :, 1:]),
        (labels[..., :-1, :], labels[..., 1:, :]),
        (labels[..., :-1, :-1], labels[..., 1:, 1:]),
    ):
        rows, columns = here.shape[-2:]
        edge[..., :rows, :columns] |= (here != there) & (here >= 0) & (there >= 0)
    return edge & known


def boundary_count(labels: Int[Tensor, "*n h w"]) -> Int[Tensor, "*n"]:
    """`N_bd`: how many pixels the edge of each label map has."""
    return label_edge(labels).sum((-2, -1))


def band(edge: Bool[Tensor, "b h w"], *, width: int) -> Bool[Tensor, "b h w"]:
    """Pixels at a Chebyshev distance of at most `(width − 1) / 2` from the edge: a band of *total* width `width`."""
    return max_pool2d(edge[:, None].float(), width, stride=1, padding=width // 2)[:, 0] > 0
