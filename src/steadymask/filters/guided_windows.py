"""The windows of the guided filter in the picture: boxes around every pixel, or cells of a coarse grid."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import log2
from typing import Protocol, runtime_checkable

import cv2
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate, pad

Map = Float[Tensor, "h w"]
Models = Sequence[Float[Tensor, "4 i j"]]
"""The linear models (slope for red, green, blue; offset) of some windows in time, at each place."""


@runtime_checkable
class Windows(Protocol):
    """Where the linear models stand, which pixels each is fitted to, how a pixel combines those it is in."""

    def pool(self, values: Map) -> Float[Tensor, "i j"]:
        """Gather values over each window: a sum whose weights are the same for all values."""
        ...

    def combine(
        self, models: Models, weights: Sequence[Map] | None, size: tuple[int, int]
    ) -> Float[Tensor, "4 h w"]:
        """Mean, at each pixel of a picture of `size`, of the models whose windows it lies in."""
        ...


@dataclass(frozen=True, kw_only=True)
class BoxWindows:
    """One box of `size` × `size` pixels for every pixel, cut off at the picture's border.

    An even box has no middle: that of pixel x holds `x − size/2 … x + size/2 − 1` in either direction. As a
    pixel combines *all* boxes that it lies in, those of `x − size/2 + 1 … x + size/2`, nothing shifts.
    """

    size: int

    def pool(self, values: Map) -> Map:
        """Sum of the values over the box of each pixel."""
        return box_sum(values, before=self.size // 2, after=(self.size - 1) // 2)

    def combine(
        self, models: Models, weights: Sequence[Map] | None, size: tuple[int, int]
    ) -> Float[Tensor, "4 h w"]:
        """Mean of the models of all boxes that a pixel lies in, each with the weight of its own pixel."""
        if weights is None:
            total = models[0].new_full(size, len(models))
            weighted = reduce(torch.add, models)
        else:
            total = reduce(torch.add, weights)
            weighted = reduce(
                torch.add, (model * weight for model, weight in zip(models, weights, strict=True))
            )
        share = 1 / self._spread(total)
        return torch.stack([self._spread(each).mul_(share) for each in weighted])

    def _spread(self, values: Map) -> Map:
        return box_sum(values, before=(self.size - 1) // 2, after=self.size // 2)


@dataclass(frozen=True, kw_only=True)
class PyramidWindows:
    """One soft window for every `size` × `size` pixels, overlapping the next: made small, and large again.

    Its cost does not grow with the size. The models are not weighted when they are combined.

    Source: Liba et al., Sky optimization (2020), section 3.2, and its published code.
    """

    size: int

    def pool(self, values: Map) -> Float[Tensor, "i j"]:
        """The values, made smaller by `size`."""
        height, width = values.shape
        return resize(values[None], (max(round(height / self.size), 1), max(round(width / self.size), 1)))[0]

    def combine(
        self, models: Models, weights: Sequence[Map] | None, size: tuple[int, int]
    ) -> Float[Tensor, "4 h w"]:
        """Mean of the models over time, made larger to `size`."""
        return enlarge(reduce(torch.add, models) / len(models), size)


def box_sum(values: Map, *, before: int, after: int) -> Map:
    """Sum over `before` pixels up and left to `after` down and right; nothing lies beyond the border."""
    size = before + 1 + after
    if values.device.type == "cpu" and not values.requires_grad:
        # OpenCV's running sums, in double precision, take 1.4 ms at 480 x 854; two poolings take 36 ms.
        sums = torch.empty_like(values)
        cv2.boxFilter(
            values.numpy(), -1, (size, size), sums.numpy(), (before, before), False, cv2.BORDER_CONSTANT
        )
        return sums
    rows = avg_pool2d(pad(values[None], (before, after, before, after)), (size, 1), stride=1)
    return avg_pool2d(rows, (1, size), stride=1)[0] * size**2


def resize(maps: Float[Tensor, "n h w"], size: tuple[int, int]) -> Float[Tensor, "n i j"]:
    """Halve with the kernel [1 3 3 1]/8 while the picture is at least twice too large, then bilinear."""
    height, width = size
    while maps.shape[1] >= 2 * height and maps.shape[2] >= 2 * width:
        maps = _halve_columns(_halve_columns(maps).mT).mT
    return interpolate(maps[None], size, mode="bilinear", align_corners=False)[0]


def enlarge(maps: Float[Tensor, "n h w"], size: tuple[int, int]) -> Float[Tensor, "n i j"]:
    """Bilinear in about `log4` steps of equal length, smoother than in one."""
    ratio = max(large / small for large, small in zip(size, maps.shape[1:], strict=True))
    steps = max(1, round(log2(ratio) / 2))
    for step in range(1, steps + 1):
        maps = resize(maps, (round(step * size[0] / steps), round(step * size[1] / steps)))
    return maps


def _halve_columns(maps: Float[Tensor, "n h w"]) -> Float[Tensor, "n h j"]:
    padded = pad(maps, (1, 2), mode="replicate")
    end = 2 * ((maps.shape[2] + 1) // 2) - 1
    first, second, third, fourth = (padded[..., shift : shift + end : 2] for shift in range(4))
    return (first + 3 * (second + third) + fourth) / 8
