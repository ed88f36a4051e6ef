"""Boundary accuracy F: how well the contours of objects meet those of the truth, frame by frame."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy.ndimage import find_objects
from torch import Tensor

from steadymask.arrays import PictureLabels
from steadymask.metrics.bit_mask import BitMask, edge_bits
from steadymask.metrics.series import FrameSums

TOLERANCE = 0.008
"""How far apart matching contours may be, as a share of the picture's diagonal."""

_Box = tuple[slice, slice]


@dataclass(frozen=True, kw_only=True)
class _Contour:
    edge: BitMask
    reach: BitMask
    size: int


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
    either = found | wanted
    if either.min() < 0:
        known = either >= 0
        found, wanted, either = found * known, wanted * known, either * known
    everything = _around([_occupied(either)], found.shape)
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
    ours = _contours(labels[everything].numpy(), range(proposals + 1), radius)
    theirs = _contours(truth[everything].numpy(), range(1, objects + 1), radius)
    return torch.tensor([[_f(mine, their) for their in theirs] for mine in ours], dtype=torch.float64)


def _contours(labels: Int[np.ndarray, "h w"], ids: Iterable[int], radius: int) -> list[_Contour]:
    """The contours of objects; label 0 has none."""
    return [_contour((labels == each) & (labels > 0), radius) for each in ids]


def _occupied(labels: Int[np.ndarray, "h w"]) -> _Box | None:
    """The smallest box around all objects."""
    there = labels != 0
    rows = np.flatnonzero(there.any(1))
    if not len(rows):
        return None
    down = slice(rows[0], rows[-1] + 1)
    columns = np.flatnonzero(there[down].any(0))
    return down, slice(columns[0], columns[-1] + 1)


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
    """F of one object.

    Whether a contour pixel is met depends on the other contour alone, so nothing outside their box matters.
    """
    return _f(_contour(found, radius), _contour(wanted, radius))


def _contour(mask: Bool[np.ndarray, "h w"], radius: int) -> _Contour:
    edge = edge_bits(mask, margin=radius) if mask.size else BitMask(0, radius)
    return _Contour(edge=edge, reach=edge.dilated(radius), size=edge.count)


def _f(ours: _Contour, theirs: _Contour) -> float:
    """1 where neither has a contour, 0 where only one has."""
    if not (ours.size and theirs.size):
        return float(ours.size == theirs.size)
    precision = (ours.edge & theirs.reach).count / ours.size
    recall = (theirs.edge & ours.reach).count / theirs.size
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
