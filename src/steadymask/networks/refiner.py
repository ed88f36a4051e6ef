"""The multi-frame refiner: sees a run of frames with their masks, and says how the masks should change."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor, nn

from steadymask.errors import require
from steadymask.networks.normalization import Normalization
from steadymask.networks.refiner_deeplabv3 import deeplabv3_parts
from steadymask.networks.refiner_small import small_parts
from steadymask.networks.resized import resized

Encoder = Literal["small", "deeplabv3"]
Maps = tuple[Tensor, ...]
"""Features `b c i j` of frames or masks, from large maps to small ones."""

Parts = tuple[nn.Module, nn.Module, nn.Module, nn.Module]
"""The encoder of frames, that of masks, what fuses both, and the decoder."""

_CERTAIN = 4.0
_LEAST = torch.tensor(-_CERTAIN, dtype=torch.float64).sigmoid().item()


@dataclass(frozen=True, kw_only=True)
class RefinerConfig:
    """What a refiner sees, and what it sees it with.

    Args:
        frames: T, how many consecutive frames, odd.
        encoder: `small` for processors; `deeplabv3`, two ResNet-50 as in the paper, needs the extra `train`.
        width: channels of the small encoder at half the picture's size, a multiple of 8.
    """

    frames: int = 7
    encoder: Encoder = "small"
    width: int = 16

    def __post_init__(self) -> None:
        """Check the settings."""
        odd = self.frames in range(1, 10, 2)
        require(odd, f"frames: wanted an odd number from 1 to 9, got {self.frames}")
        known = get_args(Encoder)
        require(self.encoder in known, f"encoder: wanted {', '.join(known)}, got {self.encoder!r}")
        fits = self.width >= 8 and self.width % 8 == 0
        require(fits, f"width: wanted a multiple of 8 from 8 on, got {self.width}")


class Refiner(nn.Module):
    """Adds a residual to the logits of a run of frames, decoded from all of these frames together.

    It knows no classes: there is one map an object, above 0 where the object is, and several objects are
    several items of a batch. One encoder sees every frame, another every mask; what both find in a frame is
    made fewer channels, which are concatenated over the frames, and from these one decoder predicts the
    residuals of all. Before training they are 0. Frames may have any size.

    Args:
        config: its frames and encoder.

    Source: Azulay et al., Temporally stable video segmentation without video annotations, section 5.1.
    Deviates: features are made fewer before they are concatenated, 256 channels a frame with `deeplabv3`;
        the paper does not say so, but its decoder would have 200 million weights. `small` is ours; its
        decoder ends at half the picture's size.
    """

    name: ClassVar[str] = "refiner"

    def __init__(self, config: RefinerConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or RefinerConfig()
        self.normalization = Normalization()
        parts = _PARTS[config.encoder](config)
        self.frame_encoder, self.mask_encoder, self.fusion, self.decoder = parts

    def forward(
        self, frames: Float[Tensor, "b t 3 h w"], logits: Float[Tensor, "b t h w"]
    ) -> Float[Tensor, "b t h w"]:
        """Refine masks.

        Args:
            frames: a run of T frames, RGB in [0, 1].
            logits: of the object in each; certain is ±4 (`logits_of`).

        Returns:
            Logits, of the frames' own size.

        Raises:
            InputError: there are other than T frames.
        """
        count = self.config.frames
        require(frames.shape[1] == count, f"frames: wanted runs of {count}, got {frames.shape[1]}")
        maps = self.encoded(self.encoded_frames(frames.flatten(0, 1)), logits.flatten(0, 1))
        runs = [each.view(-1, count, *each.shape[1:]) for each in maps]
        return logits + resized(self.decoded(runs), (logits.shape[2], logits.shape[3]))

    def encoded_frames(self, frames: Float[Tensor, "b 3 h w"]) -> Maps:
        """What the encoder of frames finds in them, RGB in [0, 1]; the same for all objects."""
        return self.frame_encoder(self.normalization(frames))

    def encoded(self, frames: Maps, logits: Float[Tensor, "b h w"]) -> Maps:
        """What is known of each frame with its mask by itself.

        Args:
            frames: what `encoded_frames` gave, for as many frames as masks.
            logits: of the object in each.
        """
        masks = self.mask_encoder(logits[:, None] / _CERTAIN)
        return self.fusion([torch.cat(each, 1) for each in zip(frames, masks, strict=True)])

    def decoded(self, runs: Sequence[Tensor]) -> Float[Tensor, "b t i j"]:
        """Decode runs of T frames.

        Args:
            runs: what `encoded` gave for each frame, on each level `b t c i j`.

        Returns:
            What, enlarged to the frames' size (`resized`), is to be added to the logits.
        """
        return self.decoder([each.flatten(1, 2) for each in runs])


def logits_of(probs: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
    """Logits of an object's probabilities in [0, 1], from −4 to 4: as sure as masks may be for a refiner.

    >>> logits_of(torch.tensor([0.0, 0.5, 1.0])).round(decimals=4).tolist()
    [-4.0, 0.0, 4.0]
    """
    return torch.logit(_LEAST + probs * (1 - 2 * _LEAST))


def probs_of(logits: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
    """The way back from `logits_of`; ±4 and beyond are certain."""
    return ((logits.sigmoid() - _LEAST) / (1 - 2 * _LEAST)).clamp(0, 1)


def _small(config: RefinerConfig) -> Parts:
    return small_parts(frames=config.frames, width=config.width)


def _deeplabv3(config: RefinerConfig) -> Parts:
    return deeplabv3_parts(frames=config.frames)


_PARTS: Mapping[Encoder, Callable[[RefinerConfig], Parts]] = {
    "small": _small,
    "deeplabv3": _deeplabv3,
}
