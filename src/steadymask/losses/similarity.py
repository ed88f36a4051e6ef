"""How alike the places of one map are to those of another, on a coarse grid: what distillation compares."""

import math

from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from steadymask.errors import require

FLOOR = 1e-4
"""Added, squared, to squared lengths: where a map is zero, its similarity is 0 and its gradient finite."""


def common_grid(
    first: Float[Tensor, "*n h w"], second: Float[Tensor, "*m h2 w2"], *, shrink: int
) -> tuple[int, int]:
    """The grid (h, w) on which two maps are compared: the larger one's, `shrink` times smaller.

    It has at least one place, and no more than the smaller map has.

    Raises:
        InputError: `shrink` is below 1.
    """
    require(shrink >= 1, f"shrink: wanted at least 1, got {shrink}")
    (h, w), (h2, w2) = first.shape[-2:], second.shape[-2:]
    return min(max(max(h, h2) // shrink, 1), h, h2), min(max(max(w, w2) // shrink, 1), w, w2)


def directions(x: Float[Tensor, "b c h w"], *, grid: tuple[int, int]) -> Float[Tensor, "b n c"]:
    """Average-pool a map to a grid and give the vector of each place unit length.

    The cosine similarity of every place with every other is then the product of two such matrices.
    """
    places = adaptive_avg_pool2d(x, grid).flatten(2).mT
    return places * (places.square().sum(2, keepdim=True) + FLOOR**2).rsqrt()


def squared_difference_of_similarities(
    student_i: Float[Tensor, "b n c"],
    student_j: Float[Tensor, "b n c"],
    teacher_i: Float[Tensor, "b n d"],
    teacher_j: Float[Tensor, "b n d"],
) -> Float[Tensor, "b"]:
    """The mean over all pairs of places of `(s_i·s_j − t_i·t_j)²`, without the n × n similarities.

    `‖S_i S_jᵀ‖²` is the product of the c × c matrices `S_iᵀS_i` and `S_jᵀS_j`, and so on. The three terms
    nearly cancel, hence double precision.
    """
    scale = 1 / math.sqrt(student_i.shape[1])
    s_i, s_j, t_i, t_j = (each.double() * scale for each in (student_i, student_j, teacher_i, teacher_j))
    of_student = ((s_i.mT @ s_i) * (s_j.mT @ s_j)).sum((1, 2))
    of_teacher = ((t_i.mT @ t_i) * (t_j.mT @ t_j)).sum((1, 2))
    of_both = ((s_i.mT @ t_i) * (s_j.mT @ t_j)).sum((1, 2))
    return (of_student - 2 * of_both + of_teacher).clamp(min=0).to(student_i.dtype)
