"""Instances in video: average precision and recall of tracks, as YouTube-VIS counts them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco

from steadymask.errors import require
from steadymask.track import Track

THRESHOLDS = tuple(float(each) for each in np.linspace(0.5, 0.95, 10))
"""Overlaps from which on a track counts as found."""

AREAS = {
    "all": (0.0, 1e10),
    "small": (0.0, 128.0**2),
    "medium": (128.0**2, 256.0**2),
    "large": (256.0**2, 1e10),
}
"""Ranges of the mean area of a track over the frames that show it, in pixels."""

_MOST = 100
_RECALLS = np.linspace(0, 1, 101)

Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class InstanceSums:
    """The found tracks of videos, the surest first within a video; those of several videos are appended.

    Args:
        scores: of the found tracks.
        ranks: their place within their video, from 0.
        hits: by threshold, whether a track met one of the truth.
        ignored: by threshold, whether a track counts neither way.
        truths: how many tracks of the truth have to be found.
    """

    scores: NDArray[np.float64]
    ranks: NDArray[np.int64]
    hits: Flags
    ignored: Flags
    truths: int

    def __add__(self, other: "InstanceSums") -> "InstanceSums":
        return InstanceSums(
            scores=np.concatenate((self.scores, other.scores)),
            ranks=np.concatenate((self.ranks, other.ranks)),
            hits=np.concatenate((self.hits, other.hits), axis=1),
            ignored=np.concatenate((self.ignored, other.ignored), axis=1),
            truths=self.truths + other.truths,
        )


def track_iou(one: Track, other: Track) -> float:
    """Their overlap in space and time: all pixels that both have, over all that either has; 0 for none.

    Args:
        one: a track.
        other: a track of the same video.

    Raises:
        InputError: they differ in length.

    Source: Yang, Fan, Xu, Video instance segmentation (2019), eq. 2.
    """
    require(
        len(one.masks) == len(other.masks),
        f"masks: wanted as many frames in both tracks, got {len(one.masks)} and {len(other.masks)}",
    )
    both = either = 0
    for pair in zip(one.masks, other.masks, strict=True):
        there = [mask for mask in pair if mask is not None]
        sizes = sum(int(coco.area(mask)) for mask in there)
        common = int(coco.area(coco.merge(there, intersect=True))) if len(there) == 2 else 0
        both, either = both + common, either + sizes - common
    return both / either if either else 0.0


def instance_sums(found: Sequence[Track], truth: Sequence[Track], *, area: str = "all") -> InstanceSums:
    """Match the found tracks of one category in one video with its truth.

    The surest chooses first, and takes the track that it overlaps most, if by the threshold at least. Crowds
    and tracks of another area have not to be found: what meets them is ignored, as is what meets nothing and
    has another area itself. Of the found tracks the 100 surest count.

    Args:
        found: in any order; of equally sure ones the first comes first.
        truth: likewise.
        area: a key of `AREAS`.

    Source: Yang, Fan, Xu (2019), after Lin et al., Microsoft COCO (2014).
    """
    least, most = AREAS[area]
    order = np.argsort([-track.score for track in found], kind="stable")[:_MOST]
    surest = [found[each] for each in order]
    counts = [not track.crowd and least <= track.area <= most for track in truth]
    wanted = sorted(range(len(truth)), key=lambda each: not counts[each])  # those that count come first
    overlaps = np.array([[track_iou(one, truth[each]) for each in wanted] for one in surest])
    outside = np.array([not least <= track.area <= most for track in surest], bool)
    flags = [
        _matched(
            overlaps.reshape(len(surest), len(wanted)),
            np.array([counts[each] for each in wanted], bool),
            np.array([truth[each].crowd for each in wanted], bool),
            threshold,
        )
        for threshold in THRESHOLDS
    ]
    hits, ignored = (np.stack(each) for each in zip(*flags, strict=True))
    return InstanceSums(
        scores=np.array([track.score for track in surest], float),
        ranks=np.arange(len(surest)),
        hits=hits,
        ignored=ignored | (~hits & outside),
        truths=sum(counts),
    )


def average_precision(sums: InstanceSums, *, threshold: float | None = None) -> float:
    """The mean precision over 101 levels of recall; in [0, 1], higher is better.

    Args:
        sums: of one category, over all videos; a data set's value is the mean over categories.
        threshold: one of `THRESHOLDS`; None: the mean over all.

    Returns:
        The value; NaN if there was nothing to find.
    """
    if not sums.truths:
        return math.nan
    rows = range(len(THRESHOLDS)) if threshold is None else [_row(threshold)]
    order = np.argsort(-sums.scores, kind="stable")
    return float(np.mean([_precision(sums, row, order) for row in rows]))


def average_recall(sums: InstanceSums, *, most: int = _MOST) -> float:
    """The share of the truth that is found, as the mean over thresholds; in [0, 1], higher is better.

    Args:
        sums: of one category, over all videos; a data set's value is the mean over categories.
        most: how many found tracks of each video count, the surest.

    Returns:
        The value; NaN if there was nothing to find.
    """
    if not sums.truths:
        return math.nan
    hits = sums.hits & ~sums.ignored & (sums.ranks < most)
    return float(hits.sum(1).mean() / sums.truths)


def _matched(overlaps: NDArray[np.float64], counts: Flags, crowd: Flags, threshold: float) -> list[Flags]:
    """For each found track whether it met one of the truth, and whether that has not to be found."""
    free = np.ones(len(counts), bool)
    hits, ignored = np.zeros(len(overlaps), bool), np.zeros(len(overlaps), bool)
    for number, row in enumerate(overlaps):
        for some in (counts, ~counts):
            best = _best(np.where(some & (free | crowd), row, -1.0), threshold)
            if best is not None:
                hits[number], ignored[number] = True, not counts[best]
                free[best] = False
                break
    return [hits, ignored]


def _best(overlaps: NDArray[np.float64], threshold: float) -> int | None:
    """The largest overlap, of equal ones the last, if it suffices."""
    if not len(overlaps):
        return None
    last = len(overlaps) - 1 - int(np.argmax(overlaps[::-1]))
    return last if overlaps[last] >= threshold else None


def _precision(sums: InstanceSums, row: int, order: NDArray[np.int64]) -> float:
    counted = ~sums.ignored[row, order]
    right = np.cumsum(sums.hits[row, order] & counted)
    wrong = np.cumsum(~sums.hits[row, order] & counted)
    precision = right / np.maximum(right + wrong, np.spacing(1))
    highest = np.maximum.accumulate(precision[::-1])[::-1]  # at this recall or a higher one
    level = np.searchsorted(right / sums.truths, _RECALLS, side="left")
    return float(np.append(highest, 0.0)[level].mean())


def _row(threshold: float) -> int:
    rows = [row for row, each in enumerate(THRESHOLDS) if math.isclose(each, threshold)]
    require(bool(rows), f"threshold: wanted one of {', '.join(f'{each:.2f}' for each in THRESHOLDS)}")
    return rows[0]
