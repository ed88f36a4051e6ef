"""PSPNet: an encoder at an eighth of the picture, and what averages over whole regions add to it."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
import torch.nn.functional as F  # noqa: N812  # PyTorch's own name for it
from jaxtyping import Float
from torch import Tensor, nn

from steadymask.networks.normalization import Normalization
from steadymask.networks.resized import resized
from steadymask.networks.segmentation_network import NetworkConfig, SegmentationNetwork
from steadymask.networks.timm_encoder import EncoderName, TimmEncoder, require_encoder

_BINS = (1, 2, 3, 6)
_AUXILIARY_WIDTH = 256
_DROPOUT = 0.1


@dataclass(frozen=True, kw_only=True)
class PSPNetConfig(NetworkConfig):
    """What a PSPNet is built on.

    Args:
        classes: outputs a pixel.
        encoder: ResNets and MobileNetV2 end at 1/8 of the picture, HRNets at 1/4. The HRNet of Liu et al. is
            `hrnet_w18_small_v2`.
    """

    classes: int = 19
    encoder: EncoderName = "resnet18"

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        require_encoder(self.encoder)


@dataclass(frozen=True, kw_only=True)
class PSPNetLogits:
    """What training sees.

    Args:
        logits: of the network.
        auxiliary: of the classifier on the encoder's last but one level; None with an HRNet. Its loss usually
            counts 0.4.
    """

    logits: Float[Tensor, "b k h w"]
    auxiliary: Float[Tensor, "b k h w"] | None


class PSPNet(SegmentationNetwork):
    """Pyramid pooling on an encoder of timm.

    What a teacher and a student are compared by in the distillation of Liu et al., the output of the pooling
    pyramid (1024 channels with ResNet-18), is that of the submodule `pyramid`. For training, a batch needs at
    least two frames: one average over the whole picture cannot be normalized.

    Args:
        config: its encoder.
        pretrained: fetch the encoder's weights for ImageNet.
        weights: a file of these weights instead.

    Raises:
        WeightsError: the weights cannot be fetched or read, or are of another encoder.

    Source: Zhao et al., Pyramid scene parsing network (2017); Liu et al., Efficient semantic video
        segmentation with per-frame inference (2020), for the encoders.
    Deviates: the encoder's first convolution is timm's 7 × 7, not three of 3 × 3.
    """

    name: ClassVar[str] = "pspnet"
    features_layer: ClassVar[str] = "features"
    classifiers: tuple[str, ...] = ("classifier",)

    def __init__(
        self, config: PSPNetConfig | None = None, *, pretrained: bool = False, weights: Path | None = None
    ) -> None:
        super().__init__()
        self.config = config = config or PSPNetConfig()
        self.normalization = Normalization()
        self.encoder = TimmEncoder(config.encoder, pretrained=pretrained, weights=weights)
        channels = self.encoder.channels
        last = sum(channels[1:]) if self.encoder.is_hrnet else channels[-1]
        self.pyramid = _PyramidPooling(last, last // len(_BINS))
        self.features = _conv_norm_act(self.pyramid.channels, last // len(_BINS), kernel=3)
        self.dropout = nn.Dropout2d(_DROPOUT)
        self.classifier = nn.Conv2d(last // len(_BINS), config.classes, 1)
        self.auxiliary: nn.Sequential | None = None
        if not self.encoder.is_hrnet:
            self.auxiliary = nn.Sequential(
                _conv_norm_act(channels[-2], _AUXILIARY_WIDTH, kernel=3),
                nn.Dropout2d(_DROPOUT),
                nn.Conv2d(_AUXILIARY_WIDTH, config.classes, 1),
            )
            self.classifiers = ("classifier", "auxiliary.2")

    def forward(self, frames: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b k h w"]:
        """Segment RGB frames in [0, 1]; logits of their size."""
        return self._logits(self._levels(frames), frames)

    def forward_all(self, frames: Float[Tensor, "b 3 h w"]) -> PSPNetLogits:
        """The logits, and those of the auxiliary classifier."""
        levels = self._levels(frames)
        auxiliary = None if self.auxiliary is None else self._enlarged(self.auxiliary(levels[-2]), frames)
        return PSPNetLogits(logits=self._logits(levels, frames), auxiliary=auxiliary)

    def _levels(self, frames: Float[Tensor, "b 3 h w"]) -> list[Tensor]:
        height, width = frames.shape[2:]
        padding = (0, -width % self.encoder.multiple, 0, -height % self.encoder.multiple)
        normalized = self.normalization(frames)
        return self.encoder(F.pad(normalized, padding, mode="replicate") if any(padding) else normalized)

    def _logits(self, levels: list[Tensor], frames: Float[Tensor, "b 3 h w"]) -> Tensor:
        last = levels[-1]
        if self.encoder.is_hrnet:
            size = (levels[1].shape[2], levels[1].shape[3])
            last = torch.cat([resized(each, size) for each in levels[1:]], 1)
        return self._enlarged(self.classifier(self.dropout(self.features(self.pyramid(last)))), frames)

    def _enlarged(self, x: Float[Tensor, "b c i j"], frames: Float[Tensor, "b 3 h w"]) -> Tensor:
        """To the frames' size; what padding added is cut off."""
        height, width = frames.shape[2:]
        multiple = self.encoder.multiple
        padded = (height + -height % multiple, width + -width % multiple)
        return resized(x, padded)[:, :, :height, :width]


class _PyramidPooling(nn.Module):
    """A map beside its averages over 1, 4, 9 and 36 regions."""

    def __init__(self, before: int, width: int) -> None:
        super().__init__()
        self.channels = before + len(_BINS) * width
        self.bins = nn.ModuleList(_conv_norm_act(before, width, kernel=1) for _ in _BINS)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Tensor:
        size = (x.shape[2], x.shape[3])
        pooled = [
            resized(conv(F.adaptive_avg_pool2d(x, each)), size)
            for each, conv in zip(_BINS, self.bins, strict=True)
        ]
        return torch.cat((x, *pooled), 1)


def _conv_norm_act(before: int, after: int, *, kernel: int) -> nn.Sequential:
    convolution = nn.Conv2d(before, after, kernel, padding=kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU(inplace=True))
