"""Thin parts: lines, limbs and straps, which flow cannot follow and votes along it would therefore erase."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class ThinParts:
    """What counts as a thin part, in pixels.

    Args:
        radius: a disk of this radius does not fit into a thin part.
        apart: how far from what is left a lost pixel must lie; closer by, the edge has only moved.
        near: how far from its place a part may be in the frames around and still be the same.
        support: least share of a part that the frames of one side, past or future, must have near.
        trust: how far flow must be trusted at a part: where it cannot be followed, that frames have something
            near says little.
    """

    radius: int
    apart: int
    near: int
    support: float
    trust: float

    def of(self, mask: Mask) -> Mask:
        """The thin parts of a mask, grown by `near`, so that a part is met where flow misses it."""
        return np.asarray(cv2.dilate(self._thin(mask), _disk(self.near)), np.uint8)

    def lost(self, before: Mask, after: Mask) -> NDArray[np.int32]:
        """Numbers of the thin parts of `before` that `after` lacks, from 1; 0 elsewhere."""
        lost = self._thin(before) & (1 - after)
        if not lost.any():
            return np.zeros(lost.shape, np.int32)
        distance = cv2.distanceTransform(1 - after, cv2.DIST_L2, 3) if after.any() else np.inf
        far = (lost & (distance > self.apart)).astype(np.uint8)
        grown = lost & np.asarray(cv2.dilate(far, _disk(self.apart)), np.uint8)
        _, numbers = cv2.connectedComponents(grown, connectivity=8, ltype=cv2.CV_32S)
        return np.asarray(numbers, np.int32)

    def supported(
        self,
        numbers: NDArray[np.int32],
        sides: Sequence[NDArray[np.float32]],
        trust: NDArray[np.float32],
    ) -> NDArray[np.bool_]:
        """Whether each part is near in the frames of either side, and flow is to be trusted there.

        Args:
            numbers: of the part, by pixel; 0 is none.
            sides: for the past and for the future, the share of frames that have it near, by pixel.
            trust: in flow, from 0 to 1, by pixel.
        """
        size = np.maximum(np.bincount(numbers), 1)
        past, future, trusted = (
            np.bincount(numbers, each, minlength=len(size)) / size for each in (*sides, trust)
        )
        supported: NDArray[np.bool_] = np.maximum(past, future) >= self.support
        supported &= trusted >= self.trust
        supported[0] = False
        return supported

    def _thin(self, mask: Mask) -> Mask:
        return mask & (1 - np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, _disk(self.radius)), np.uint8))


def _disk(radius: int) -> Mask:
    size = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)
