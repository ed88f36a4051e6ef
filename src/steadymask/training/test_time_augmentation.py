"""What a network says of frames in several sizes and mirrored, as one answer."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import interpolate

from steadymask.errors import require


@dataclass(frozen=True, kw_only=True)
class TestTimeAugmentation:
    """The variations of a frame that are asked about.

    Args:
        scales: factors on its size.
        flip: mirrored too.
        multiple: sides are rounded to multiples of this.
    """

    __test__ = False  # its name begins as those of tests do

    scales: tuple[float, ...] = (0.75, 1.0, 1.25)
    flip: bool = True
    multiple: int = 8

    def __post_init__(self) -> None:
        """Check the settings."""
        good = bool(self.scales) and min(self.scales) > 0
        require(good, f"scales: wanted numbers above 0, got {self.scales}")
        require(self.multiple >= 1, f"multiple: wanted at least 1, got {self.multiple}")


@torch.no_grad()
def averaged_probs(
    network: nn.Module, frames: Float[Tensor, "b 3 h w"], settings: TestTimeAugmentation
) -> Float[Tensor, "b k h w"]:
    """The mean of the probabilities over all variations, each brought back to the frames' size.

    Args:
        network: from frames to logits of their size, in evaluation mode.
        frames: RGB in [0, 1].
        settings: the variations.

    Source: Liu et al., Efficient video segmentation models with per-frame inference, algorithm 1, step 2.
    """
    size = (frames.shape[2], frames.shape[3])
    found = []
    for scale in settings.scales:
        scaled = _scaled(frames, scale, settings.multiple)
        found.append(_probs(network, scaled, size))
        if settings.flip:
            found.append(_probs(network, scaled.flip(3), size).flip(3))
    return torch.stack(found).mean(0)


def _scaled(
    frames: Float[Tensor, "b 3 h w"], scale: float, multiple: int
) -> Float[Tensor, "b 3 rows columns"]:
    if scale == 1:
        return frames
    height, width = (max(round(side * scale / multiple), 1) * multiple for side in frames.shape[2:])
    return interpolate(frames, (height, width), mode="bilinear", align_corners=True, antialias=False)


def _probs(
    network: nn.Module, frames: Float[Tensor, "b 3 rows columns"], size: tuple[int, int]
) -> Float[Tensor, "b k h w"]:
    probs: Tensor = network(frames).softmax(1)
    if tuple(probs.shape[2:]) == size:
        return probs
    return interpolate(probs, size, mode="bilinear", align_corners=True)
