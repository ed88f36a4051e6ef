"""From fused probabilities to an outline: leaning out a little, and smooth.

A vote shrinks objects: what is thin or moves fast is found at slightly different places, and falls below one
half at each of them. So close to the outline a smaller share of the votes suffices. And a vote is counted for
each pixel alone, so that its outline is ragged where the votes are about even; it is smoothed there.
"""

from dataclasses import dataclass
from math import ceil, hypot, log

import cv2
import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32]

_REACH = 0.003  # of the diagonal


@dataclass(frozen=True, kw_only=True)
class Outline:
    """How outlines are drawn, lengths in pixels.

    Args:
        threshold: probability that suffices close to an outline; 0.5 leaves outlines where they are.
        reach: how far from what is above 0.5 that holds.
        sigma: standard deviation of the Gaussian that smooths; 0 does not.
    """

    threshold: float
    reach: int
    sigma: float

    def drawn_all(self, fused: Values, before: Values) -> Values:
        """`drawn` for each of `k` objects, `k h w`."""
        return np.stack([self.drawn(*each) for each in zip(fused, before, strict=True)])

    def drawn(self, fused: Values, before: Values) -> Values:
        """The probabilities with their outlines leaned out and smoothed.

        Where the frames agree, `fused` is what the frame was `before`, and stays: masks of a still video are
        left alone, however soft.

        Args:
            fused: one object's probabilities after the fusion, `h w`.
            before: those of the frame itself.
        """
        there = self._where(fused, before)
        if there is None:
            return fused
        drawn = fused.copy()
        drawn[there] = self._drawn(fused[there], before[there])
        return drawn

    def _where(self, fused: Values, before: Values) -> tuple[slice, slice] | None:
        """The box around all that changed, and as far around as it may look; None if nothing has."""
        x, y, width, height = cv2.boundingRect((fused != before).astype(np.uint8))
        if not width:
            return None
        margin = max(self.reach, ceil(4 * self.sigma) + 1) + 1
        return (
            slice(max(0, y - margin), y + height + margin),
            slice(max(0, x - margin), x + width + margin),
        )

    def _drawn(self, fused: Values, before: Values) -> Values:
        change = np.minimum(4 * np.abs(fused - before), 1)  # in hard masks 1 wherever it may decide
        power = np.float32(log(0.5) / log(self.threshold))  # takes the threshold to 0.5
        near = self._near(fused)
        leaning = np.where(near, fused + change * (fused**power - fused), fused)
        if not self.sigma:
            return leaning
        smooth = np.asarray(cv2.GaussianBlur(leaning, (0, 0), self.sigma), np.float32)
        drawn: Values = leaning + change * (smooth - leaning)
        return drawn

    def _near(self, fused: Values) -> NDArray[np.bool_]:
        size = 2 * self.reach + 1
        disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        near: NDArray[np.bool_] = cv2.dilate((fused > 0.5).astype(np.uint8), disk) > 0
        return near


def outline_in(shape: tuple[int, ...], *, threshold: float, smooth: float) -> Outline:
    """How outlines are drawn in a picture of the size (h, w); `smooth` is `sigma` by its diagonal."""
    diagonal = hypot(*shape)
    return Outline(threshold=threshold, reach=max(1, round(_REACH * diagonal)), sigma=smooth * diagonal)
