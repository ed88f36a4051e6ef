"""The masks of frames that wait: exactly what they were, in as few bytes as that takes."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from steadymask.arrays import PictureProbs


@dataclass(frozen=True)
class Exact:
    """The probabilities themselves."""

    probs: PictureProbs


@dataclass(frozen=True)
class Bytes:
    """The objects' probabilities times 255, where those are whole numbers, as in 8-bit masks."""

    objects: UInt8[Tensor, "objects h w"]
    dtype: torch.dtype

    @property
    def probs(self) -> PictureProbs:
        """The probabilities, made anew at each call."""
        return _with_rest(self.objects.to(self.dtype) / 255)


@dataclass(frozen=True)
class Certain:
    """The class of each pixel, where all are certain."""

    labels: UInt8[Tensor, "h w"]
    classes: int
    dtype: torch.dtype

    @property
    def probs(self) -> PictureProbs:
        """The probabilities, made anew at each call."""
        return torch.stack([self.labels == number for number in range(self.classes)]).to(self.dtype)


Held = Exact | Bytes | Certain


def held(probs: PictureProbs) -> Held:
    """Hold probabilities in the smallest form that gives back the same bits."""
    objects = (probs[1:] * 255).round().to(torch.uint8)
    if not torch.equal(_with_rest(objects.to(probs.dtype) / 255), probs):
        return Exact(probs)
    certain = bool(((objects == 0) | (objects == 255)).all())
    if not certain or len(probs) > 256:
        return Bytes(objects, probs.dtype)
    labels = torch.zeros(probs.shape[1:], dtype=torch.uint8)
    for number, each in enumerate(objects, start=1):
        labels.masked_fill_(each == 255, number)
    return Certain(labels, len(probs), probs.dtype)


def _with_rest(objects: Float[Tensor, "objects h w"]) -> PictureProbs:
    return torch.cat((1 - objects.sum(0, keepdim=True), objects))
