"""DeepLabV3 on a ResNet-50, as torchvision has it and publishes weights for."""

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from steadymask.errors import WeightsError, require
from steadymask.networks.normalization import Normalization
from steadymask.networks.optional import optional
from steadymask.networks.segmentation_network import NetworkConfig, SegmentationNetwork
from steadymask.state_dict import load_exactly
from steadymask.state_file import read_state

_PUBLISHED_CLASSES = 21


@dataclass(frozen=True, kw_only=True)
class DeepLabV3Config(NetworkConfig):
    """What a DeepLabV3 tells apart.

    Args:
        classes: outputs a pixel; the published weights have the 21 of PASCAL VOC.
    """

    classes: int = _PUBLISHED_CLASSES


@dataclass(frozen=True, kw_only=True)
class DeepLabV3Logits:
    """What training sees.

    Args:
        logits: of the network.
        auxiliary: of the classifier on the encoder's last but one level; torchvision counts its loss half.
    """

    logits: Float[Tensor, "b k h w"]
    auxiliary: Float[Tensor, "b k h w"]


class DeepLabV3(SegmentationNetwork):
    """torchvision's network; logits are enlarged as it does it (`align_corners=False`).

    For training, a batch needs at least two frames: one average over the whole picture cannot be normalized.

    Args:
        config: its classes.
        pretrained: fetch the weights for PASCAL VOC's classes, trained on COCO (42.0 million parameters).
        weights: a file of these weights instead.

    Raises:
        WeightsError: the weights cannot be fetched or read, or are not of this network.
        InputError: weights are asked for other than 21 classes; `with_classes` changes them afterwards.

    Source: Chen et al., Rethinking atrous convolution for semantic image segmentation (2017); torchvision's
        `deeplabv3_resnet50`.
    """

    name: ClassVar[str] = "deeplabv3"
    features_layer: ClassVar[str] = "network.classifier.3"
    classifiers: tuple[str, ...] = ("network.classifier.4", "network.aux_classifier.4")

    def __init__(
        self, config: DeepLabV3Config | None = None, *, pretrained: bool = False, weights: Path | None = None
    ) -> None:
        super().__init__()
        self.config = config = config or DeepLabV3Config()
        wanted = pretrained or weights is not None
        fits = not wanted or config.classes == _PUBLISHED_CLASSES
        require(fits, f"classes: wanted {_PUBLISHED_CLASSES} for published weights, got {config.classes}")
        models = optional("torchvision.models.segmentation", extra="train")
        self.normalization = Normalization()
        self.network: nn.Module = models.deeplabv3_resnet50(
            weights=None, weights_backbone=None, num_classes=config.classes, aux_loss=True
        )
        if weights is not None:
            load_exactly(self.network, read_state(weights)[0], where=str(weights))
        elif pretrained:
            load_exactly(self.network, _published(models), where="torchvision's weights")

    def forward(self, frames: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b k h w"]:
        """Segment RGB frames in [0, 1]; logits of their size."""
        return self.network(self.normalization(frames))["out"]

    def forward_all(self, frames: Float[Tensor, "b 3 h w"]) -> DeepLabV3Logits:
        """The logits, and those of the auxiliary classifier."""
        found = self.network(self.normalization(frames))
        return DeepLabV3Logits(logits=found["out"], auxiliary=found["aux"])


def _published(models: ModuleType) -> dict[str, Tensor]:
    published = models.DeepLabV3_ResNet50_Weights.COCO_WITH_VOC_LABELS_V1
    try:
        return dict(published.get_state_dict(progress=False, check_hash=True, weights_only=True))
    except (OSError, RuntimeError) as error:  # RuntimeError: the file has another hash than published
        raise WeightsError(
            f"deeplabv3_resnet50: wanted its weights from {published.url}, got none ({error}); put that file "
            f"into {torch.hub.get_dir()}/checkpoints or give its path as `weights`, or begin without "
            f"(pretrained=False)"
        ) from error
