"""Where labels meet: the one-pixel edge, its count, and bands around it."""

import torch
from jaxtyping import Bool, Int
from torch import Tensor
from torch.nn.functional import max_pool2d, pad


def label_edge(labels: Int[Tensor, "*n h w"] | Bool[Tensor, "*n h w"]) -> Bool[Tensor, "*n h w"]:
    """Pixels whose right, lower or lower-right neighbour has another label. Void (−1) makes no edge.

    Args:
        labels: class or object ids, or a mask.

    >>> label_edge(torch.tensor([[0, 0, 1], [0, 0, 1]])).int().tolist()
    [[0, 1, 0], [0, 1, 0]]
    """
    edge = torch.zeros_like(labels, dtype=torch.bool)
    masks = labels.dtype == torch.bool  # these know no void
    for here, there in (
        (labels[..., :, :-1], labels[..., :, 1:]),
        (labels[..., :-1, :], labels[..., 1:, :]),
        (labels[..., :-1, :-1], labels[..., 1:, 1:]),
    ):
        rows, columns = here.shape[-2:]
        differ = here ^ there if masks else (here != there) & ((here | there) >= 0)
        edge[..., :rows, :columns] |= differ
    return edge


def boundary_count(labels: Int[Tensor, "*n h w"]) -> Int[Tensor, "*n"]:
    """`N_bd`: how many pixels the edge of each label map has."""
    return label_edge(labels).sum((-2, -1))


def boundary_count_of_classes(labels: Int[Tensor, "h w"], *, classes: int) -> Int[Tensor, "k"]:
    """`N_bd` of each class against all others; one pass over the edge, however many classes there are.

    Args:
        labels: below `classes`; −1 is void.
        classes: how many classes there are.

    >>> boundary_count_of_classes(torch.tensor([[0, 1, 2], [0, 1, 2]]), classes=4).tolist()
    [2, 4, 2, 0]
    """
    padded = pad(labels, (0, 1, 0, 1), value=-1)
    y, x = label_edge(labels).nonzero(as_tuple=True)
    met = torch.stack([padded[y, x], padded[y, x + 1], padded[y + 1, x], padded[y + 1, x + 1]])
    counts = met.new_zeros(classes, dtype=torch.int64)
    for number, each in enumerate(met):
        # A pixel counts once for each class that meets there.
        new = (met[:number] != each).all(0) & (each >= 0)
        counts += each[new].bincount(minlength=classes)
    return counts


def band(edge: Bool[Tensor, "b h w"], *, width: int) -> Bool[Tensor, "b h w"]:
    """Pixels at a Chebyshev distance of at most `(width − 1) / 2` from the edge.

    Args:
        edge: where labels meet.
        width: the band's *total* width in pixels, odd.
    """
    reach = width // 2  # a square is a row of columns: far fewer comparisons
    columns = max_pool2d(edge[:, None].float(), (width, 1), stride=1, padding=(reach, 0))
    return max_pool2d(columns, (1, width), stride=1, padding=(0, reach))[:, 0] > 0
