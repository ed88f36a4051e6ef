"""How far contours jump from frame to frame: a measure of flicker that knows no flow."""

import math

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from steadymask.arrays import PictureLabels
from steadymask.edges import label_edge

REACH = 20.0  # pixels; a contour that is farther away, or not there, counts as so far

Points = NDArray[np.float32]  # rows and columns
_Seen = tuple[Points | None, Points]  # contour, center of the truth


class ContourJitter:
    """Mean symmetric distance of the contours of consecutive masks, in pixels; lower is steadier.

    The earlier contour is moved by the way of the *truth's* centroid: the same for every row, so that no
    row's own flicker is compensated. The mean distance from each of its pixels to the nearest of the later
    contour, and the same the other way round, are averaged. Distances are cut at 20 pixels; a contour that
    only one of the frames has counts 20; frames without truth, and pairs without any contour, are skipped.
    Turning and deforming objects move their contours too: the truth's own value is the floor.
    """

    def __init__(self) -> None:
        self._before: _Seen | None = None
        self._distances: list[float] = []

    def frame(self, labels: PictureLabels, truth: PictureLabels) -> None:
        """Look at the next frame."""
        inside = _points(truth > 0)
        now = None if inside is None else (_points(label_edge(labels > 0)), inside.mean(0))
        if now is not None and self._before is not None:
            self._distances += _distances(self._before, now, (labels.shape[0], labels.shape[1]))
        self._before = now

    @property
    def mean(self) -> float:
        """Over the pairs of frames; NaN without one."""
        return float(np.mean(self._distances)) if self._distances else math.nan


def _distances(before: _Seen, now: _Seen, size: tuple[int, int]) -> list[float]:
    """The distance of two contours, if there is one."""
    (old, old_center), (new, new_center) = before, now
    if old is None and new is None:
        return []
    if old is None or new is None:
        return [REACH]
    way = new_center - old_center
    return [(_distance(old + way, new, size) + _distance(new - way, old, size)) / 2]


def _distance(moved: Points, contour: Points, size: tuple[int, int]) -> float:
    """Mean from each moved point, clamped into the picture, to the nearest point of the contour."""
    free = np.ones(size, np.uint8)
    free[tuple(contour.astype(int).T)] = 0
    distance = cv2.distanceTransform(free, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    places = np.clip(np.rint(moved), 0, np.array(size) - 1).astype(int)
    return float(np.minimum(distance[tuple(places.T)], REACH).mean())


def _points(mask: torch.Tensor) -> Points | None:
    found = mask.nonzero().numpy().astype(np.float32)
    return found if len(found) else None
