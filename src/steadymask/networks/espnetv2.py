"""ESPNetV2: a light network of dilated depth-wise pyramids, with a decoder that pools at several scales."""

import math
from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar

import torch
import torch.nn.functional as F  # noqa: N812  # PyTorch's own name for it
from jaxtyping import Float
from torch import Tensor, nn

from steadymask.errors import require
from steadymask.networks.normalization import Normalization
from steadymask.networks.resized import resized
from steadymask.networks.segmentation_network import NetworkConfig, SegmentationNetwork

_WIDE, _NARROW = (1, 2, 3, 4), (1, 1, 2, 3)
_POOLED_AT = (2.0, 1.5, 1.0, 0.5, 0.1)
_SMALLEST_MAP = 5


@dataclass(frozen=True, kw_only=True)
class ESPNetV2Config(NetworkConfig):
    """How wide an ESPNetV2 is.

    Args:
        classes: outputs a pixel.
        scale: s of the paper, which the encoder's widths grow with, a multiple of 1/16 from 1 on; weights are
            published for 1 and 2.
        decoder: width of the decoder at 1/8 of the picture in quarters; 16 in the published weights.
        pyramid: channels of the pooling pyramids; 10 in the published weights (half their classes).
    """

    classes: int = 21
    scale: float = 2.0
    decoder: int = 16
    pyramid: int = 10

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        # Below 1 no channels are left beside the pooled input of the second level; 16 s makes groups of 4.
        fits = self.scale >= 1 and (16 * self.scale).is_integer()
        require(fits, f"scale: wanted a multiple of 1/16 from 1 on, got {self.scale}")
        require(self.decoder >= 1, f"decoder: wanted at least 1, got {self.decoder}")
        require(self.pyramid >= 1, f"pyramid: wanted at least 1 channel, got {self.pyramid}")


