"""Scores as published scripts compute them, and in windows, gathered while a clip streams by."""

from collections.abc import Mapping
from typing import Any

import torch

from steadymask.arrays import PictureFlow, PictureLabels
from steadymask.metrics.agreement import Agreement
from steadymask.metrics.temporal_consistency import (
    Recipe,
    temporal_consistency,
    temporal_consistency_sums,
)
from steadymask.metrics.video_consistency import (
    VideoConsistencyStream,
    VideoConsistencySums,
    video_consistency,
)
from steadymask.tasks.clip_accuracy import as_lists

_RECIPES: tuple[Recipe, ...] = ("etc", "vspw")
_WINDOWS = (8, 16)


class Recipes:
    """Temporal consistency by the recipes `etc` and `vspw`, which bring the next frame onto the current one.

    They know no void: it is one more class where it is there at all.

    Args:
        classes: how many there are, with one for void.
    """

    def __init__(self, *, classes: int) -> None:
        self._classes = classes
        nothing = torch.zeros(classes + 1, dtype=torch.int64)
        self._sums = {name: Agreement(pixels=nothing, lost=nothing, gained=nothing) for name in _RECIPES}

    def pair(self, labels: PictureLabels, labels_next: PictureLabels, flow: PictureFlow) -> None:
        """Look at two frames; `flow` says where each pixel of the first lies in the next."""
        now, after = (torch.where(each < 0, self._classes, each.int()) for each in (labels, labels_next))
        for name in _RECIPES:
            self._sums[name] += temporal_consistency_sums(
                now, after, flow, classes=self._classes + 1, recipe=name
            )

    def overall(self) -> dict[str, float]:
        """By the names of the contract."""
        return recipes_of(self._void_first())

    def sums(self) -> dict[str, Any]:
        """What a whole data set adds up: the scripts have one sum over all clips."""
        return {f"temporal_consistency_{name}": as_lists(each) for name, each in self._void_first().items()}

    def _void_first(self) -> dict[Recipe, Agreement]:
        """Where clips of other numbers of classes have it too."""
        return {
            name: Agreement(pixels=each.pixels.roll(1), lost=each.lost.roll(1), gained=each.gained.roll(1))
            for name, each in self._sums.items()
        }


def recipes_of(sums: Mapping[Recipe, Agreement]) -> dict[str, float]:
    """Scores by recipe.

    Args:
        sums: with void as their first class, which counts only where it is there; any other class that
            nobody has is the recipe's own affair.
    """
    return {
        f"temporal_consistency_{name}": temporal_consistency(_without_absent_void(each), recipe=name)
        for name, each in sums.items()
    }


def _without_absent_void(sums: Agreement) -> Agreement:
    first = 0 if int(sums.union[0]) else 1
    return Agreement(pixels=sums.pixels[first:], lost=sums.lost[first:], gained=sums.gained[first:])


class VideoConsistencies:
    """Video consistency in windows of 8 and 16 frames, strict and, if wanted, as the VSPW script does it.

    Args:
        vspw: whether that is wanted.
    """

    def __init__(self, *, vspw: bool) -> None:
        nothing = VideoConsistencySums(total=0.0, windows=0)
        self._streams = {
            _key(frames, recipe): VideoConsistencyStream(frames=frames, recipe=recipe)
            for frames in _WINDOWS
            for recipe in ("strict", *(("vspw",) if vspw else ()))
        }
        self._sums = dict.fromkeys(self._streams, nothing)

    def frame(self, labels: PictureLabels, truth: PictureLabels) -> None:
        """Look at the next frame."""
        for key, stream in self._streams.items():
            self._sums[key] += stream.push(labels, truth)

    def overall(self) -> dict[str, float]:
        """By the names of the contract."""
        return {key: video_consistency(sums) for key, sums in self._sums.items()}

    def sums(self) -> dict[str, Any]:
        """Nothing: means are taken over clips."""
        return {}


def _key(frames: int, recipe: str) -> str:
    return f"video_consistency_{frames}" + ("" if recipe == "strict" else f"_{recipe}")
