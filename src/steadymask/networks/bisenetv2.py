"""BiSeNetV2: a wide shallow branch for details, a narrow deep one for meaning, each guiding the other."""

from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F  # noqa: N812  # PyTorch's own name for it
from jaxtyping import Float
from torch import Tensor, nn

from steadymask.errors import require
from steadymask.networks.normalization import Normalization
from steadymask.networks.resized import resized
from steadymask.networks.segmentation_network import NetworkConfig, SegmentationNetwork

_DETAIL = (64, 64, 128)
_SEMANTIC = (16, 32, 64, 128)
_EXPANSION = 6
_DROPOUT = 0.1


@dataclass(frozen=True, kw_only=True)
class BiSeNetV2Config(NetworkConfig):
    """What a BiSeNetV2 tells apart, and how wide its heads are.

    Args:
        classes: outputs a pixel.
        head: channels of the features before the classifier; 1024 in public implementations.
        boosters: likewise of the heads on the semantic branch, which training alone uses.
    """

    classes: int = 19
    head: int = 1024
    boosters: int = 128

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        require(self.head >= 1, f"head: wanted at least 1 channel, got {self.head}")
        require(self.boosters >= 1, f"boosters: wanted at least 1 channel, got {self.boosters}")


@dataclass(frozen=True, kw_only=True)
class BiSeNetV2Logits:
    """What training sees.

    Args:
        logits: of the network.
        boosters: of the heads on the four stages of the semantic branch, from 1/4 to 1/32 of the
            picture.
    """

    logits: Float[Tensor, "b k h w"]
    boosters: tuple[Float[Tensor, "b k h w"], ...]


