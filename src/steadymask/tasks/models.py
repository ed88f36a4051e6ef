"""The networks of `segment`, by the text a user gives: a file, a name, or a model of Hugging Face."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from steadymask.errors import WeightsError, require
from steadymask.io.manifest import identity
from steadymask.networks.deeplabv3 import DeepLabV3
from steadymask.networks.espnetv2_published import PASCAL_CLASSES
from steadymask.networks.hugging_face import HuggingFaceConfig, HuggingFaceNetwork
from steadymask.networks.onnx_network import OnnxNetwork, OnnxNetworkConfig
from steadymask.networks.optional import optional
from steadymask.recipes.start import open_weights
from steadymask.state_file import SUFFIXES

PUBLISHED = "deeplabv3"
_HUGGING_FACE = "hf:"


@dataclass(frozen=True, kw_only=True)
class Model:
    """A network that gives masks.

    Args:
        network: from frames `b 3 h w`, RGB in [0, 1], to logits `b k h w`; in evaluation mode.
        classes: names of its outputs, in order; empty where nothing says them.
        identity: what a manifest says of it: its name, and the SHA-256 of the file or of all its numbers.
    """

    network: nn.Module
    classes: tuple[str, ...]
    identity: dict[str, Any]

    @property
    def parameters(self) -> int | None:
        """How many numbers were learned; None where a file of another program does not say."""
        return sum(each.numel() for each in self.network.parameters()) or None


@dataclass(frozen=True, kw_only=True)
class Colors:
    """How an ONNX file wants its colors; each None or False: as most do, normalized as ImageNet's, red first.

    Args:
        mean: subtracted from R, G, B in [0, 1].
        std: what they are then divided by.
        bgr: blue first.
    """

    mean: tuple[float, float, float] | None = None
    std: tuple[float, float, float] | None = None
    bgr: bool = False

    @property
    def given(self) -> dict[str, Any]:
        """Those that somebody gave, by name."""
        settings = {"mean": self.mean, "std": self.std, "bgr": self.bgr or None}
        return {name: value for name, value in settings.items() if value is not None}


_USUAL = Colors()


def open_model(model: str, colors: Colors = _USUAL) -> Model:
    """Load a network.

    Args:
        model: `deeplabv3` (torchvision's published weights), `hf:` and a name or folder of Hugging Face, or a
            file: our safetensors, ONNX, or published weights of ESPNetV2 or of torchvision's DeepLabV3.
        colors: of an ONNX file; all other networks know their own.

    Raises:
        WeightsError: there is no such file, it cannot be read or fetched, or is of something else.
        InputError: the text is none of these, colors are given for no ONNX file, or a package that the
            network needs is not installed.
    """
    path = Path(model)
    is_onnx = path.suffix == ".onnx" and not model.startswith(_HUGGING_FACE)
    named = ", ".join(colors.given)
    require(is_onnx or not named, f"{named}: wanted an ONNX file, got {model!r}, which knows its own colors")
    if is_onnx:
        config = OnnxNetworkConfig(**colors.given)
        about = {"mean": config.mean, "std": config.std, "bgr": config.bgr}
        return Model(network=OnnxNetwork(path, config).eval(), classes=(), identity=identity(path) | about)
    if model == PUBLISHED:
        return _model(_published(), PASCAL_CLASSES, name=model)
    if model.startswith(_HUGGING_FACE):
        found = HuggingFaceNetwork(HuggingFaceConfig(model=model.removeprefix(_HUGGING_FACE)))
        return _model(found, found.classes, name=Path(model).name)
    require(
        path.suffix in SUFFIXES,
        f"model: wanted {PUBLISHED}, {_HUGGING_FACE}NAME, or a file that ends in .onnx, "
        f"{', '.join(SUFFIXES)}, got {model!r}",
    )
    network, classes = open_weights(path)
    return Model(network=network.eval(), classes=classes, identity=identity(path))


def _model(network: nn.Module, classes: tuple[str, ...], *, name: str) -> Model:
    return Model(
        network=network.eval(), classes=classes, identity={"name": name, "sha256": _digest(network, classes)}
    )


def _published() -> DeepLabV3:
    try:
        return DeepLabV3(pretrained=True)
    except WeightsError as error:
        models = optional("torchvision.models.segmentation", extra="train")
        url = models.DeepLabV3_ResNet50_Weights.COCO_WITH_VOC_LABELS_V1.url
        raise WeightsError(
            f"model: {PUBLISHED}: wanted its weights from {url}, got none ({error.__cause__}); put that file "
            f"into {torch.hub.get_dir()}/checkpoints, or give its path as the model"
        ) from error


def _digest(network: nn.Module, classes: tuple[str, ...]) -> str:
    """SHA-256 of all numbers of a network, those it normalizes colors with included, and of its classes."""
    digest = hashlib.sha256(repr(classes).encode())
    tensors: dict[str, Tensor] = dict(network.named_parameters()) | dict(network.named_buffers())
    for name in sorted(tensors):
        value = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name}\0{value.dtype}\0{tuple(value.shape)}\0".encode())
        digest.update(value.flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
