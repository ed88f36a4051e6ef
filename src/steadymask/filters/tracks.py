"""Where the undecided pixels of a frame lie in the frames around it, and how far each place can be trusted.

Most of a mask is never in doubt: deep inside and far outside, all frames agree. What a filter decides lies in
between, usually a few percent of the picture, so that flow is followed and masks are sampled for these pixels
only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from jaxtyping import Shaped
from numpy.typing import NDArray
from torch import Tensor

from steadymask.arrays import PictureProbs
from steadymask.errors import require
from steadymask.filters.places import Places, Points, Route, columns_and_rows, flow_at, places, route

_SURE = 0.98  # a class this probable is not in doubt
_LARGEST = 32766  # pixels a side
_BYTE = 255  # classes that a byte tells apart, beside "none is sure"

Plane = NDArray[np.float32]
Bytes = NDArray[np.uint8]
SureLabels = NDArray[np.uint8] | NDArray[np.int16]


@dataclass(frozen=True)
class Tracks:
    """The undecided pixels of one frame.

    Args:
        pixels: their flat indices, ascending.
        ways: to where they lie in each frame around, by offset.
        trust: how far that can be trusted, 0 to 255, by offset: visible there, and of the same color.
    """

    pixels: NDArray[np.int32]
    ways: Mapping[int, Places | Route]
    trust: Mapping[int, Bytes]

    @property
    def offsets(self) -> list[int]:
        """The frames around, in order."""
        return sorted(self.ways)

    def places(self, offset: int) -> Places:
        """Where they lie in the frame `offset` frames away."""
        way = self.ways[offset]
        return way if isinstance(way, Places) else way.places(self.pixels)

    def far_trust(self) -> NDArray[np.float32]:
        """How far the farthest frames, the last and the last but one, can be trusted: mean, 0 to 1."""
        farthest = max(map(abs, self.trust), default=0)
        far = [trust for offset, trust in self.trust.items() if abs(offset) >= farthest - 1]
        if not far:
            return np.zeros(len(self.pixels), np.float32)
        return np.asarray(np.mean(far, axis=0) / 255, np.float32)


def follow(
    pixels: NDArray[np.int32],
    flow_ij: Plane,
    flow_ji: Plane,
    picture_i: Bytes,
    picture_j: Bytes,
    *,
    gain: float,
) -> tuple[Places, Bytes]:
    """Follow pixels of frame i into frame j: where they lie, and how far that can be trusted.

    Trust is visibility (there and back leads home, as in `warp.visibility`) times photometric confidence (as
    in `warp.photometric_confidence`), here for single points.

    Args:
        pixels: flat indices on frame i's grid; at least one.
        flow_ij: `h w 2` on a grid of any size, (dx, dy) in pixels of the pictures.
        flow_ji: the way back, on frame j's grid.
        picture_i: `h w 3`.
        picture_j: `h w 3`.
        gain: of the photometric confidence, for colors in [0, 1].

    Raises:
        InputError: the pictures are larger than OpenCV can sample.
    """
    require(
        max(picture_i.shape[:2]) <= _LARGEST,
        f"video: wanted frames of at most {_LARGEST} pixels a side for the motion filter, "
        f"got {picture_i.shape[1]} x {picture_i.shape[0]}",
    )
    height, width = picture_i.shape[:2]
    n = len(pixels)
    x, y = columns_and_rows(pixels, (height, width))
    there = flow_at(flow_ij, x, y, (height, width))
    x, y = x + there[:, 0], y + there[:, 1]
    back = flow_at(flow_ji, x, y, (height, width))
    gap = _squared(there + back)
    size = _squared(there) + _squared(back)
    seen = (gap < 0.01 * size + 0.5) & (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    found = places(x, y)
    colors = picture_i.reshape(-1, 3)[pixels]
    change = cv2.absdiff(found.sample(picture_j, n), colors).astype(np.uint16)
    change = change[:, 0] + change[:, 1] + change[:, 2]
    confidence = 255 * np.exp(-gain / (3 * 255) * np.arange(3 * 255 + 1))
    return found, np.where(seen, confidence.round().astype(np.uint8)[change], 0)


def smallest(found: Places, flow_ij: Plane, shape: tuple[int, int]) -> Places | Route:
    """Places, or the flow that gives them, to be kept: what takes less memory."""
    return route(flow_ij, shape) if 2 * flow_ij.size < found.bytes else found


def _squared(points: Points) -> NDArray[np.float32]:
    squares = np.square(points)
    length: NDArray[np.float32] = (
        squares[:, 0] + squares[:, 1]
    )  # much faster than a sum over so short an axis
    return length


def undecided(
    own: SureLabels, around: Sequence[tuple[SureLabels, NDArray[np.float32]]], *, grow: int
) -> NDArray[np.int32]:
    """Flat indices of the pixels on which frames may disagree: near an edge, or with other labels around.

    Args:
        own: label map of the frame, as `sure_labels` gives it.
        around: label maps of the frames around, and the flow into each on its own coarse grid `h w 2`, in
            full pixels.
        grow: how far the region is grown, in pixels of the coarse grid.
    """
    height, width = own.shape
    rows, columns = around[0][1].shape[:2] if around else (height, width)
    scale = np.array([columns / width, rows / height], np.float32)
    small = _coarse(own, rows, columns)
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    steps = cv2.morphologyEx(small, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    doubt = np.asarray(steps != 0, np.uint8)
    doubt |= np.where(small == 255, np.uint8(255), np.uint8(0))
    for labels, flow in around:
        there = cv2.remap(
            _coarse(labels, rows, columns),
            x + flow[..., 0] * scale[0],
            y + flow[..., 1] * scale[1],
            cv2.INTER_NEAREST,
            borderMode=cv2.BORDER_REPLICATE,
        )
        doubt |= np.asarray(cv2.compare(there, small, cv2.CMP_NE), np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * grow + 1, 2 * grow + 1))
    grown = cv2.dilate((doubt > 0).astype(np.uint8), kernel)
    full = cv2.resize(grown, (width, height), interpolation=cv2.INTER_NEAREST)
    return np.flatnonzero(full).astype(np.int32)


def sure_labels(probs: PictureProbs) -> SureLabels:
    """The class that is sure at each pixel; the largest number of the type where none is: 255, or 32767."""
    dtype = torch.uint8 if len(probs) <= _BYTE else torch.int16
    sure = torch.full(probs.shape[1:], torch.iinfo(dtype).max, dtype=dtype)
    for number, each in enumerate(probs):
        sure.masked_fill_(each > _SURE, number)
    labels: SureLabels = sure.numpy()
    return labels


def _coarse(labels: SureLabels, rows: int, columns: int) -> NDArray[Any]:
    return np.asarray(cv2.resize(labels, (columns, rows), interpolation=cv2.INTER_NEAREST), labels.dtype)


def as_rows(tensor: Shaped[Tensor, "c h w"]) -> NDArray[Any]:
    """A picture or flow as OpenCV has it, `h w c`."""
    return np.ascontiguousarray(tensor.permute(1, 2, 0).numpy())