class ESPNetV2(SegmentationNetwork):
    """The segmentation network of the paper, in the form its authors published weights for.

    The encoder halves the picture four times, each level sees the picture anew; the decoder goes back up to
    half the size, and logits are enlarged from there (`align_corners=True`, as the weights were trained).
    Maps are enlarged to the size of what they are added to, so that every size of frames works.

    Args:
        config: its widths.

    Source: Mehta et al., ESPNetv2: a light-weight, power efficient, and general purpose convolutional neural
        network (2019); widths, scales of the pyramids and the order inside the units are those of the
        published weights and of the modules they were trained with (github.com/sacmehta/EdgeNets).
    """

    name: ClassVar[str] = "espnetv2"
    features_layer: ClassVar[str] = "pyramids.3"
    classifiers: tuple[str, ...] = ("classifier",)

    def __init__(self, config: ESPNetV2Config | None = None) -> None:
        super().__init__()
        self.config = config = config or ESPNetV2Config()
        first, second, third, fourth = 32, *(int(each * config.scale) for each in (64, 128, 256))
        self.normalization = Normalization()
        self.level1 = _ConvNormAct(3, first, stride=2)
        self.level2 = _StridedEESP(first, second)
        self.level3_strided = _StridedEESP(second, third)
        self.level3 = nn.Sequential(*(_EESP(third, dilations=_WIDE) for _ in range(3)))
        self.level4_strided = _StridedEESP(third, fourth)
        self.level4 = nn.Sequential(*(_EESP(fourth, dilations=_NARROW) for _ in range(7)))
        widths = [config.decoder * each for each in (4, 3, 2)]
        inputs, pyramid = (fourth, *widths), config.pyramid
        self.pyramids = nn.ModuleList(
            _PyramidPooling(before, pyramid, after)
            for before, after in zip(inputs, (*widths, None), strict=True)
        )
        self.skips = nn.ModuleList(
            _WeightedSkip(before, after) for before, after in zip((third, second, first), widths, strict=True)
        )
        self.fused = nn.ModuleList(_NormAct(each) for each in widths)
        self.classifier = nn.Conv2d(pyramid, config.classes, 1)

    def forward(self, frames: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b k h w"]:
        """Segment RGB frames in [0, 1]; logits of their size."""
        picture = self.normalization(frames)
        level1 = self.level1(picture)
        level2 = self.level2(level1, picture)
        level3 = self.level3(self.level3_strided(level2, picture))
        level4 = self.level4(self.level4_strided(level3, picture))
        x = self.pyramids[0](level4)
        for index, level in enumerate((level3, level2, level1)):
            skip = self.skips[index](level)
            x = self.fused[index](skip + resized(x, (skip.shape[2], skip.shape[3])))
            x = self.pyramids[index + 1](x)
        return resized(self.classifier(x), (frames.shape[2], frames.shape[3]))


class _NormAct(nn.Module):
    """Batch normalization, then PReLU with a slope for each channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.act = nn.PReLU(channels)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Tensor:
        return self.act(self.norm(x))


class _ConvNorm(nn.Module):
    def __init__(self, before: int, after: int, *, kernel: int = 3, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(after)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Tensor:
        return self.norm(self.conv(x))


class _ConvNormAct(_ConvNorm):
    def __init__(self, before: int, after: int, *, kernel: int = 3, stride: int = 1, groups: int = 1) -> None:
        super().__init__(before, after, kernel=kernel, stride=stride, groups=groups)
        self.act = nn.PReLU(after)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Tensor:
        return self.act(super().forward(x))


class _Pyramid(nn.Module):
    """Reduce in groups, convolve depth-wise at several dilations, add each to the next, expand in groups.

    The sums (hierarchical feature fusion) take out the grid that dilated convolutions leave.
    """

    def __init__(self, before: int, after: int, *, dilations: tuple[int, ...], stride: int = 1) -> None:
        super().__init__()
        groups = len(dilations)
        width = after // groups
        self.reduce = _ConvNormAct(before, width, kernel=1, groups=groups)
        self.branches = nn.ModuleList(
            nn.Conv2d(width, width, 3, stride, each, each, groups=width, bias=False) for each in dilations
        )
        self.merged = _NormAct(after)
        self.expand = _ConvNorm(after, after, kernel=1, groups=groups)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Tensor:
        reduced = self.reduce(x)
        sums = list(accumulate(branch(reduced) for branch in self.branches))
        return self.expand(self.merged(torch.cat(sums, 1)))


class _EESP(nn.Module):
    """An extremely efficient spatial pyramid of depth-wise dilated convolutions, beside its own input."""

    def __init__(self, channels: int, *, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.pyramid = _Pyramid(channels, channels, dilations=dilations)
        self.act = nn.PReLU(channels)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Tensor:
        return self.act(x + self.pyramid(x))


class _StridedEESP(nn.Module):
    """Halve the size: a pyramid with stride beside the pooled input, and the picture itself added to both."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.pyramid = _Pyramid(before, after - before, dilations=_WIDE, stride=2)
        self.shortcut = nn.Sequential(_ConvNormAct(3, 3), _ConvNorm(3, after, kernel=1))
        self.act = nn.PReLU(after)

    def forward(self, x: Float[Tensor, "b c h w"], picture: Float[Tensor, "b 3 i j"]) -> Tensor:
        halved = torch.cat((_halved(x), self.pyramid(x)), 1)
        while picture.shape[2:] != halved.shape[2:]:
            picture = _halved(picture)
        return self.act(halved + self.shortcut(picture))


def _halved(x: Float[Tensor, "b c h w"]) -> Tensor:
    return F.avg_pool2d(x, 3, stride=2, padding=1)


class _PyramidPooling(nn.Module):
    """Convolve depth-wise at several scales of the map, then merge; None as width: without the last step."""

    def __init__(self, before: int, width: int, after: int | None) -> None:
        super().__init__()
        scales = len(_POOLED_AT)
        self.reduce = _ConvNormAct(before, width, kernel=1)
        self.scales = nn.ModuleList(
            nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False) for _ in _POOLED_AT
        )
        self.merged = _NormAct(width * scales)
        self.merge = _ConvNormAct(width * scales, width, groups=width)
        self.expand = nn.Identity() if after is None else _ConvNormAct(width, after, kernel=1)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Tensor:
        reduced = self.reduce(x)
        pooled = [_at_scale(reduced, *each) for each in zip(_POOLED_AT, self.scales, strict=True)]
        merged = self.merged(torch.cat(pooled, 1))
        # Each group of `merge` gets one channel at every scale: scale by channel becomes channel by scale.
        groups = merged.unflatten(1, (len(pooled), -1)).transpose(1, 2).flatten(1, 2)
        return self.expand(self.merge(groups))


class _WeightedSkip(nn.Module):
    """A level of the encoder for the decoder, each channel weighted by what the whole picture shows."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.weight = nn.Conv2d(before, after, 1, bias=False)
        self.expand = _ConvNormAct(before, after, groups=math.gcd(before, after))

    def forward(self, x: Float[Tensor, "b c h w"]) -> Tensor:
        return self.expand(x) * torch.sigmoid(self.weight(x.mean((2, 3), keepdim=True)))


def _at_scale(x: Float[Tensor, "b c h w"], scale: float, convolution: nn.Module) -> Tensor:
    """Convolve a map at another scale; bilinear to a larger one, averages to a smaller one, and back."""
    size = (x.shape[2], x.shape[3])
    scaled = (max(math.ceil(size[0] * scale), _SMALLEST_MAP), max(math.ceil(size[1] * scale), _SMALLEST_MAP))
    if scale > 1:
        return F.adaptive_avg_pool2d(convolution(resized(x, scaled)), size)
    if scale < 1:
        return resized(convolution(F.adaptive_avg_pool2d(x, scaled)), size)
    return convolution(x)
