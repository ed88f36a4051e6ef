"""A-CE2P, the parsing network of SCHP: what belongs where, and a branch for the edges between parts."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F  # noqa: N812  # PyTorch's own name for it
from jaxtyping import Float
from torch import Tensor, nn

from steadymask.errors import require
from steadymask.networks.normalization import Normalization
from steadymask.networks.resized import resized
from steadymask.networks.segmentation_network import NetworkConfig, SegmentationNetwork
from steadymask.networks.timm_encoder import TimmEncoder

_ENCODERS = ("resnet18", "resnet50", "resnet101")
_BINS = (1, 2, 3, 6)
_CONTEXT, _WIDTH, _DETAIL = 512, 256, 48
_SLOPE = 0.01
_DROPOUT = 0.1


@dataclass(frozen=True, kw_only=True)
class SCHPConfig(NetworkConfig):
    """What an SCHP is built on.

    Args:
        classes: parts, background included; 20 in LIP.
        encoder: a ResNet, which ends at 1/16 of the picture.
    """

    classes: int = 20
    encoder: Literal["resnet18", "resnet50", "resnet101"] = "resnet18"

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        known = ", ".join(_ENCODERS)
        require(self.encoder in _ENCODERS, f"encoder: wanted one of {known}, got {self.encoder!r}")


@dataclass(frozen=True, kw_only=True)
class SCHPLogits:
    """What training sees.

    Args:
        logits: of the network, made of parts and edges.
        parsing: of the parsing branch alone.
        edges: no edge, edge.
    """

    logits: Float[Tensor, "b k h w"]
    parsing: Float[Tensor, "b k h w"]
    edges: Float[Tensor, "b 2 h w"]


class SCHP(SegmentationNetwork):
    """Parsing with context and details, an edge branch on three levels, and both fused.

    For training, a batch needs at least two frames: one average over the whole picture cannot be normalized.

    Args:
        config: its parts and encoder.
        pretrained: fetch the encoder's weights for ImageNet.
        weights: a file of these weights instead.

    Raises:
        WeightsError: the weights cannot be fetched or read, or are of another encoder.

    Source: Li et al., Self-correction for human parsing (2020), the network A-CE2P; Ruan et al., Devil in
        the details: towards accurate single and multiple human parsing (2019).
    Deviates: batch normalization and leaky ReLU are apart, not in place; timm's encoders have one convolution
        of 7 × 7 first, not three of 3 × 3.
    """

    name: ClassVar[str] = "schp"
    features_layer: ClassVar[str] = "fused"
    classifiers: tuple[str, ...] = ("classifier", "parsing_classifier")

    def __init__(
        self, config: SCHPConfig | None = None, *, pretrained: bool = False, weights: Path | None = None
    ) -> None:
        super().__init__()
        self.config = config = config or SCHPConfig()
        self.normalization = Normalization()
        self.encoder = TimmEncoder(config.encoder, stride=16, pretrained=pretrained, weights=weights)
        _, first, second, third, last = self.encoder.channels
        self.context = _Context(last)
        self.reduced = _conv_norm_act(_CONTEXT, _WIDTH)
        self.detail = _conv_norm_act(first, _DETAIL)
        self.parsing = nn.Sequential(_conv_norm_act(_WIDTH + _DETAIL, _WIDTH), _conv_norm_act(_WIDTH, _WIDTH))
        self.edge = _EdgeBranch((first, second, third))
        self.fused = _conv_norm_act(_WIDTH + self.edge.channels, _WIDTH)
        self.dropout = nn.Dropout2d(_DROPOUT)
        self.classifier = nn.Conv2d(_WIDTH, config.classes, 1)
        self.parsing_classifier = nn.Conv2d(_WIDTH, config.classes, 1)

    def forward(self, frames: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b k h w"]:
        """Parse RGB frames in [0, 1]; logits of their size."""
        levels = self.encoder(self.normalization(frames))[1:]
        features, _ = self.edge(levels[:3])
        return self._enlarged(self._fused(self._parsing(levels), features), frames)

    def forward_all(self, frames: Float[Tensor, "b 3 h w"]) -> SCHPLogits:
        """The logits, and those of either branch."""
        levels = self.encoder(self.normalization(frames))[1:]
        parsing = self._parsing(levels)
        features, edges = self.edge(levels[:3])
        return SCHPLogits(
            logits=self._enlarged(self._fused(parsing, features), frames),
            parsing=self._enlarged(self.parsing_classifier(parsing), frames),
            edges=self._enlarged(edges, frames),
        )

    def _parsing(self, levels: list[Tensor]) -> Tensor:
        detail = self.detail(levels[0])
        context = resized(self.reduced(self.context(levels[-1])), (detail.shape[2], detail.shape[3]))
        return self.parsing(torch.cat((context, detail), 1))

    def _fused(self, parsing: Tensor, edge_features: Tensor) -> Tensor:
        return self.classifier(self.dropout(self.fused(torch.cat((parsing, edge_features), 1))))

    def _enlarged(self, x: Float[Tensor, "b c i j"], frames: Float[Tensor, "b 3 h w"]) -> Tensor:
        return resized(x, (frames.shape[2], frames.shape[3]))


class _Context(nn.Module):
    """Averages over 1, 4, 9 and 36 regions beside the map, merged."""

    def __init__(self, before: int) -> None:
        super().__init__()
        self.bins = nn.ModuleList(_conv_norm_act(before, _CONTEXT) for _ in _BINS)
        self.merged = _conv_norm_act(before + len(_BINS) * _CONTEXT, _CONTEXT, kernel=3)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Tensor:
        size = (x.shape[2], x.shape[3])
        pooled = [
            resized(conv(F.adaptive_avg_pool2d(x, each)), size)
            for each, conv in zip(_BINS, self.bins, strict=True)
        ]
        return self.merged(torch.cat((*pooled, x), 1))


class _EdgeBranch(nn.Module):
    """Features of three levels at the size of the first, and what each says about edges, merged."""

    def __init__(self, levels: tuple[int, int, int]) -> None:
        super().__init__()
        self.channels = len(levels) * _WIDTH
        self.levels = nn.ModuleList(_conv_norm_act(each, _WIDTH) for each in levels)
        # One for all levels, so that they see the same kind of edge.
        self.shared = nn.Conv2d(_WIDTH, 2, 3, padding=1)
        self.merged = nn.Conv2d(2 * len(levels), 2, 1)

    def forward(self, levels: list[Tensor]) -> tuple[Tensor, Tensor]:
        size = (levels[0].shape[2], levels[0].shape[3])
        features = [conv(level) for conv, level in zip(self.levels, levels, strict=True)]
        edges = [resized(self.shared(each), size) for each in features]
        return torch.cat([resized(each, size) for each in features], 1), self.merged(torch.cat(edges, 1))


def _conv_norm_act(before: int, after: int, *, kernel: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(before, after, kernel, padding=kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.LeakyReLU(_SLOPE, inplace=True))
