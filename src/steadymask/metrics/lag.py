"""Lag: whether one set of masks trails behind another where objects move."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from steadymask.arrays import PictureFlow, PictureLabels

REACH = 0.01
"""How far from an edge masks are compared, as a share of the picture's diagonal, and at least 4 pixels."""

_SLOW = 0.5  # pixels a frame across the edge, below which there is no ahead and behind


@dataclass(frozen=True, kw_only=True)
class LagSums:
    """Pixels where two maskings differ beside an edge that moves, summed over frames.

    Args:
        behind: those where the compared masks lie further back along the motion.
        ahead: those where they lie further ahead.
    """

    behind: int
    ahead: int

    def __add__(self, other: "LagSums") -> "LagSums":
        return LagSums(behind=self.behind + other.behind, ahead=self.ahead + other.ahead)


def lag_sums(compare: PictureLabels, labels: PictureLabels, flow_to_previous: PictureFlow) -> LagSums:
    """Count, in one frame, where the compared masks trail behind and where they run ahead.

    At an edge that advances, a mask that lags misses pixels; at one that retreats, it keeps too many. All
    objects count as one against the background. Errors that do not follow the motion fall on both sides
    alike.

    Args:
        compare: the masks that may lag; −1 is void.
        labels: what they are compared with, on the same grid.
        flow_to_previous: where each pixel lies in the frame before, (dx, dy) in pixels.
    """
    known = ((compare | labels) >= 0).numpy()
    after, before = ((each > 0).numpy() & known for each in (compare, labels))
    reach = max(4, math.ceil(REACH * math.hypot(*before.shape)))
    box = _around(before ^ after, reach + 1)
    before, after = before[box], after[box]
    outward = _outward_speed(before, flow_to_previous.numpy()[:, *box], reach)
    advances, retreats = outward > _SLOW, outward < -_SLOW
    missing, extra = before & ~after, after & ~before
    return LagSums(
        behind=int((missing & advances | extra & retreats).sum()),
        ahead=int((extra & advances | missing & retreats).sum()),
    )


def lag(sums: LagSums) -> float:
    """The share of differing pixels that lie behind less the share that lie ahead; NaN without any.

    Returns:
        In [−1, 1]: about 0 where masks differ by chance, 1 where one always trails the other.
    """
    total = sums.behind + sums.ahead
    return (sums.behind - sums.ahead) / total if total else math.nan


def _around(differ: Bool[np.ndarray, "h w"], margin: int) -> tuple[slice, slice]:
    """The box around all that differs: what lies further away than the margin changes nothing."""
    lines = (np.flatnonzero(differ.any(axis)) for axis in (1, 0))
    rows, columns = (slice(max(n[0] - margin, 0), n[-1] + margin + 1) if len(n) else slice(0) for n in lines)
    return rows, columns


def _outward_speed(
    objects: Bool[np.ndarray, "h w"], flow_to_previous: Float[np.ndarray, "2 h w"], reach: int
) -> NDArray[np.float32]:
    """How fast the edge nearby moves away from its object, in pixels a frame; 0 far from every edge."""
    if not objects.any():
        return np.zeros(objects.shape, np.float32)
    near = _mean(objects.astype(np.float32), reach)
    inward = [cv2.Sobel(near, cv2.CV_32F, *axis, ksize=3) for axis in ((1, 0), (0, 1))]
    # The object's own motion, also beside it: flow on the ground next to an object is the ground's.
    motion = [_mean(each * objects, reach) for each in flow_to_previous]
    outward = motion[0] * inward[0] + motion[1] * inward[1]
    weight = near * np.hypot(*inward)
    return np.where(weight > 1e-4, outward / np.maximum(weight, 1e-4), 0).astype(np.float32)


def _mean(values: Float[np.ndarray, "h w"], reach: int) -> NDArray[np.float32]:
    size = 2 * reach + 1
    return np.asarray(cv2.blur(values, (size, size), borderType=cv2.BORDER_REPLICATE))
