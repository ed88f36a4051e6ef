"""How stable a network is on synthetic sequences: its labels, not the truth's, along exact motion."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from steadymask.arrays import FlowEstimator, PictureLabels
from steadymask.data.clip import pair
from steadymask.data.objects import Objects, objects_of
from steadymask.data.reading import Reading
from steadymask.data.synthetic import SyntheticFrame
from steadymask.data.synthetic_folder import SyntheticSequence, find_sequences
from steadymask.errors import VideoError
from steadymask.flow.dis import DIS, one_thread
from steadymask.io.mask_frame import labels_of
from steadymask.io.masks import Masks
from steadymask.metrics.agreement import agreement
from steadymask.metrics.jaccard import jaccard_of_frame
from steadymask.metrics.stability_rate import (
    StabilityRateSums,
    near_edge,
    stability_rate,
    stability_rate_sums,
)
from steadymask.tasks.progress import Progress, silent
from steadymask.warp import visibility

TRACKER = DIS()
"""The generic estimator: the pixels it loses do not count."""

_NOTHING = StabilityRateSums(total=0.0, pairs=0)


@dataclass(frozen=True, kw_only=True)
class SyntheticSums:
    """The stability of one or several sequences; those of several add.

    Args:
        everywhere: rates of the pairs, in the whole picture.
        at_edges: the same near the truth's edge.
        overlap: sum over frames of J, the mean over the truth's objects.
        frames: how many frames had a truth with objects.
    """

    everywhere: StabilityRateSums = _NOTHING
    at_edges: StabilityRateSums = _NOTHING
    overlap: float = 0.0
    frames: int = 0

    def __add__(self, other: "SyntheticSums") -> "SyntheticSums":
        return SyntheticSums(
            everywhere=self.everywhere + other.everywhere,
            at_edges=self.at_edges + other.at_edges,
            overlap=self.overlap + other.overlap,
            frames=self.frames + other.frames,
        )


@dataclass(frozen=True, kw_only=True)
class SyntheticScores:
    """Scores on a folder of synthetic sequences: the keys of `synthetic_scores`, to numbers.

    Args:
        overall: of all sequences; every pair of frames counts alike.
        severities: of those of one severity, 1 to 6.
        sequences: of each, by its name.
    """

    overall: Mapping[str, float]
    severities: Mapping[int, Mapping[str, float]]
    sequences: Mapping[str, Mapping[str, float]]


def synthetic_scores(sums: SyntheticSums) -> dict[str, float]:
    """`stability_rate_global`, `stability_rate_local` and `jaccard`; in [0, 1], higher is better.

    NaN where there was no pair, or no object. The truth itself reaches a little less than 1: its edges are
    rounded to pixels anew in every frame. An empty mask reaches 1, and J says what that is worth.
    """
    return {
        "stability_rate_global": stability_rate(sums.everywhere),
        "stability_rate_local": stability_rate(sums.at_edges),
        "jaccard": sums.overlap / sums.frames if sums.frames else math.nan,
    }


def synthetic_sums(
    frames: Iterable[SyntheticFrame],
    predictions: Iterable[PictureLabels],
    *,
    objects: Objects,
    of_truth: Objects,
    tracker: FlowEstimator | None = TRACKER,
) -> SyntheticSums:
    """Follow a sequence and its predictions, frame by frame.

    A pixel of frame t counts where the exact motion shows it in frame t − 1 and, with a tracker, where its
    flow leads there and back as well; where the truth is void it does not.

    Args:
        frames: with truth and exact motion.
        predictions: the network's ids, one map a frame.
        objects: the ids of truth and predictions.
        of_truth: the ids of the truth; J is a mean over these.
        tracker: the generic estimator; None: every visible pixel counts.

    Source: Qian et al., Coherent loss: a generic framework for stable video segmentation, eq. 4.
    """
    sums, chosen = SyntheticSums(), [objects.ids.index(each) for each in of_truth.ids]
    before: tuple[SyntheticFrame, PictureLabels] | None = None
    for frame, ids in zip(frames, predictions, strict=True):
        truth, labels = (objects.to_classes(each) for each in (frame.labels, ids))
        if chosen:
            found = jaccard_of_frame(agreement(truth, labels, classes=objects.classes)).total[chosen]
            sums += SyntheticSums(overlap=float(found.mean()), frames=1)
        if before is not None:
            sums += _pair(*before, frame, labels, classes=objects.classes, tracker=tracker)
        before = frame, labels
    return sums


def _pair(
    before: SyntheticFrame,
    labels_before: PictureLabels,
    frame: SyntheticFrame,
    labels: PictureLabels,
    *,
    classes: int,
    tracker: FlowEstimator | None,
) -> SyntheticSums:
    if frame.motion is None:
        return SyntheticSums()
    visible = frame.motion.visible_backward & (frame.labels >= 0)
    if tracker is not None:
        back, there = tracker(frame.picture, before.picture), tracker(before.picture, frame.picture)
        visible &= visibility(back[None], there[None])[0]
    everywhere, at_edges = (
        stability_rate_sums(labels, labels_before, frame.motion.flow_backward, visible=where, classes=classes)
        for where in (visible, visible & near_edge(frame.labels))
    )
    return SyntheticSums(everywhere=everywhere, at_edges=at_edges)


def sequence_sums(
    sequence: SyntheticSequence, predictions: Masks, *, tracker: FlowEstimator | None = TRACKER
) -> SyntheticSums:
    """`synthetic_sums` of a sequence on disk and the masks of a network.

    Raises:
        InputError: the masks do not fit the frames.
        VideoError: something cannot be read.
    """
    pair(sequence.video, predictions)
    with one_thread():
        return synthetic_sums(
            sequence.frames(),
            (labels_of(each) for each in predictions.frames()),
            objects=objects_of([sequence.truth, predictions]),
            of_truth=objects_of([sequence.truth]),
            tracker=tracker,
        )


def score_synthetic(
    folder: Path,
    predictions: Path,
    *,
    reading: Reading = Reading(),  # noqa: B008  # frozen
    tracker: FlowEstimator | None = TRACKER,
    progress: Progress = silent,
) -> SyntheticScores:
    """Score a network's masks of the sequences that `synthesize` wrote.

    Args:
        folder: the sequences: of one scene, or of several.
        predictions: a folder of masks for each sequence, under the sequence's own name and place.
        reading: how the masks are read; its choice of objects holds for the truth too.
        tracker: the generic estimator; None: every visible pixel counts.
        progress: told of every finished sequence.

    Raises:
        InputError: masks do not fit their frames, or the folder is no folder of synthetic sequences.
        VideoError: something is missing or cannot be read.
    """
    sequences = find_sequences(folder, objects=reading.objects, merge_objects=reading.merge_objects)
    sums: dict[str, SyntheticSums] = {}
    for count, each in enumerate(sequences, start=1):
        place = Path(predictions) / each.name
        if not place.is_dir():
            raise VideoError(f"{place}: wanted the masks of the sequence {each.name}, got no such folder")
        sums[each.name] = sequence_sums(each, reading.masks(place), tracker=tracker)
        progress("score", count, len(sequences))
    severities = sorted({each.severity for each in sequences})
    return SyntheticScores(
        overall=synthetic_scores(_total(sums.values())),
        severities={
            severity: synthetic_scores(
                _total(sums[each.name] for each in sequences if each.severity == severity)
            )
            for severity in severities
        },
        sequences={name: synthetic_scores(each) for name, each in sums.items()},
    )


def _total(parts: Iterable[SyntheticSums]) -> SyntheticSums:
    return sum(parts, start=SyntheticSums())
