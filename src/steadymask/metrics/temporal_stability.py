"""Temporal stability (T): how much the outline of an object changes its shape from a frame to the next."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from steadymask.arrays import PictureLabels
from steadymask.metrics.alignment import aligned_pairs
from steadymask.metrics.contours import Outline, outlines
from steadymask.metrics.polyline import resampled, simplified
from steadymask.metrics.shape_context import shape_contexts, unlikeness

FACTOR = 5.0
"""What the mean is multiplied by, so that values are of the size of one minus J and F."""
_SPACING = 3.0  # pixels
_FEWEST = 4  # points of a simplified outline, of which the last repeats the first

_Contexts = Float[np.ndarray, "_ 60"]


@dataclass(frozen=True, kw_only=True)
class TemporalStabilitySums:
    """The values of pairs of frames, summed; those of several sequences add.

    Args:
        total: sum over the pairs of the mean cost, without the factor.
        pairs: how many pairs had an object with an outline in both frames.
    """

    total: float
    pairs: int

    def __add__(self, other: "TemporalStabilitySums") -> "TemporalStabilitySums":
        return TemporalStabilitySums(total=self.total + other.total, pairs=self.pairs + other.pairs)


def temporal_stability(sums: TemporalStabilitySums) -> float:
    """Five times the mean over pairs; from 0, lower is better; NaN without a pair.

    Args:
        sums: of all consecutive pairs of a sequence; DAVIS leaves out its first and its last frame.

    Source: Perazzi et al., A benchmark dataset and evaluation methodology for video object segmentation
        (2016), section 5.
    """
    return FACTOR * sums.total / sums.pairs if sums.pairs else math.nan


def temporal_stability_sums(
    labels_before: PictureLabels, labels: PictureLabels, *, classes: int
) -> TemporalStabilitySums:
    """How unlike the outlines of two consecutive frames are; `TemporalStabilityStream` does it for a clip.

    Of each object the outline with most points counts. It is simplified to 1.5 pixels and resampled to points
    at most 3 pixels apart; points are matched in their order, and the mean χ² distance of the shape contexts
    of those that found a partner is the object's value. Motion and growth cost nothing. A pair's value is the
    mean over the objects that have an outline in both frames.

    Args:
        labels_before: of frame t − 1, below `classes`; 0 is background, −1 void, which both are no object.
        labels: of frame t.
        classes: how many classes there are, background included.

    Source: Perazzi et al. (2016), as their evaluation computes it, which repeats the outline's first point.
    Deviates: for several objects, where theirs knows one. Equally cheap matchings, which 3 % of pairs have,
        are told apart by a rule instead of by the order in a heap (1e-4 apart).
    """
    stream = TemporalStabilityStream(classes=classes)
    stream.push(labels_before)
    return stream.push(labels)


class TemporalStabilityStream:
    """The pairs of one sequence, fed frame by frame; every outline is described once.

    Args:
        classes: how many classes there are, background included.
    """

    def __init__(self, *, classes: int) -> None:
        self._classes = classes
        self._last: dict[int, _Contexts] = {}

    def push(self, labels: PictureLabels) -> TemporalStabilitySums:
        """Take the next frame; return its pair with the frame before.

        Args:
            labels: below the number of classes; 0 is background, −1 void.
        """
        before, self._last = self._last, _described(labels, self._classes)
        values = [_value(before[each], self._last[each]) for each in before if each in self._last]
        if not values:
            return TemporalStabilitySums(total=0.0, pairs=0)
        return TemporalStabilitySums(total=sum(values) / len(values), pairs=1)


def _described(labels: PictureLabels, classes: int) -> dict[int, _Contexts]:
    """The shape contexts of each object that has an outline."""
    numbers = labels.cpu().numpy()
    described = {}
    for each in np.unique(numbers):
        if 0 < each < classes:
            outline = _longest(numbers == each)
            if outline is not None:
                described[int(each)] = shape_contexts(resampled(outline, spacing=_SPACING))
    return described


def _longest(mask: Bool[np.ndarray, "h w"]) -> Float[np.ndarray, "_ 2"] | None:
    """The simplified outline with most points; of equal ones the last."""
    found = outlines(mask)
    longest, best, at = None, _FEWEST, -1
    for number in sorted(range(len(found)), key=lambda each: -len(found[each])):
        if len(found[number]) // 2 + 2 < best:
            break  # points less than 1.5 pixels apart are left out: no other outline can have as many
        line = _simplified(found[number])
        if (len(line), number) > (best, at):
            longest, best, at = line, len(line), number
    if longest is None:
        return None
    return longest if _is_clockwise(longest) != _is_hole(found[at], mask) else longest[::-1]


def _simplified(outline: Outline) -> Float[np.ndarray, "_ 2"]:
    """To 1.5 pixels, on corners of pixels again: as DAVIS does it, on a grid twice as fine."""
    return simplified(simplified(2.0 * outline, tolerance=0.1), tolerance=3.0) // 2


def _is_clockwise(line: Float[np.ndarray, "_ 2"]) -> bool:
    """Whether a closed line runs clockwise, as one sees it."""
    (x, y), (next_x, next_y) = line[:-1].T, line[1:].T
    return bool((x * next_y - next_x * y).sum() > 0)


def _is_hole(outline: Outline, mask: Bool[np.ndarray, "h w"]) -> bool:
    """Whether background lies inside: below and to the right of the first corner in reading order."""
    x, y = outline[np.lexsort(outline.T)[0]]
    return not mask[y, x]


def _value(contexts: _Contexts, others: _Contexts) -> float:
    """Mean distance of the contexts of points that belong together."""
    costs = unlikeness(contexts, others)
    return float(costs[tuple(aligned_pairs(costs).T)].mean())
