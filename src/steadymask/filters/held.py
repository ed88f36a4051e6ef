"""The masks of frames that wait: exactly what they were, in as few bytes as that takes."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from steadymask.arrays import PictureProbs


@dataclass(frozen=True)
class Held:
    """The probabilities of one frame; one of the three forms is there.

    Args:
        dtype: of the probabilities.
        classes: how many there are.
        labels: the class of each pixel, where all are certain.
        in_255: the objects' probabilities times 255, where those are whole numbers, as in 8-bit masks.
        exact: the probabilities themselves.
    """

    dtype: torch.dtype
    classes: int
    labels: UInt8[Tensor, "h w"] | None = None
    in_255: UInt8[Tensor, "objects h w"] | None = None
    exact: PictureProbs | None = None

    @property
    def probs(self) -> PictureProbs:
        """The probabilities, made anew at each call."""
        if self.labels is not None:
            return torch.stack([self.labels == number for number in range(self.classes)]).to(self.dtype)
        if self.in_255 is not None:
            return _with_rest(self.in_255.to(self.dtype) / 255)
        return self.exact  # type: ignore[return-value]  # one of the three is there


def held(probs: PictureProbs) -> Held:
    """Hold probabilities in the smallest form that gives back the same bits."""
    in_255 = (probs[1:] * 255).round().to(torch.uint8)
    if not torch.equal(_with_rest(in_255.to(probs.dtype) / 255), probs):
        return Held(probs.dtype, len(probs), exact=probs)
    certain = bool(((in_255 == 0) | (in_255 == 255)).all())
    if not certain or len(probs) > 256:
        return Held(probs.dtype, len(probs), in_255=in_255)
    labels = torch.zeros(probs.shape[1:], dtype=torch.uint8)
    for number, each in enumerate(in_255, start=1):
        labels.masked_fill_(each == 255, number)
    return Held(probs.dtype, len(probs), labels=labels)


def _with_rest(objects: Float[Tensor, "objects h w"]) -> PictureProbs:
    return torch.cat((1 - objects.sum(0, keepdim=True), objects))
