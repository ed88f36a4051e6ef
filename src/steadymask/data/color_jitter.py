"""Other light on a picture: one map of colors for every pixel, so that frames of a pair change alike."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

_YIQ = torch.tensor(
    [[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]], dtype=torch.float64
)


@dataclass(frozen=True, kw_only=True)
class ColorJitter:
    """A change of colors that depends on nothing but the color itself: the same color stays the same.

    Args:
        brightness: factor on all channels.
        contrast: factor on the distance to middle grey (0.5).
        saturation: factor on the distance to grey of the same luma; 0 leaves grey.
        hue: turn about the grey axis, in radians.
    """

    brightness: float = 1.0
    contrast: float = 1.0
    saturation: float = 1.0
    hue: float = 0.0


def jittered(picture: Float[Tensor, "*batch 3 h w"], jitter: ColorJitter) -> Float[Tensor, "*batch 3 h w"]:
    """Apply it to RGB in [0, 1]; what leaves that range is clamped. Without any change, the picture itself.

    It is `contrast · (brightness · M rgb − 0.5) + 0.5`, M turning and stretching the colors of YIQ.
    """
    if jitter == ColorJitter():
        return picture
    chroma, cos, sin = torch.eye(3, dtype=torch.float64), math.cos(jitter.hue), math.sin(jitter.hue)
    chroma[1:, 1:] = jitter.saturation * torch.tensor([[cos, -sin], [sin, cos]], dtype=torch.float64)
    colors = torch.linalg.inv(_YIQ) @ chroma @ _YIQ * (jitter.contrast * jitter.brightness)
    moved = torch.einsum("ij,...jhw->...ihw", colors.to(picture), picture)
    return (moved + 0.5 * (1 - jitter.contrast)).clamp(0, 1)
