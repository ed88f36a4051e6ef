"""Encoders of timm: feature maps of a picture at several sizes, trained on ImageNet if asked for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from jaxtyping import Float
from torch import Tensor, nn

from steadymask.errors import WeightsError, require
from steadymask.networks.optional import optional
from steadymask.state_dict import load_exactly
from steadymask.state_file import read_state

EncoderName = Literal["resnet18", "resnet50", "resnet101", "mobilenetv2", "hrnet_w18", "hrnet_w18_small_v2"]
# Layers that only classification uses; a file may hold them, and nothing else beside the encoder.
_CLASSIFICATION = (
    "fc.",
    "classifier.",
    "conv_head.",
    "bn2.",
    "incre_modules.",
    "downsamp_modules.",
    "final_layer.",
)


@dataclass(frozen=True, kw_only=True)
class _Known:
    name: str
    multiple: int = 1


_KNOWN = {
    "resnet18": _Known(name="resnet18"),
    "resnet50": _Known(name="resnet50"),
    "resnet101": _Known(name="resnet101"),
    "mobilenetv2": _Known(name="mobilenetv2_100"),
    # HRNets add maps of four sizes, which only fit where all of them are whole.
    "hrnet_w18": _Known(name="hrnet_w18", multiple=32),
    "hrnet_w18_small_v2": _Known(name="hrnet_w18_small_v2", multiple=32),
}


def require_encoder(name: str) -> None:
    """Raise an `InputError` unless there is an encoder of this name."""
    require(name in _KNOWN, f"encoder: wanted one of {', '.join(_KNOWN)}, got {name!r}")


class TimmEncoder(nn.Module):
    """Feature maps of normalized pictures, from the largest (half the size) to the last.

    Args:
        name: of the architecture.
        stride: how many times smaller than the picture the smallest maps of ResNets and MobileNet are; later
            levels are dilated instead. HRNets keep all four of theirs, a quarter to a 32nd of the picture.
        pretrained: fetch weights for ImageNet from timm's hub.
        weights: a file of these weights instead.

    Raises:
        WeightsError: the weights cannot be fetched or read, or are of another network.
    """

    def __init__(
        self, name: EncoderName, *, stride: Literal[8, 16] = 8, pretrained: bool, weights: Path | None
    ) -> None:
        super().__init__()
        require_encoder(name)
        self.name = name
        self.multiple = _KNOWN[name].multiple
        options: dict[str, Any] = {"feature_location": ""} if self.is_hrnet else {"output_stride": stride}
        self.body = _made(_KNOWN[name].name, options, pretrained=pretrained and weights is None)
        self.channels: list[int] = self.body.feature_info.channels()
        if weights is not None:
            state, _ = read_state(weights)
            kept = {key: value for key, value in state.items() if not key.startswith(_CLASSIFICATION)}
            load_exactly(self.body, kept, where=f"{weights} ({name})")

    @property
    def is_hrnet(self) -> bool:
        """Whether the last four maps belong together, at several sizes."""
        return self.name.startswith("hrnet")

    def forward(self, x: Float[Tensor, "b 3 h w"]) -> list[Tensor]:
        """Five maps, `b c h w`."""
        return list(self.body(x))


def _made(name: str, options: dict[str, Any], *, pretrained: bool) -> Any:  # noqa: ANN401  # timm has no types
    timm = optional("timm", extra="train")
    try:
        return timm.create_model(name, features_only=True, pretrained=pretrained, **options)
    except OSError as error:
        source = timm.create_model(name, pretrained=False).pretrained_cfg["hf_hub_id"]
        raise WeightsError(
            f"{name}: wanted its weights for ImageNet from huggingface.co/{source}, got none "
            f"({type(error).__name__}); fetch model.safetensors from there and give its path as `weights`, "
            f"or begin without (pretrained=False)"
        ) from error