class BiSeNetV2(SegmentationNetwork):
    """The network of the paper, with the booster heads that it is trained with.

    Frames are enlarged by their own border to a multiple of 32, and logits cut back. For training, a batch
    needs at least two frames: one average over the whole picture cannot be normalized.

    Args:
        config: its classes and heads.

    Source: Yu et al., BiSeNet V2: bilateral network with guided aggregation for real-time semantic
        segmentation (2021), with the units on which open-mmlab/mmsegmentation and CoinCheung/BiSeNet agree,
        but without the activations that these two say they add.
    Deviates: colors are normalized by ImageNet's mean and std; booster heads are plain heads.
    """

    name: ClassVar[str] = "bisenetv2"
    features_layer: ClassVar[str] = "head.features"
    classifiers: tuple[str, ...] = ("head.classifier", *(f"boosters.{each}.classifier" for each in range(4)))

    def __init__(self, config: BiSeNetV2Config | None = None) -> None:
        super().__init__()
        self.config = config = config or BiSeNetV2Config()
        self.normalization = Normalization()
        self.detail = _detail_branch()
        stem, third, fourth, fifth = _SEMANTIC
        self.stem = _Stem(stem)
        self.stage3 = nn.Sequential(_GatherExpand(stem, third, stride=2), _GatherExpand(third, third))
        self.stage4 = nn.Sequential(_GatherExpand(third, fourth, stride=2), _GatherExpand(fourth, fourth))
        self.stage5 = nn.Sequential(
            _GatherExpand(fourth, fifth, stride=2), *(_GatherExpand(fifth, fifth) for _ in range(3))
        )
        self.context = _ContextEmbedding(fifth)
        self.aggregation = _GuidedAggregation(fifth)
        self.head = _Head(fifth, config.head, config.classes)
        self.boosters = nn.ModuleList(_Head(each, config.boosters, config.classes) for each in _SEMANTIC)

    def forward(self, frames: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b k h w"]:
        """Segment RGB frames in [0, 1]; logits of their size."""
        padded = _padded(self.normalization(frames))
        return self._logits(padded, self._stages(padded), frames)

    def forward_all(self, frames: Float[Tensor, "b 3 h w"]) -> BiSeNetV2Logits:
        """The logits, and those of the booster heads."""
        padded = _padded(self.normalization(frames))
        stages = self._stages(padded)
        boosters = tuple(
            _enlarged(head(stage), padded, frames) for head, stage in zip(self.boosters, stages, strict=True)
        )
        return BiSeNetV2Logits(logits=self._logits(padded, stages, frames), boosters=boosters)

    def _stages(self, padded: Float[Tensor, "b 3 i j"]) -> list[Tensor]:
        """The semantic branch without its last step, after each stage."""
        stages = [self.stem(padded)]
        for stage in (self.stage3, self.stage4, self.stage5):
            stages.append(stage(stages[-1]))
        return stages

    def _logits(self, padded: Tensor, stages: list[Tensor], frames: Tensor) -> Tensor:
        merged = self.aggregation(self.detail(padded), self.context(stages[-1]))
        return _enlarged(self.head(merged), padded, frames)


def _padded(frames: Float[Tensor, "b 3 h w"]) -> Tensor:
    """To whole maps at 1/32, so that the two branches lie on one grid."""
    height, width = frames.shape[2:]
    padding = (0, -width % 32, 0, -height % 32)
    return F.pad(frames, padding, mode="replicate") if any(padding) else frames


def _enlarged(x: Float[Tensor, "b c i j"], padded: Tensor, frames: Tensor) -> Tensor:
    return resized(x, (padded.shape[2], padded.shape[3]))[:, :, : frames.shape[2], : frames.shape[3]]


class _ConvNorm(nn.Sequential):
    def __init__(self, before: int, after: int, kernel: int = 3, *, stride: int = 1, groups: int = 1) -> None:
        convolution = nn.Conv2d(before, after, kernel, stride, kernel // 2, groups=groups, bias=False)
        super().__init__(convolution, nn.BatchNorm2d(after))


class _ConvNormAct(_ConvNorm):
    def __init__(self, before: int, after: int, kernel: int = 3, *, stride: int = 1) -> None:
        super().__init__(before, after, kernel, stride=stride)
        self.append(nn.ReLU(inplace=True))


def _detail_branch() -> nn.Sequential:
    """Three stages that halve the size, of two, three and three convolutions."""
    layers, before = [], 3
    for width, repeats in zip(_DETAIL, (1, 2, 2), strict=True):
        layers.append(_ConvNormAct(before, width, stride=2))
        layers += [_ConvNormAct(width, width) for _ in range(repeats)]
        before = width
    return nn.Sequential(*layers)


class _Stem(nn.Module):
    """A quarter of the size: strided convolutions beside a strided maximum."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _ConvNormAct(3, width, stride=2)
        self.convolved = nn.Sequential(
            _ConvNormAct(width, width // 2, 1), _ConvNormAct(width // 2, width, stride=2)
        )
        self.merged = _ConvNormAct(2 * width, width)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Tensor:
        first = self.first(x)
        largest = F.max_pool2d(first, 3, stride=2, padding=1)
        return self.merged(torch.cat((self.convolved(first), largest), 1))


class _GatherExpand(nn.Module):
    """Gather by a convolution, expand sixfold depth-wise, project back; the input is added."""

    def __init__(self, before: int, after: int, *, stride: int = 1) -> None:
        super().__init__()
        wide = _EXPANSION * before
        layers = [_ConvNormAct(before, before), _ConvNorm(before, wide, stride=stride, groups=before)]
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1:
            layers.append(_ConvNorm(wide, wide, groups=wide))
            self.shortcut = nn.Sequential(
                _ConvNorm(before, before, stride=stride, groups=before), _ConvNorm(before, after, 1)
            )
        self.body = nn.Sequential(*layers, _ConvNorm(wide, after, 1))

    def forward(self, x: Float[Tensor, "b c h w"]) -> Tensor:
        return F.relu(self.body(x) + self.shortcut(x))


class _ContextEmbedding(nn.Module):
    """What the whole picture shows, added to every pixel."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(width)
        self.project = _ConvNormAct(width, width, 1)
        self.merged = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Tensor:
        return self.merged(x + self.project(self.norm(x.mean((2, 3), keepdim=True))))


class _GuidedAggregation(nn.Module):
    """Each branch weighs the other, at the size of either; both results are added at the larger size."""

    def __init__(self, width: int) -> None:
        super().__init__()
        separable = (_ConvNorm(width, width, groups=width), nn.Conv2d(width, width, 1, bias=False))
        self.detail_large = nn.Sequential(*separable)
        self.detail_small = nn.Sequential(_ConvNorm(width, width, stride=2), nn.AvgPool2d(3, 2, 1))
        self.semantic_large = _ConvNorm(width, width)
        self.semantic_small = nn.Sequential(
            _ConvNorm(width, width, groups=width), nn.Conv2d(width, width, 1, bias=False)
        )
        self.merged = _ConvNorm(width, width)

    def forward(self, detail: Float[Tensor, "b c h w"], semantic: Float[Tensor, "b c i j"]) -> Tensor:
        size = (detail.shape[2], detail.shape[3])
        large = self.detail_large(detail) * torch.sigmoid(resized(self.semantic_large(semantic), size))
        small = self.detail_small(detail) * torch.sigmoid(self.semantic_small(semantic))
        return self.merged(large + resized(small, size))


class _Head(nn.Module):
    def __init__(self, before: int, width: int, classes: int) -> None:
        super().__init__()
        self.features = _ConvNormAct(before, width)
        self.dropout = nn.Dropout(_DROPOUT)
        self.classifier = nn.Conv2d(width, classes, 1)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Tensor:
        return self.classifier(self.dropout(self.features(x)))
