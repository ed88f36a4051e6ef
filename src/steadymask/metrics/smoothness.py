"""Smoothness: how far labels are from what a Gaussian over time makes of them."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from steadymask.arrays import PictureLabels
from steadymask.errors import require
from steadymask.metrics.agreement import areas
from steadymask.temporal_gaussian import gaussian_radius, gaussian_weights

_TIE = 1e-6  # votes are sums of float32 weights: what lies closer is a tie
_BLOCK = 1 << 16  # pixels voted on at once, so that memory does not depend on how much moves


def smoothness_sigma(fps: float) -> float:
    """The kernel's standard deviation in frames: 0.15 s, or one frame at 7 frames a second and less.

    >>> smoothness_sigma(20.0), smoothness_sigma(6.0)
    (3.0, 1.0)
    """
    require(fps > 0, f"fps: wanted a positive number, got {fps}")
    return 1.0 if fps <= 7 else 0.15 * fps


@dataclass(frozen=True, kw_only=True)
class SmoothnessSums:
    """Sums over the frames of a clip.

    Args:
        total: `Σ_t ‖1[O_t ≠ S_t]‖₂`, the roots of how many pixels of a frame differ from the smoothed labels.
        of_classes: the same of each class against all others.
    """

    total: float
    of_classes: Float[Tensor, "k"]

    def __add__(self, other: "SmoothnessSums") -> "SmoothnessSums":
        return SmoothnessSums(total=self.total + other.total, of_classes=self.of_classes + other.of_classes)


def smoothness_sums(labels: Int[Tensor, "t h w"], *, sigma: float, classes: int) -> SmoothnessSums:
    """The smoothness of a clip, or of one scene of it; `SmoothnessStream` is the same frame by frame.

    Args:
        labels: below `classes`; −1 is void, which neither votes nor counts.
        sigma: of the temporal Gaussian, in frames; see `smoothness_sigma`.
        classes: how many classes there are.

    Source: Azulay et al., Temporally stable video segmentation without video annotations, eq. 2; Eilertsen
        et al., Single-frame regularization for temporally stable CNNs (2019).
    """
    sums = SmoothnessSums(total=0.0, of_classes=torch.zeros(classes, dtype=torch.float64))
    for each in smoothness_of_frames(labels, sigma=sigma, classes=classes):
        sums += each
    return sums


def smoothness(sums: SmoothnessSums, *, boundary: float = 1.0) -> float:
    """Sum over the clip per pixel of boundary; from 0, lower is better; grows with the clip's length.

    Args:
        sums: of all frames of the clip.
        boundary: N, the clip's `boundary_size`; NaN makes the value NaN.
    """
    return sums.total / boundary


def smoothness_of_frames(
    labels: Iterable[PictureLabels], *, sigma: float, classes: int
) -> Iterator[SmoothnessSums]:
    """Yield the sums of each frame, in order, in constant memory."""
    stream = SmoothnessStream(sigma=sigma, classes=classes)
    for each in labels:
        yield from stream.push(each)
    yield from stream.finish()


class SmoothnessStream:
    """The smoothness of one scene, fed frame by frame; answers lag by as many frames as the kernel reaches.

    Args:
        sigma: of the temporal Gaussian, in frames.
        classes: how many classes there are.
    """

    def __init__(self, *, sigma: float, classes: int) -> None:
        self._sigma, self._classes = sigma, classes
        self._radius = gaussian_radius(sigma)
        self._dtype = next(
            each for each in (torch.int8, torch.int16, torch.int32) if classes <= torch.iinfo(each).max
        )
        self._window: list[PictureLabels] = []
        self._present: list[Int[Tensor, "k"]] = []
        self._pushed = self._answered = 0

    def push(self, labels: PictureLabels) -> list[SmoothnessSums]:
        """Take the next frame; return the sums of the frame whose kernel it completes, if there is one."""
        labels = labels.to(self._dtype)
        self._window.append(labels)
        self._present.append(areas(labels, classes=self._classes))
        self._pushed += 1
        return [self._answer()] if self._pushed > self._radius else []

    def finish(self) -> list[SmoothnessSums]:
        """End the scene; return the sums of the frames still waiting."""
        return [self._answer() for _ in range(self._pushed - self._answered)]

    def _answer(self) -> SmoothnessSums:
        center = self._answered - (self._pushed - len(self._window))
        weights = gaussian_weights(self._sigma, past=center, future=len(self._window) - 1 - center)
        unsure = _unsure(self._window, center, weights)
        present = torch.stack(self._present).sum(0).nonzero()[:, 0].tolist()
        total, of_classes = 0, torch.zeros(self._classes, dtype=torch.int64)
        for pixels in torch.split(unsure, _BLOCK):
            votes = torch.stack([labels.flatten()[pixels] for labels in self._window])
            differs, differ = _outvoted(votes, center, weights, present)
            total += int(differs.count_nonzero())
            of_classes[present] += torch.stack([each.count_nonzero() for each in differ])
        self._answered += 1
        if center >= self._radius:
            del self._window[0], self._present[0]
        return SmoothnessSums(total=math.sqrt(total), of_classes=of_classes.double().sqrt())


def _unsure(window: list[PictureLabels], center: int, weights: Float[Tensor, "t"]) -> Int[Tensor, "n"]:
    """The pixels that could be outvoted: all but those whose nearest frames, half of the weight, agree."""
    changed = torch.zeros_like(window[center], dtype=torch.bool)
    half, reach = float(weights[center]), 0
    while half <= 0.5 + _TIE and reach < len(window):
        reach += 1
        for each in (center - reach, center + reach):
            if 0 <= each < len(window):
                changed |= window[each] != window[center]
                half += float(weights[each])
    return changed.flatten().nonzero()[:, 0]


def _outvoted(
    votes: Int[Tensor, "t n"], center: int, weights: Float[Tensor, "t"], classes: list[int]
) -> tuple[Bool[Tensor, "n"], list[Bool[Tensor, "n"]]]:
    """Where frame t's label is outvoted: by any other class; and for each class against all others."""
    own = votes[center]
    known = own >= 0
    own_weight = weights @ (votes == own).float()
    all_weight = weights @ (votes >= 0).float()
    outvoted, each_outvoted = torch.zeros_like(known), []
    for each in classes:
        weight = weights @ (votes == each).float()
        outvoted |= weight > own_weight + _TIE
        lead = 2 * weight - all_weight  # over all others together
        each_outvoted.append(torch.where(own == each, lead < -_TIE, lead > _TIE) & known)
    return outvoted & known, each_outvoted
