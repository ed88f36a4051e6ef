"""Thin parts: lines, limbs and straps, which flow cannot follow and votes along it would therefore erase."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]
Numbers = NDArray[np.int32]
Values = NDArray[np.float32]
Flags = NDArray[np.bool_]

_APART, _NEAR = 0.0123, 0.008  # of the diagonal


@dataclass(frozen=True, kw_only=True)
class ThinParts:
    """What counts as a thin part, in pixels.

    Args:
        radius: a disk of this radius does not fit into a thin part.
        apart: how far from what is left a lost pixel must lie; closer by, the edge has only moved.
        near: how far from its place a part may be in the frames around and still be the same.
        least: pixels of a lost part; fewer are a speck.
    """

    radius: int
    apart: int
    near: int
    least: int

    def of(self, probs: Values) -> Mask:
        """The thin parts of an object, grown by `near`, so that a part is met where flow misses it."""
        return np.asarray(cv2.dilate(self._thin(_present(probs)), _disk(self.near)), np.uint8)

    def lost(self, probs: Values, result: Values) -> Numbers:
        """Numbers of the thin parts of an object that a filter's result lacks, above 0; 0 elsewhere."""
        numbers = np.zeros(probs.shape, np.int32)
        before, after = _present(probs), _present(result)
        gone = before & (1 - after)
        if gone.any():
            there = self._around(gone)
            numbers[there] = self._numbered(before[there], after[there], gone[there])
        return numbers

    def _numbered(self, before: Mask, after: Mask, gone: Mask) -> Numbers:
        """The same within a box. Most frames have nothing far from what is left, and need no more."""
        distance = cv2.distanceTransform(1 - after, cv2.DIST_L2, 3) if after.any() else np.inf
        far = gone & (distance > self.apart)
        if not far.any():
            return np.zeros(before.shape, np.int32)
        lost = self._thin(before) & gone
        grown = lost & np.asarray(cv2.dilate(lost & far, _disk(self.apart)), np.uint8)
        numbers = np.asarray(cv2.connectedComponents(grown, connectivity=8, ltype=cv2.CV_32S)[1], np.int32)
        specks = np.bincount(numbers.reshape(-1)) < self.least
        numbers[specks[numbers]] = 0
        return numbers

    def _around(self, mask: Mask) -> tuple[slice, slice]:
        """The box around a mask, and as far around as what is thin or lost there depends on."""
        x, y, width, height = cv2.boundingRect(mask)
        margin = max(2 * self.radius, self.apart) + 1
        return (
            slice(max(0, y - margin), y + height + margin),
            slice(max(0, x - margin), x + width + margin),
        )

    def _thin(self, mask: Mask) -> Mask:
        return mask & (1 - np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, _disk(self.radius)), np.uint8))


def supported(numbers: Numbers, sides: Sequence[Values], *, least: float) -> Flags:
    """Which pixels belong to a part that is near in the frames of either side.

    Args:
        numbers: of the part, by pixel; 0 is none.
        sides: for the past and for the future, the share of frames that have it near, by pixel.
        least: share that suffices, as the mean over a part.
    """
    near: Flags = np.max([_mean_over_parts(numbers, each) for each in sides], axis=0) >= least
    return near & (numbers > 0)


def followed(numbers: Numbers, trust: Values, *, least: float) -> Flags:
    """Which pixels belong to a part where flow can be followed far: elsewhere, what lies there says little.

    Args:
        numbers: of the part, by pixel; 0 is none.
        trust: in flow to a frame far away, from 0 to 1, by pixel.
        least: trust that suffices, as the mean over a part.
    """
    return (_mean_over_parts(numbers, trust) >= least) & (numbers > 0)


def thin_parts_in(shape: tuple[int, ...], *, thin: float, speck: float = 0.0) -> ThinParts:
    """What counts in a picture of the size (h, w).

    Args:
        shape: rows and columns.
        thin: parts narrower than this are thin, as a share of the diagonal.
        speck: side of a square that a lost part is at least as large as, likewise.
    """
    diagonal = hypot(*shape)
    return ThinParts(
        radius=max(1, round(thin * diagonal / 2)),
        apart=max(1, round(_APART * diagonal)),
        near=max(1, round(_NEAR * diagonal)),
        least=round((speck * diagonal) ** 2),
    )


def _mean_over_parts(numbers: Numbers, values: Values) -> NDArray[np.float64]:
    size = np.maximum(np.bincount(numbers), 1)
    mean: NDArray[np.float64] = (np.bincount(numbers, values, minlength=len(size)) / size)[numbers]
    return mean


def _present(probs: Values) -> Mask:
    return (probs > 0.5).astype(np.uint8)


def _disk(radius: int) -> Mask:
    size = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)
