"""The measures of one clip, of all its rows in one pass: each flow is estimated once and serves every row.

Besides what `steadymask score` measures there are three that share nothing with the filters: inconsistency
along another estimator's flow, a distance of contours that knows no flow at all, and how much J varies.
"""

import math
from collections.abc import Iterator, Mapping
from itertools import tee
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from steadymask.arrays import Picture, PictureFlow, PictureLabels
from steadymask.data.objects import Objects, objects_of
from steadymask.edges import label_edge
from steadymask.flow.between import FlowBetween
from steadymask.flow.dis import DIS
from steadymask.io.mask_frame import labels_of
from steadymask.io.video import open_video
from steadymask.metrics.agreement import warped_agreement
from steadymask.metrics.inconsistency import excess_removed
from steadymask.metrics.smoothness import smoothness_sigma
from steadymask.tasks.accuracy import Accuracy
from steadymask.tasks.pairs import Pair, Seen, with_pairs
from steadymask.tasks.stability import Stability

from benchmarks.inputs import INPUTS

REACH_OF_CONTOURS = 20.0  # pixels; a contour that is farther away, or not there, counts as so far
ACCURACIES = ("jaccard", "boundary_f", "recall", "mean_iou", "mean_absolute_error")


def farneback(picture_i: Picture, picture_j: Picture) -> PictureFlow:
    """OpenCV's Farneback flow: polynomials fitted to neighborhoods; shares no step with DIS."""
    grey_i, grey_j = (cv2.cvtColor(each.permute(1, 2, 0).numpy(), cv2.COLOR_RGB2GRAY) for each in (picture_i, picture_j))
    flow = cv2.calcOpticalFlowFarneback(grey_i, grey_j, None, 0.5, 5, 21, 3, 7, 1.5, 0)  # type: ignore[call-overload]
    return torch.from_numpy(np.ascontiguousarray(flow.transpose(2, 0, 1)))


class ContourJitter:
    """Mean symmetric distance of the contours of consecutive masks, in pixels; needs no flow.

    The earlier contour is moved by the way of the *truth*'s centroid (the same for every row, so that no
    row's own flicker is compensated). Then the mean distance from each of its pixels to the nearest pixel of
    the later contour and the same the other way round are averaged. Distances are cut at 20 pixels, and a
    contour that exists in one of the frames only counts 20; frames without truth or contour are skipped.
    """

    def __init__(self) -> None:
        self._before: tuple[NDArray[np.float32] | None, NDArray[np.float64]] | None = None
        self._distances: list[float] = []

    def frame(self, labels: PictureLabels, truth: PictureLabels) -> None:
        """Look at the next frame."""
        centroid = _points(truth > 0)
        if centroid is None:
            self._before = None
            return
        now = _points(label_edge(labels.clamp(min=0))), centroid.mean(0, dtype=np.float64)
        if self._before is not None:
            self._add(self._before, now, (labels.shape[0], labels.shape[1]))
        self._before = now

    @property
    def mean(self) -> float:
        """Over the pairs of frames; NaN without one."""
        return float(np.mean(self._distances)) if self._distances else math.nan

    def _add(self, before: Any, now: Any, size: tuple[int, int]) -> None:
        (old, old_center), (new, new_center) = before, now
        if old is None and new is None:
            return
        if old is None or new is None:
            self._distances.append(REACH_OF_CONTOURS)
            return
        way = (new_center - old_center).astype(np.float32)
        there, back = _distance(old + way, new, size), _distance(new - way, old, size)
        self._distances.append((there + back) / 2)


def _points(mask: torch.Tensor) -> NDArray[np.float32] | None:
    found = mask.nonzero().numpy().astype(np.float32)
    return found if len(found) else None


def _distance(moved: NDArray[np.float32], contour: NDArray[np.float32], size: tuple[int, int]) -> float:
    """From each moved point to the nearest of the contour; points moved outside look from the border."""
    free = np.ones(size, np.uint8)
    rows, columns = contour.astype(int).T
    free[rows, columns] = 0
    distance = cv2.distanceTransform(free, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    rows, columns = np.clip(np.rint(moved), 0, np.array(size) - 1).astype(int).T
    return float(np.minimum(distance[rows, columns], REACH_OF_CONTOURS).mean())


class RowMeasures:
    """All that is gathered for one row of one clip."""

    def __init__(self, *, classes: int, true: list[int], sigma: float) -> None:
        self._classes = classes
        self.stability = Stability(classes=classes, sigma=sigma)
        self.farneback = Stability(classes=classes, sigma=sigma)
        self.accuracy = Accuracy(classes=classes, objects=true)
        self.contours = ContourJitter()

    def frame(self, row: str, seen: Seen) -> None:
        """Look at the next frame."""
        labels, truth = seen.labels[row], seen.labels["truth"]
        self.stability.frame(labels, starts_scene=seen.starts_scene)
        self.accuracy.frame(seen.index, labels, truth, probs=seen.probs.get(row))
        if self._classes == 2:
            self.contours.frame(labels, truth)

    def pair(self, row: str, pair: Pair, *, other_flow: bool = False) -> None:
        """Look at a pair of frames."""
        i, j = pair.i.labels[row], pair.j.labels[row]
        ij = warped_agreement(i, j, pair.flow_ij, visible_ij=pair.visible_ij, classes=self._classes)
        ji = warped_agreement(j, i, pair.flow_ji, visible_ij=pair.visible_ji, classes=self._classes)
        if other_flow:
            self.farneback._consistencies.append(math.nan)
        (self.farneback if other_flow else self.stability).pair(pair.i.index, pair.j.index, ij, ji)


def measure_rows(name: str, clip: str, rows: Mapping[str, Path]) -> dict[str, dict[str, float | None]]:
    """Measure all rows of a clip.

    Args:
        name: of the input.
        clip: its name.
        rows: where the masks of each row lie; "input" and "truth" must be among them.
    """
    of = INPUTS[name]
    video = open_video(of.paths(clip)[0], fps=of.reading.fps)
    masks = {row: of.reading.masks(path) for row, path in rows.items()}
    objects = objects_of([masks["input"], masks["truth"]])
    true = [objects.ids.index(id) + 1 for id in objects_of([masks["truth"]]).ids]
    sigma, height, width = smoothness_sigma(video.fps), *video.size
    measures = {row: RowMeasures(classes=objects.classes, true=true, sigma=sigma) for row in rows}
    for_dis, for_farneback = tee(_frames(video, masks, objects))
    streams = zip(
        with_pairs(for_dis, FlowBetween(DIS())),
        with_pairs(for_farneback, FlowBetween(farneback), reach=1),
        strict=True,
    )
    for (seen, pairs), (_, others) in streams:
        for row, each in measures.items():
            each.frame(row, seen)
            for pair in pairs:
                each.pair(row, pair)
            for pair in others:
                each.pair(row, pair, other_flow=True)
    return _compared({row: _values(each, video.count, height * width) for row, each in measures.items()}, height * width)


def _frames(video: Any, masks: Mapping[str, Any], objects: Objects) -> Iterator[Seen]:
    streams = {row: each.frames() for row, each in masks.items()}
    for frame in video.frames():
        found = {row: next(stream) for row, stream in streams.items()}
        yield Seen(
            index=frame.index,
            seconds=frame.seconds,
            picture=frame.picture,
            starts_scene=frame.index == 0,  # each of these clips is one take
            labels={row: objects.to_classes(labels_of(each)).to(torch.int8) for row, each in found.items()},
            probs={row: each.probs for row, each in found.items() if each.probs is not None},
        )
