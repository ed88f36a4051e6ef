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
    missing, extra = before & ~after, after & ~before
    if not (missing.any() or extra.any()):
        return LagSums(behind=0, ahead=0)
    outward = _outward_speed(before, flow_to_previous.numpy())
    advances, retreats = outward > _SLOW, outward < -_SLOW
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


def _outward_speed(
    objects: Bool[np.ndarray, "h w"], flow_to_previous: Float[np.ndarray, "2 h w"]
) -> NDArray[np.float32]:
    """How fast the edge nearby moves away from its object, in pixels a frame; 0 far from every edge."""
    size = 2 * max(4, math.ceil(REACH * math.hypot(*objects.shape))) + 1
    inside = objects.astype(np.float32)
    near = cv2.blur(inside, (size, size), borderType=cv2.BORDER_REPLICATE)
    inward = np.stack([cv2.Sobel(near, cv2.CV_32F, *axis, ksize=3) for axis in ((1, 0), (0, 1))])
    length = np.sqrt((inward**2).sum(0))
    # The object's own motion, also beside it: flow on the ground next to an object is the ground's.
    motion = [
        -cv2.blur(each * inside, (size, size), borderType=cv2.BORDER_REPLICATE) for each in flow_to_previous
    ]
    along = -(motion[0] * inward[0] + motion[1] * inward[1])
    weight = near * length
    return np.where(weight > 1e-4, along / np.maximum(weight, 1e-4), 0).astype(np.float32)
