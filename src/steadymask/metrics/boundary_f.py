"""Boundary accuracy F: how well the contours of objects meet those of the truth, frame by frame."""

import math
from collections.abc import Iterable, Sequence

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray
from scipy.ndimage import find_objects
from torch import Tensor

from steadymask.arrays import PictureLabels
from steadymask.edges import label_edge
from steadymask.metrics.series import FrameSums

TOLERANCE = 0.008
"""How far apart matching contours may be, as a share of the picture's diagonal."""

_Box = tuple[slice, slice]


def boundary_f_sums(
    labels: PictureLabels, truth: PictureLabels, *, classes: int, tolerance: float = TOLERANCE
) -> FrameSums:
    """F of the objects 1 … classes − 1 in one frame.

    Contour pixels match within a disk of radius `ceil(tolerance · diagonal)`. Pixels that are void in either
    map are background in both.

    Args:
        labels: below `classes`; −1 is void.
        truth: likewise.
        classes: how many classes there are, background included.
        tolerance: as a share of the picture's diagonal.

    Source: Perazzi et al., A benchmark dataset and evaluation methodology for video object segmentation
        (2016); the contour and the disk are those of davis2017-evaluation.
    """
    if classes == 1:
        return FrameSums(total=torch.zeros(0, dtype=torch.float64), frames=1)
    radius = math.ceil(tolerance * math.hypot(*labels.shape))
    found, wanted = labels.numpy(), truth.numpy()
    if found.min() < 0 or wanted.min() < 0:
        known = (found | wanted) >= 0
        found, wanted = found * known, wanted * known
    everything = _around([_occupied(found), _occupied(wanted)], found.shape)
    found, wanted = found[everything], wanted[everything]
    boxes = [_boxes(each, classes - 1) for each in (found, wanted)]
    values = [
        _boundary_f(found[box] == each, wanted[box] == each, radius)
        for each, box in enumerate((_around(pair, found.shape) for pair in zip(*boxes, strict=True)), start=1)
    ]
    return FrameSums(total=torch.tensor(values, dtype=torch.float64), frames=1)


def boundary_f(sums: FrameSums) -> Float[Tensor, "objects"]:
    """The mean over frames of each object's F; in [0, 1], higher is better; NaN without frames."""
    return sums.mean


def boundary_f_of_all_pairs(
    labels: PictureLabels,
    truth: PictureLabels,
    *,
    proposals: int,
    objects: int,
    tolerance: float = TOLERANCE,
) -> Float[Tensor, "p n"]:
    """F of every proposal with every object of the truth, in one frame; 1 where neither has a contour.

    Row p is proposal p, row 0 an empty mask; column n − 1 is object n.

    Args:
        labels: up to `proposals`; −1 is void.
        truth: up to `objects`; likewise.
        proposals: how many proposals there are.
        objects: how many objects the truth has.
        tolerance: as a share of the picture's diagonal.

    Source: Caelles et al., The 2019 DAVIS challenge on VOS: unsupervised multi-object segmentation.
    """
    radius = math.ceil(tolerance * math.hypot(*labels.shape))
    known = (labels | truth) >= 0
    labels, truth = labels * known, truth * known
    everything = _around([_occupied(labels.numpy()), _occupied(truth.numpy())], labels.shape)
    found, wanted = labels[everything], truth[everything]
    ours, our_reach = _contours(found, range(proposals + 1), radius)
    theirs, their_reach = _contours(wanted, range(1, objects + 1), radius)
    our_size, their_size = ours.sum(1)[:, None], theirs.sum(1)
    precision = (ours @ their_reach.T) / our_size.clamp(min=1)
    recall = (our_reach @ theirs.T) / their_size.clamp(min=1)
    f = 2 * precision * recall / (precision + recall)
    f = torch.where(precision + recall > 0, f, 0.0)
    neither = (our_size == 0) & (their_size == 0)
    return torch.where(neither, 1.0, f)


def _contours(
    labels: PictureLabels, ids: Iterable[int], radius: int
) -> tuple[Float[Tensor, "ids n"], Float[Tensor, "ids n"]]:
    """The contours of objects, and all within reach of them, as 0 and 1; label 0 has none."""
    edges = [label_edge((labels == each) & (labels > 0)) for each in ids]
    reached = [torch.from_numpy(_dilated(each.numpy(), radius)) if each.any() else each for each in edges]
    size = len(edges), labels.numel()
    return tuple(torch.stack(each).view(size).double() for each in (edges, reached))  # type: ignore[return-value]


def _occupied(labels: Int[np.ndarray, "h w"]) -> _Box | None:
    """The smallest box around all objects."""
    x, y, width, height = cv2.boundingRect((labels != 0).view(np.uint8))
    return (slice(y, y + height), slice(x, x + width)) if height else None


def _boxes(labels: Int[np.ndarray, "h w"], objects: int) -> Sequence[_Box | None]:
    """The smallest box around each object; of one alone, all that there is."""
    if objects == 1:
        return [(slice(0, labels.shape[0]), slice(0, labels.shape[1]))]
    found: list[_Box | None] = find_objects(labels.astype(np.int32, copy=False), max_label=objects)
    return found


def _around(boxes: Sequence[_Box | None], shape: tuple[int, ...]) -> _Box:
    """The smallest box around all, a pixel wider on every side: a contour also runs beside its object."""
    there = [box for box in boxes if box is not None]
    if not there:
        return slice(0), slice(0)
    rows, columns = (
        slice(
            max(min(box[axis].start for box in there) - 1, 0),
            min(max(box[axis].stop for box in there) + 1, size),
        )
        for axis, size in enumerate(shape)
    )
    return rows, columns


def _boundary_f(found: Bool[np.ndarray, "h w"], wanted: Bool[np.ndarray, "h w"], radius: int) -> float:
    """F of one object; 1 where neither mask has a contour, 0 where only one has.

    Whether a contour pixel is met depends on the other contour alone, so nothing outside their box matters.
    """
    ours, theirs = (label_edge(torch.from_numpy(mask)).numpy() for mask in (found, wanted))
    counts = np.count_nonzero(ours), np.count_nonzero(theirs)
    if not all(counts):
        return float(not any(counts))
    precision = np.count_nonzero(ours & _dilated(theirs, radius)) / counts[0]
    recall = np.count_nonzero(theirs & _dilated(ours, radius)) / counts[1]
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _dilated(edge: Bool[np.ndarray, "h w"], radius: int) -> NDArray[np.bool_]:
    offsets = np.arange(-radius, radius + 1)
    disk = (offsets**2 + offsets[:, None] ** 2 <= radius**2).astype(np.uint8)
    return cv2.dilate(edge.view(np.uint8), disk).view(bool)
