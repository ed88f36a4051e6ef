"""Lovász-softmax and Lovász hinge: the intersection over union as a loss that can be optimized."""

from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from steadymask.errors import require

Classes = Literal["present", "all"] | list[int] | tuple[int, ...]


def lovasz_softmax_loss(
    probs: Float[Tensor, "b k h w"],
    labels: Int[Tensor, "b h w"],
    *,
    where: Bool[Tensor, "b h w"] | None = None,
    per_image: bool = False,
    classes: Classes = "present",
) -> Float[Tensor, ""]:
    """The Lovász extension of 1 − IoU, averaged over classes; in [0, 1], lower is better.

    For probabilities of 0 and 1 it is one minus the IoU of the classes. Without a pixel or class it is 0.

    Args:
        probs: after softmax; a single map if `classes` names a single class, which it is then of.
        labels: below k; −1 is void, which counts nowhere.
        where: the pixels that count; None for all.
        per_image: take the IoU of each image and average, instead of one IoU over the batch.
        classes: those that the labels show (per image, where it is per image), all, or a choice of them.

    Raises:
        InputError: a class that `probs` has no map of.

    Source: Berman, Triki, Blaschko, The Lovász-softmax loss (2018), eq. 11 and algorithm 1.
    Deviates: an image without a pixel to compare counts as 0; the weights are computed in closed form, not as
        differences of IoUs, which is more exact in single precision.
    """
    valid = labels >= 0 if where is None else where & (labels >= 0)
    chosen = probs.new_zeros(len(labels) if per_image else 1)
    losses = chosen + probs[:0].sum()  # keeps the graph where nothing is to compare
    for each in _candidates(labels, valid, classes, maps=probs.shape[1]):
        foreground = _rows((labels == each) & valid, per_image=per_image)
        of_class = probs[:, each if probs.shape[1] > 1 else 0]
        errors = _rows(((labels == each).to(probs.dtype) - of_class).abs(), per_image=per_image)
        counts = foreground.any(1).to(probs.dtype) if classes == "present" else torch.ones_like(chosen)
        losses = losses + counts * _extension(errors, foreground, _rows(valid, per_image=per_image))
        chosen = chosen + counts
    return (losses / chosen.clamp(min=1)).mean()


def lovasz_hinge_loss(
    logits: Float[Tensor, "b h w"],
    labels: Int[Tensor, "b h w"],
    *,
    where: Bool[Tensor, "b h w"] | None = None,
    per_image: bool = True,
) -> Float[Tensor, ""]:
    """The Lovász extension of 1 − IoU of a foreground, over hinge errors; from 0, lower is better.

    Args:
        logits: above 0 is foreground; of two maps take foreground minus background.
        labels: 1 is foreground, 0 background, −1 void, which counts nowhere.
        where: the pixels that count; None for all.
        per_image: take the IoU of each image and average, instead of one IoU over the batch.

    Source: Berman, Triki, Blaschko (2018), section 3; the errors are clipped at 0, as in the published code.
    """
    valid = labels >= 0 if where is None else where & (labels >= 0)
    errors = (1 - logits * (2 * labels - 1)).relu()
    rows = [_rows(each, per_image=per_image) for each in (errors, (labels == 1) & valid, valid)]
    return _extension(*rows).mean()


class LovaszSoftmaxLoss(nn.Module):
    """`lovasz_softmax_loss` as a module."""

    def __init__(self, *, per_image: bool = False, classes: Classes = "present") -> None:
        super().__init__()
        self.per_image = per_image
        self.classes = classes

    def forward(
        self,
        probs: Float[Tensor, "b k h w"],
        labels: Int[Tensor, "b h w"],
        *,
        where: Bool[Tensor, "b h w"] | None = None,
    ) -> Float[Tensor, ""]:
        """See `lovasz_softmax_loss`."""
        return lovasz_softmax_loss(probs, labels, where=where, per_image=self.per_image, classes=self.classes)


class LovaszHingeLoss(nn.Module):
    """`lovasz_hinge_loss` as a module."""

    def __init__(self, *, per_image: bool = True) -> None:
        super().__init__()
        self.per_image = per_image

    def forward(
        self,
        logits: Float[Tensor, "b h w"],
        labels: Int[Tensor, "b h w"],
        *,
        where: Bool[Tensor, "b h w"] | None = None,
    ) -> Float[Tensor, ""]:
        """See `lovasz_hinge_loss`."""
        return lovasz_hinge_loss(logits, labels, where=where, per_image=self.per_image)


def _candidates(
    labels: Int[Tensor, "b h w"], valid: Bool[Tensor, "b h w"], classes: Classes, *, maps: int
) -> list[int]:
    """The classes to look at: of the present ones those that any image shows."""
    if classes == "present" and not torch.compiler.is_compiling():
        found: list[int] = torch.unique(labels[valid]).tolist()
        require(max(found, default=0) < maps, f"labels: wanted ids below {maps}, got {max(found, default=0)}")
        return found
    if isinstance(classes, str):
        return list(range(maps))
    named = list(classes)
    require(
        maps == len(named) == 1 or all(0 <= each < maps for each in named),
        f"classes: wanted ids below {maps}, the number of maps, got {named}",
    )
    return named


def _rows(values: Tensor, *, per_image: bool) -> Tensor:
    """One row of pixels for each IoU that is taken."""
    return values.flatten(1) if per_image else values.reshape(1, -1)


def _extension(
    errors: Float[Tensor, "n p"], foreground: Bool[Tensor, "n p"], valid: Bool[Tensor, "n p"]
) -> Float[Tensor, "n"]:
    """The Lovász extension of the Jaccard loss at non-negative errors, linear in them for a given order."""
    errors = torch.where(valid, errors, 0)
    return (errors * _weights(errors.detach(), foreground, valid)).sum(1)


@torch.no_grad()
def _weights(
    errors: Float[Tensor, "n p"], foreground: Bool[Tensor, "n p"], valid: Bool[Tensor, "n p"]
) -> Float[Tensor, "n p"]:
    """How much the Jaccard loss grows when a pixel joins those with larger errors.

    A foreground pixel leaves the union U as it is and adds 1/U; another one takes it from U − 1 to U and adds
    I/(U (U − 1)), I being the intersection that is left.
    """
    order = torch.where(valid, errors, -1).argsort(1, descending=True)
    true, known = foreground.gather(1, order), valid.gather(1, order)
    positives = true.sum(1, keepdim=True)
    intersection = positives - true.cumsum(1)
    union = positives + (known & ~true).cumsum(1)
    union, smaller = union.clamp(min=1).to(errors.dtype), (union - 1).clamp(min=1).to(errors.dtype)
    weights = torch.where(true, 1 / union, intersection / (union * smaller))
    weights[:, 0] += (positives[:, 0] == 0).to(errors.dtype)  # no foreground: any error makes the IoU 0
    return torch.zeros_like(errors).scatter_(1, order, weights * known)
