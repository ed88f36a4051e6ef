"""The linear model of the guided filter: a mask, in each window, as a linear function of the colour."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from steadymask.filters.guided_windows import Windows

_PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))


def fit(
    guide: Float[Tensor, "t 3 h w"],
    probs: Float[Tensor, "t k h w"],
    weights: Float[Tensor, "t h w"] | None,
    *,
    windows: Windows,
    epsilon: Sequence[float],
) -> Float[Tensor, "k 4 i j"]:
    """Weighted ridge regression of the masks on the colours, in each window over all the frames given.

    `a = (Cov_w(I, I) + diag ε²)⁻¹ Cov_w(I, p)`, `b = ⟨p⟩ − a·⟨I⟩`, where `⟨x⟩ = Σ w x / Σ w` over the window.

    Args:
        guide: RGB in [0, 1].
        probs: the masks, each fitted by itself.
        weights: positive, the same for all masks; None: 1.
        windows: the windows in the picture.
        epsilon: one for each colour; a mask is not made to follow contrasts below it.

    Source: He, Sun, Tang, Guided image filtering (2013), eq. 14, 15; Azulay et al., section 5.4.
    """
    guide = guide - 0.5  # smaller numbers lose less when the squares are subtracted
    weighted = guide if weights is None else guide * weights[:, None]
    total = windows.pool(guide.new_full(guide.shape[2:], len(guide)) if weights is None else weights.sum(0))

    def mean(x: Float[Tensor, "t h w"], y: Float[Tensor, "t h w"]) -> Float[Tensor, "i j"]:
        return windows.pool(_dot(x, y)).div_(total)

    ones = torch.ones_like(guide[:, 0]) if weights is None else weights
    colour = [windows.pool(weighted[:, i].sum(0)).div_(total) for i in range(3)]
    variance = [
        mean(weighted[:, i], guide[:, j])
        .addcmul_(colour[i], colour[j], value=-1)
        .add_(epsilon[i] ** 2 * (i == j))
        for i, j in _PAIRS
    ]
    factors = _decompose(variance)
    models = []
    for k in range(probs.shape[1]):
        probability = mean(ones, probs[:, k])
        covariance = [
            mean(weighted[:, i], probs[:, k]).addcmul_(colour[i], probability, value=-1) for i in range(3)
        ]
        models.append(_model(_solve(factors, covariance), colour, probability))
    return torch.stack(models)


def _model(
    slope: Sequence[Float[Tensor, "i j"]],
    colour: Sequence[Float[Tensor, "i j"]],
    offset: Float[Tensor, "i j"],
) -> Float[Tensor, "4 i j"]:
    for each, mean in zip(slope, colour, strict=True):
        offset = offset - each * (mean + 0.5)
    return torch.stack((*slope, offset))


def predict(model: Float[Tensor, "4 h w"], guide: Float[Tensor, "3 h w"]) -> Float[Tensor, "h w"]:
    """The mask that a model gives for a picture: `a·I + b`."""
    red, green, blue, offset = model
    return torch.addcmul(offset, red, guide[0]).addcmul_(green, guide[1]).addcmul_(blue, guide[2])


def _dot(x: Float[Tensor, "t h w"], y: Float[Tensor, "t h w"]) -> Float[Tensor, "h w"]:
    total = x[0] * y[0]
    for t in range(1, len(x)):
        total = torch.addcmul(total, x[t], y[t])
    return total


def _decompose(matrix: Sequence[Float[Tensor, "i j"]]) -> list[Float[Tensor, "i j"]]:
    """`L D Lᵀ` of a symmetric positive definite 3 × 3 matrix at each place.

    Args:
        matrix: the entries 11, 12, 13, 22, 23, 33.

    Returns:
        The entries 21, 31, 32 of L and the three inverses of D.
    """
    m11, m12, m13, m22, m23, m33 = matrix
    e1 = 1 / m11
    l21, l31 = m12 * e1, m13 * e1
    e2 = 1 / torch.addcmul(m22, l21, m12, value=-1)
    rest = torch.addcmul(m23, l31, m12, value=-1)
    l32 = rest * e2
    e3 = 1 / torch.addcmul(m33, l31, m13, value=-1).addcmul_(l32, rest, value=-1)
    return [l21, l31, l32, e1, e2, e3]


def _solve(
    factors: Sequence[Float[Tensor, "i j"]], right: Sequence[Float[Tensor, "i j"]]
) -> list[Float[Tensor, "i j"]]:
    l21, l31, l32, e1, e2, e3 = factors
    y1 = right[0]
    y2 = torch.addcmul(right[1], l21, y1, value=-1)
    y3 = torch.addcmul(right[2], l31, y1, value=-1).addcmul_(l32, y2, value=-1)
    x3 = y3 * e3
    x2 = (y2 * e2).addcmul_(l32, x3, value=-1)
    x1 = (y1 * e1).addcmul_(l21, x2, value=-1).addcmul_(l31, x3, value=-1)
    return [x1, x2, x3]
