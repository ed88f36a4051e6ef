"""Transform invariance: what is predicted should move as the picture is moved."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from steadymask.arrays import Flow
from steadymask.errors import require
from steadymask.warp import inside, warp

Affine = Float[Tensor, "b 2 3"]
"""`affine_ij`: takes a point (x, y, 1) of picture i, in pixels from its center, to its place in picture j."""

Form = Literal["norm", "mean_square"]


@dataclass(frozen=True, kw_only=True)
class AffineLimits:
    """How far a random affine map may go; each part is drawn evenly from −limit to limit.

    The defaults are those of the released code of transformation consistency regularization (Mustafa,
    Mantiuk, 2020), the successor of the method.

    Args:
        translation: in pixels, in x and in y.
        rotation: in radians.
        zoom: by this factor or its inverse, at most; 1 for none.
        shear: in radians, in x and in y.

    Raises:
        InputError: a limit is negative, `zoom` is below 1, or `shear` reaches π/4, where both could flatten
            the picture.
    """

    translation: float = 6.0
    rotation: float = math.radians(10)
    zoom: float = 1.0
    shear: float = math.radians(10)

    def __post_init__(self) -> None:
        require(self.translation >= 0, f"translation: wanted at least 0 pixels, got {self.translation}")
        require(self.rotation >= 0, f"rotation: wanted at least 0 radians, got {self.rotation}")
        require(self.zoom >= 1, f"zoom: wanted a factor of at least 1, got {self.zoom}")
        require(0 <= self.shear < math.pi / 4, f"shear: wanted 0 to below π/4 radians, got {self.shear}")


def random_affine(
    batch: int, *, limits: AffineLimits | None = None, generator: torch.Generator | None = None
) -> Affine:
    """Draw one affine map for each picture of a batch, in single precision, on the CPU.

    Args:
        batch: how many pictures.
        limits: None for the defaults.
        generator: on the CPU; None for torch's own.
    """
    limits = limits or AffineLimits()
    drawn = torch.rand(batch, 6, generator=generator) * 2 - 1
    angle = drawn[:, 0] * limits.rotation
    zoom = (drawn[:, 1] * math.log(limits.zoom)).exp()
    shear_x, shear_y = (drawn[:, 2:4] * limits.shear).tan().unbind(1)
    one, cos, sin = torch.ones(batch), angle.cos(), angle.sin()
    turned = torch.stack([cos, -sin, sin, cos], dim=1).view(batch, 2, 2)
    sheared = torch.stack([one, shear_x, shear_y, one], dim=1).view(batch, 2, 2)
    shift = drawn[:, 4:, None] * limits.translation
    return torch.cat([zoom[:, None, None] * turned @ sheared, shift], dim=2)


def affine_flow(affine_ij: Affine, *, size: tuple[int, int]) -> Flow:
    """The affine map as a flow: where each pixel of picture i lies in picture j, (dx, dy) in pixels.

    `warp(frames_j, affine_flow(affine_ij, size=size))` is A(x), the moved pictures.

    Args:
        affine_ij: see `Affine`.
        size: (h, w).

    >>> shift = torch.tensor([[[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]]])
    >>> affine_flow(shift, size=(2, 3))[0, :, 1, 2].tolist()
    [2.0, -1.0]
    """
    height, width = size
    x = torch.arange(width, dtype=affine_ij.dtype, device=affine_ij.device) - (width - 1) / 2
    y = torch.arange(height, dtype=affine_ij.dtype, device=affine_ij.device) - (height - 1) / 2
    points = torch.stack([x.expand(height, width), y[:, None].expand(height, width)])
    linear = affine_ij[:, :, :2] - torch.eye(2, dtype=affine_ij.dtype, device=affine_ij.device)
    return torch.einsum("bij,jhw->bihw", linear, points) + affine_ij[:, :, 2, None, None]


def transform_invariance_loss(
    probs_i: Float[Tensor, "b k h w"],
    probs_j: Float[Tensor, "b k h w"],
    affine_ij: Affine,
    *,
    form: Form = "norm",
) -> Float[Tensor, ""]:
    """TI: `‖f(A(x)) − A(f(x))‖₂` over the pixels that A finds in the picture, averaged over pictures; from 0.

    Lower is better. Both predictions get gradient.

    Args:
        probs_i: f(A(x)), what is predicted for the moved picture.
        probs_j: f(x), what is predicted for the picture itself.
        affine_ij: A, as drawn by `random_affine`: where the moved picture's pixels lie in the picture.
        form: `norm` is as printed, the root of the sum of squares over classes and pixels of a picture, which
            grows with its size; `mean_square` is the mean over pixels of the sum over classes.

    Source: Eilertsen, Mantiuk, Unger, Single-frame regularization for temporally stable CNNs (2019); Azulay
        et al., Temporally stable video segmentation without video annotations, eq. 1.
    """
    flow_ij = affine_flow(affine_ij.to(probs_j), size=(probs_j.shape[2], probs_j.shape[3]))
    valid = inside(flow_ij)[:, None]
    difference = torch.where(valid, probs_i - warp(probs_j, flow_ij), 0)
    if form == "norm":
        norms: Tensor = torch.linalg.vector_norm(difference.flatten(1), dim=1)
        return norms.mean()
    return (difference.square().sum((1, 2, 3)) / valid.sum((1, 2, 3)).clamp(min=1)).mean()


class TransformInvarianceLoss(nn.Module):
    """`transform_invariance_loss` as a module."""

    def __init__(self, *, form: Form = "norm") -> None:
        super().__init__()
        self.form = form

    def forward(
        self, probs_i: Float[Tensor, "b k h w"], probs_j: Float[Tensor, "b k h w"], affine_ij: Affine
    ) -> Float[Tensor, ""]:
        """See `transform_invariance_loss`."""
        return transform_invariance_loss(probs_i, probs_j, affine_ij, form=self.form)
