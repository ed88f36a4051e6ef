"""The steadiness of one set of masks, gathered while the clip streams by."""

import math
from array import array
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from steadymask.arrays import PictureLabels
from steadymask.metrics.agreement import Agreement
from steadymask.metrics.inconsistency import (
    InconsistencySums,
    area_factor,
    boundary_factor,
    boundary_size,
    extent,
    inconsistency,
    inconsistency_of_classes,
    inconsistency_of_pair,
)
from steadymask.metrics.series import means_over_pairs
from steadymask.metrics.smoothness import SmoothnessStream, SmoothnessSums, smoothness
from steadymask.metrics.stability_rate import StabilityRateSums, stability_rate, stability_rate_of_pair
from steadymask.metrics.temporal_consistency import (
    temporal_consistency,
    temporal_consistency_of_classes,
    warping_pixel_accuracy,
)

BY_MASKS = "inconsistency_by_masks_boundary"
"""Inconsistency per pixel of the *scored* masks' boundary: the same scale for masks, compare and truth."""


class Stability:
    """Fed with every frame and every pair; keeps a few numbers a frame, in few blocks.

    Small arrays that stay, one by one between the far larger ones of a frame, would leave holes in the heap.

    Args:
        classes: how many classes there are, background included.
        sigma: of smoothness, in frames.
    """

    def __init__(self, *, classes: int, sigma: float) -> None:
        self.sums = InconsistencySums(
            pairs=0, total=0.0, of_classes=torch.zeros(classes, dtype=torch.float64)
        )
        self._classes, self._sigma = classes, sigma
        self._pairs: list[tuple[int, int, float]] = []
        nothing = torch.zeros(classes, dtype=torch.int64)
        self._consistency = Agreement(pixels=nothing, lost=nothing, gained=nothing)
        self._rate = self._rate_at_edges = StabilityRateSums(total=0.0, pairs=0)
        self._consistencies: list[float] = []
        self._accuracies: list[float] = []
        self._boundaries: list[int] = []
        self._areas: list[int] = []
        self._boundaries_of_classes, self._areas_of_classes = array("i"), array("i")
        self._scene: SmoothnessStream | None = None
        self._smoothness: SmoothnessSums | None = None
        self._smoothnesses: list[float] = []
        self._frames = 0

    def frame(self, labels: PictureLabels | None, *, starts_scene: bool) -> None:
        """Look at the next frame; None where it has no masks."""
        self._frames += 1
        self._consistencies.append(math.nan)
        self._accuracies.append(math.nan)
        if labels is None:
            return
        measured = extent(labels, classes=self._classes)
        self._boundaries.append(measured.boundary)
        self._areas.append(measured.area)
        self._boundaries_of_classes.extend(measured.boundary_of_classes.tolist())
        self._areas_of_classes.extend(measured.area_of_classes.tolist())
        if starts_scene or self._scene is None:
            self._end_scene()
            self._scene = SmoothnessStream(sigma=self._sigma, classes=self._classes)
        self._add_smoothness(self._scene.push(labels))

    def pair(self, i: int, j: int, ij: Agreement, ji: Agreement) -> InconsistencySums:
        """Look at frames i < j, of which j is the last seen; return the disagreement of the two.

        Args:
            i: index of the earlier frame.
            j: index of the later one.
            ij: agreement on frame i's grid.
            ji: agreement on frame j's grid.
        """
        sums = inconsistency_of_pair(ij, ji)
        self.sums += sums
        if sums.pairs:
            self._pairs.append((i, j, sums.total))
        if j - i == 1:
            self._consistency += ji
            self._rate += stability_rate_of_pair(ji)
            self._consistencies[-1] = temporal_consistency(ji)
            self._accuracies[-1] = warping_pixel_accuracy(ji)
        return sums

    def at_edges(self, ji: Agreement) -> None:
        """Look at the agreement of the last frame with the one before it, near the truth's edge."""
        self._rate_at_edges += stability_rate_of_pair(ji)

    def finish(self) -> None:
        """End the last scene."""
        self._end_scene()

    def flicker(self, index: int) -> float:
        """The disagreement of frame `index` with its neighbors so far, without a factor; NaN without one."""
        near = [value for i, j, value in self._pairs[-16:] if index in (i, j)]
        return sum(near) / len(near) if near else math.nan

    @property
    def edge_pixels(self) -> int:
        """All pixels of the masks' edges, in all frames."""
        return sum(self._boundaries)

    def factor(self, pixels: int) -> float:
        """`H·W / N` of these masks."""
        return boundary_factor(self._boundaries, pixels=pixels)

    def overall(self, *, pixels: int, masks_factor: float | None = None) -> dict[str, float]:
        """Metric to number, NaN where undefined.

        Args:
            pixels: H·W.
            masks_factor: of the scored masks, where other masks or a truth are compared with them.
        """
        scores = {
            "inconsistency": inconsistency(self.sums, factor=self.factor(pixels)),
            "inconsistency_area": inconsistency(self.sums, factor=area_factor(self._areas, pixels=pixels)),
            "inconsistency_none": inconsistency(self.sums),
            "smoothness": self._whole_smoothness(boundary_size(self._boundaries)),
            "temporal_consistency": temporal_consistency(self._consistency),
            "warping_pixel_accuracy": warping_pixel_accuracy(self._consistency),
            "stability_rate_video_global": stability_rate(self._rate),
        }
        if self._rate_at_edges.pairs:
            scores["stability_rate_video_local"] = stability_rate(self._rate_at_edges)
        if masks_factor is not None:
            scores[BY_MASKS] = inconsistency(self.sums, factor=masks_factor)
        return scores

    def of_objects(self, *, pixels: int) -> list[dict[str, float]]:
        """The same of each class 1 … against all others, by its own extent."""
        values = inconsistency_of_classes(self.sums).tolist()
        boundaries = _columns(self._boundaries_of_classes, self._classes)
        areas = _columns(self._areas_of_classes, self._classes)
        consistent = temporal_consistency_of_classes(self._consistency).tolist()
        smooth = self._smoothness_of_classes().tolist()
        return [
            {
                "inconsistency": values[each] * boundary_factor(boundaries[each], pixels=pixels),
                "inconsistency_area": values[each] * area_factor(areas[each], pixels=pixels),
                "inconsistency_none": values[each],
                "smoothness": smooth[each] / boundary_size(boundaries[each]),
                "temporal_consistency": consistent[each],
            }
            for each in range(1, self._classes)
        ]

    def of_frames(self, *, pixels: int) -> dict[str, list[float]]:
        """Metric to a value for each frame of the clip."""
        factor, boundary = self.factor(pixels), boundary_size(self._boundaries)
        pairs = means_over_pairs(self._pairs, frames=self._frames)
        smooth = self._smoothnesses if self._is_dense else [math.nan] * self._frames
        return {
            "inconsistency": [factor * value for value in pairs],
            "smoothness": [value / boundary for value in smooth],
            "temporal_consistency": self._consistencies,
            "warping_pixel_accuracy": self._accuracies,
        }

    @property
    def _is_dense(self) -> bool:
        """Whether every frame had masks: smoothness in time knows no gaps."""
        return len(self._boundaries) == self._frames

    def _whole_smoothness(self, boundary: float) -> float:
        if self._smoothness is None or not self._is_dense:
            return math.nan
        return smoothness(self._smoothness, boundary=boundary)

    def _smoothness_of_classes(self) -> Float[Tensor, "k"]:
        if self._smoothness is None or not self._is_dense:
            return torch.full((self._classes,), math.nan, dtype=torch.float64)
        return self._smoothness.of_classes

    def _end_scene(self) -> None:
        if self._scene is not None:
            self._add_smoothness(self._scene.finish())
        self._scene = None

    def _add_smoothness(self, answers: Sequence[SmoothnessSums]) -> None:
        for each in answers:
            self._smoothnesses.append(each.total)
            self._smoothness = each if self._smoothness is None else self._smoothness + each


def _columns(rows: "array[int]", classes: int) -> list[list[int]]:
    """The course of each class over the frames."""
    columns: list[list[int]] = np.array(rows, np.int32).reshape(-1, classes).T.tolist()
    return columns
