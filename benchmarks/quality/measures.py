"""The measures of one clip, of all its rows in one pass: each flow is estimated once and serves every row.

Besides what `steadymask score` measures there are three that share nothing with the filters: inconsistency
along another estimator's flow, jumps of contours (no flow at all), and how much J varies in time.
"""

import math
from collections.abc import Iterator, Mapping
from itertools import tee
from pathlib import Path

import cv2
import numpy as np
import torch
from benchmarks.inputs import INPUTS
from benchmarks.quality.contours import ContourJitter

from steadymask.arrays import Picture, PictureFlow
from steadymask.data.objects import Objects, objects_of
from steadymask.flow.between import FlowBetween
from steadymask.flow.dis import DIS
from steadymask.io.mask_frame import labels_of
from steadymask.io.masks import Masks
from steadymask.io.video import Video, open_video
from steadymask.metrics.agreement import warped_agreement
from steadymask.metrics.inconsistency import (
    InconsistencySums,
    excess_removed,
    inconsistency,
    inconsistency_sums,
)
from steadymask.metrics.smoothness import smoothness_sigma
from steadymask.tasks.accuracy import Accuracy
from steadymask.tasks.pairs import Pair, Seen, with_pairs
from steadymask.tasks.stability import Stability

ACCURACIES = ("jaccard", "boundary_f", "recall", "mean_iou", "mean_absolute_error")
UNSTEADINESS = ("inconsistency", "inconsistency_farneback", "contour_jitter", "jaccard_variation")

Values = dict[str, float]


def farneback(picture_i: Picture, picture_j: Picture) -> PictureFlow:
    """OpenCV's Farneback flow, at half resolution: by fitted polynomials, it shares no step with DIS."""
    height, width = picture_i.shape[1:]
    greys = [
        cv2.cvtColor(each.permute(1, 2, 0).numpy(), cv2.COLOR_RGB2GRAY) for each in (picture_i, picture_j)
    ]
    size = (round(width / 2), round(height / 2))
    small = [cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in greys]
    flow = cv2.calcOpticalFlowFarneback(*small, None, 0.5, 4, 15, 3, 7, 1.5, 0)  # type: ignore[call-overload]
    scale = np.array([width / size[0], height / size[1]], np.float32)
    return torch.from_numpy(cv2.resize(flow * scale, (width, height))).permute(2, 0, 1)


class RowMeasures:
    """What is gathered for one row of one clip.

    Args:
        row: its name.
        classes: how many classes there are, background included.
        true: the classes that the truth has.
        sigma: of smoothness, in frames.
    """

    def __init__(self, row: str, *, classes: int, true: list[int], sigma: float) -> None:
        self._row, self._classes = row, classes
        self._stability = Stability(classes=classes, sigma=sigma)
        self._accuracy = Accuracy(classes=classes, objects=true)
        self._contours = ContourJitter()
        self._farneback = InconsistencySums(
            pairs=0, total=0.0, of_classes=torch.zeros(classes, dtype=torch.float64)
        )

    def add(self, seen: Seen, pairs: tuple[Pair, ...], farneback_pairs: tuple[Pair, ...]) -> None:
        """Look at the next frame, its pairs with those before it, and the nearest of these by Farneback."""
        labels, truth = seen.labels[self._row], seen.labels["truth"]
        self._stability.frame(labels, starts_scene=seen.starts_scene)
        self._accuracy.frame(seen.index, labels, truth, probs=seen.probs.get(self._row))
        self._contours.frame(labels, truth)
        for pair in pairs:
            i, j = pair.i.labels[self._row], pair.j.labels[self._row]
            ij = warped_agreement(i, j, pair.flow_ij, visible_ij=pair.visible_ij, classes=self._classes)
            ji = warped_agreement(j, i, pair.flow_ji, visible_ij=pair.visible_ji, classes=self._classes)
            self._stability.pair(pair.i.index, pair.j.index, ij, ji)
        for pair in farneback_pairs:
            self._farneback += inconsistency_sums(
                pair.i.labels[self._row],
                pair.j.labels[self._row],
                pair.flow_ij,
                pair.flow_ji,
                visible_ij=pair.visible_ij,
                visible_ji=pair.visible_ji,
                classes=self._classes,
            )

    def factor(self, pixels: int) -> float:
        """`H·W / N` of this row's boundary."""
        return self._stability.factor(pixels)

    def values(self, *, frames: int, pixels: int, factor: float) -> Values:
        """Every measure.

        Args:
            frames: of the clip.
            pixels: H·W.
            factor: `H·W / N` of the input's boundary, which normalizes all rows of a clip.
        """
        self._stability.finish()
        stable, accurate = self._stability.overall(pixels=pixels), self._accuracy.overall()
        course = np.array(self._accuracy.of_frames(frames)["jaccard"])
        return {
            "inconsistency": factor * stable["inconsistency_none"],
            "inconsistency_none": stable["inconsistency_none"],
            "inconsistency_own_boundary": stable["inconsistency"],
            "inconsistency_farneback": inconsistency(self._farneback, factor=factor),
            "smoothness": stable["smoothness"] * factor / self.factor(pixels),
            "temporal_consistency": stable["temporal_consistency"],
            "contour_jitter": self._contours.mean if self._classes == 2 else math.nan,
            "jaccard_variation": float(np.abs(np.diff(course)).mean()),
        } | {key: accurate[key] for key in ACCURACIES}


def measure_rows(name: str, clip: str, rows: Mapping[str, Path]) -> dict[str, dict[str, float | None]]:
    """Measure all rows of a clip; what is undefined is None.

    Args:
        name: of the input.
        clip: its name.
        rows: where the masks of each row lie; "input" and "truth" must be among them.
    """
    of = INPUTS[name]
    video = open_video(of.paths(clip)[0], fps=of.reading.fps)
    masks = {row: of.reading.beside(path) for row, path in rows.items()}
    objects = objects_of([masks["input"], masks["truth"]])
    true = [objects.ids.index(id) + 1 for id in objects_of([masks["truth"]]).ids]
    sigma = smoothness_sigma(video.fps)
    measures = {row: RowMeasures(row, classes=objects.classes, true=true, sigma=sigma) for row in rows}
    first, second = tee(_frames(video, masks, objects))
    by_dis, by_farneback = (
        with_pairs(first, FlowBetween(DIS())),
        with_pairs(second, FlowBetween(farneback), reach=1),
    )
    for (seen, pairs), (_, farneback_pairs) in zip(by_dis, by_farneback, strict=True):
        for each in measures.values():
            each.add(seen, pairs, farneback_pairs)
    pixels = video.size[0] * video.size[1]
    factor = measures["input"].factor(pixels)
    return _compared(
        {row: each.values(frames=video.count, pixels=pixels, factor=factor) for row, each in measures.items()}
    )


def _frames(video: Video, masks: Mapping[str, Masks], objects: Objects) -> Iterator[Seen]:
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


def _compared(values: dict[str, Values]) -> dict[str, dict[str, float | None]]:
    """Beside each unsteadiness its reduction, and the share of the excess over the truth that was removed."""
    before, floor = values["input"], values["truth"]
    for after in values.values():
        for key in UNSTEADINESS:
            after[f"{key}_reduction"] = 1 - after[key] / before[key] if before[key] else math.nan
        for key in ("inconsistency", "inconsistency_farneback", "contour_jitter"):
            after[f"{key}_excess_removed"] = excess_removed(before[key], after[key], floor[key])
    return {
        row: {key: None if math.isnan(value) else round(value, 6) for key, value in each.items()}
        for row, each in values.items()
    }
