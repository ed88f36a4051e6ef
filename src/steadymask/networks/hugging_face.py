"""Semantic segmentation models of Hugging Face's transformers; they give masks and are not trained here."""

from dataclasses import dataclass
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn, no_grad

from steadymask.errors import WeightsError, require
from steadymask.networks.normalization import IMAGENET_MEAN, IMAGENET_STD, Normalization
from steadymask.networks.optional import optional
from steadymask.networks.resized import resized


@dataclass(frozen=True, kw_only=True)
class HuggingFaceConfig:
    """Which model, and what its frames look like.

    Args:
        model: its name on the hub, or a folder that `save_pretrained` wrote.
        size: (h, w) that frames are resized to; None: the frames' own.
    """

    model: str
    size: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        """Check the settings."""
        require(bool(self.model), "model: wanted a name or a folder, got none")
        require(
            self.size is None or min(self.size) >= 1, f"size: wanted at least 1 pixel a side, got {self.size}"
        )


class HuggingFaceNetwork(nn.Module):
    """A model for semantic segmentation under the contract of our networks, for inference only.

    Mean and standard deviation are those of the model's image processor; ImageNet's where it has none. Its
    logits are enlarged with `align_corners=False`, as transformers does it. Code from the hub is never run.

    Args:
        config: which model.

    Raises:
        WeightsError: the model cannot be fetched or read, or does something else.
        InputError: transformers is not installed.
    """

    def __init__(self, config: HuggingFaceConfig) -> None:
        super().__init__()
        self.config = config
        transformers = optional("transformers", extra="hf")
        self.model: nn.Module = _loaded(transformers.AutoModelForSemanticSegmentation, config.model).eval()
        self.model.requires_grad_(False)
        self.normalization = Normalization(*_colors(transformers, config.model))
        labels = self.model.config.id2label
        self.classes = tuple(str(labels[each]) for each in sorted(labels))

    def forward(self, frames: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b k h w"]:
        """Segment RGB frames in [0, 1]; logits of their size, without a gradient."""
        own = (frames.shape[2], frames.shape[3])
        inputs = self.normalization(frames)
        if self.config.size not in (None, own):
            inputs = resized(inputs, self.config.size, align_corners=False)
        with no_grad():
            return resized(self.model(pixel_values=inputs).logits, own, align_corners=False)

    def train(self, mode: bool = True) -> "HuggingFaceNetwork":
        """Stay in evaluation mode."""
        return super().train(False)


def _loaded(kind: Any, name: str) -> Any:  # noqa: ANN401  # transformers has no types
    try:
        return kind.from_pretrained(name, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise WeightsError(
            f"{name}: wanted a model for semantic segmentation, from huggingface.co or a folder that "
            f"save_pretrained wrote, got none ({str(error).splitlines()[0]:.160})"
        ) from error


_Color = tuple[float, float, float]


def _colors(transformers: Any, name: str) -> tuple[_Color, _Color]:  # noqa: ANN401  # the same
    """Mean and std of the image processor; only its file is read, for a processor may need more packages."""
    try:
        content, _ = transformers.image_processing_utils.BaseImageProcessor.get_image_processor_dict(name)
    except OSError:
        return IMAGENET_MEAN, IMAGENET_STD
    if not content.get("do_normalize", True):
        return (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    mean_r, mean_g, mean_b = content.get("image_mean") or IMAGENET_MEAN
    std_r, std_g, std_b = content.get("image_std") or IMAGENET_STD
    return (mean_r, mean_g, mean_b), (std_r, std_g, std_b)
