"""The masks of one frame, as ids or as probabilities, and the way from one to the other."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from steadymask.arrays import PictureLabels, PictureProbs
from steadymask.errors import InputError, require
from steadymask.most_probable import most_probable


@dataclass(frozen=True, kw_only=True)
class MaskFrame:
    """The masks of one frame; either `labels` or `probs` is there.

    Args:
        index: position in the stream, from 0.
        stem: name of the frame, without suffix.
        labels: ids (int32); 0 background, −1 void.
        probs: probabilities (float32); class 0 is the background, they sum to 1.
    """

    index: int
    stem: str
    labels: PictureLabels | None = None
    probs: PictureProbs | None = None

    def __post_init__(self) -> None:
        """Check that there is one of the two."""
        require((self.labels is None) != (self.probs is None), f"{self.stem}: wanted either labels or probs")

    @property
    def size(self) -> tuple[int, int]:
        """(h, w) in pixels."""
        height, width = (self.labels if self.probs is None else self.probs).shape[-2:]  # type: ignore[union-attr]
        return height, width


def two_classes(object_probs: Float[Tensor, "h w"]) -> Float[Tensor, "2 h w"]:
    """The probability of one object as two classes: (1 − p, p)."""
    return torch.stack((1 - object_probs, object_probs))


def labels_of(frame: MaskFrame) -> PictureLabels:
    """The ids of a frame; of probabilities, the most probable class (the first of equals)."""
    if frame.labels is not None:
        return frame.labels
    return most_probable(frame.probs)  # type: ignore[arg-type]  # one of the two is there


def probs_of(frame: MaskFrame) -> PictureProbs:
    """The probabilities of a frame; ids become certainties of as many classes as the largest id asks for.

    Void counts as background.
    """
    if frame.probs is not None:
        return frame.probs
    labels = frame.labels.clamp(min=0).long()  # type: ignore[union-attr]  # one of the two is there
    classes = max(int(labels.max()) + 1, 2)
    if classes > 256:
        raise InputError(f"{frame.stem}: wanted ids up to 255 to turn into probabilities, got {classes - 1}")
    return torch.nn.functional.one_hot(labels, classes).permute(2, 0, 1).float()
