"""All that `score` measures, in one pass over a clip, with memory that does not grow with its pictures."""

import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Bool
from torch import Tensor

from steadymask.arrays import PictureLabels
from steadymask.data.clip import Clip, ClipFrame, frames_with_masks
from steadymask.data.objects import Objects, objects_of, require_chosen
from steadymask.flow.between import FlowBetween
from steadymask.flow.dis import DIS
from steadymask.io.mask_frame import MaskFrame, labels_of
from steadymask.metrics.agreement import warped_agreement
from steadymask.metrics.lag import LagSums, lag_sums
from steadymask.metrics.smoothness import smoothness_sigma
from steadymask.report.slices import Slice, SlicesCollector
from steadymask.report.worst import WorstFrame, WorstFrames
from steadymask.tasks.accuracy import Accuracy
from steadymask.tasks.outline_stability import OutlineStability
from steadymask.tasks.pairs import REACH, Pair, Seen, edges_of, with_pairs
from steadymask.tasks.progress import Progress
from steadymask.tasks.recipes import VideoConsistencies
from steadymask.tasks.scenes import SceneStarts
from steadymask.tasks.stability import Stability
from steadymask.warp import warp_labels


@dataclass(frozen=True, kw_only=True)
class ClipObjects:
    """The objects of a clip.

    Args:
        all: of masks, truth and compare together: what classes stand for.
        by_role: the ids each of them has.
    """

    all: Objects
    by_role: Mapping[str, tuple[int, ...]]


def find_objects(clip: Clip) -> ClipObjects:
    """Read all masks once, to know their ids and that each can be read.

    Raises:
        InputError: a mask cannot be used.
        VideoError: a mask cannot be read.
    """
    roles = {"masks": clip.masks, "compare": clip.compare, "truth": clip.truth}
    by_role = {role: objects_of([masks]).ids for role, masks in roles.items() if masks is not None}
    found = Objects(ids=tuple(sorted({id for ids in by_role.values() for id in ids})))
    require_chosen(found, clip.masks)
    return ClipObjects(all=found, by_role=by_role)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The sums of a whole clip.

    Args:
        objects: what classes stand for.
        stability: by role: "masks", and where given "compare" and "truth".
        outlines: the stability of outlines, by role as `stability`; empty where it was not asked for.
        accuracy: by role: "masks" and "compare"; empty without truth.
        consistency: likewise; empty unless every frame has a truth.
        lag: by role, behind the truth, or without one of compare behind masks.
        like_truth: inconsistency by role over the pairs that the truth has too, without a factor.
        cuts: frames that begin a new scene.
        times: seconds of each frame.
        worst: the frames that flicker most.
        slices: lines of pixels through time.
    """

    objects: ClipObjects
    stability: Mapping[str, Stability]
    outlines: Mapping[str, OutlineStability]
    accuracy: Mapping[str, Accuracy]
    consistency: Mapping[str, VideoConsistencies]
    lag: Mapping[str, LagSums]
    like_truth: Mapping[str, float]
    cuts: Sequence[int]
    times: Sequence[float]
    worst: Sequence[WorstFrame]
    slices: Sequence[Slice]


def measure(
    clip: Clip,
    *,
    flow: DIS,
    cuts: frozenset[int] | None,
    outlines: bool,
    executor: Executor,
    progress: Progress,
) -> Measured:
    """Measure a clip.

    Args:
        clip: the video, its masks and what they are compared with.
        flow: estimates the motion.
        cuts: frames that begin a new scene; None: they are detected.
        outlines: whether the stability of outlines is measured.
        executor: threads that estimate flows side by side.
        progress: told of every finished frame.

    Raises:
        InputError: a mask cannot be used.
        VideoError: something cannot be read.
    """
    measuring = _Measuring(clip, find_objects(clip), outlines=outlines)
    starts = SceneStarts(cuts)
    frames = measuring.frames(starts)
    for frame, pairs in with_pairs(frames, FlowBetween(flow, executor)):
        measuring.add(frame, pairs)
        progress("score", frame.index + 1, clip.video.count)
    return measuring.finished(starts.found)


@dataclass(frozen=True, kw_only=True)
class _Late:
    """A frame whose pairs with later frames are still to come, and its flickering pixels."""

    frame: Seen
    flicker: Bool[Tensor, "h w"] | None


@dataclass
class _LikeTruth:
    """Inconsistency over the pairs that the truth has too: what is compared with the truth's own."""

    pairs: int = 0
    totals: dict[str, float] = field(default_factory=dict)

    def add(self, disagreements: Mapping[str, float]) -> None:
        if "truth" in disagreements:
            self.pairs += 1
            for role, value in disagreements.items():
                self.totals[role] = self.totals.get(role, 0.0) + value

    def means(self) -> dict[str, float]:
        return {role: total / self.pairs for role, total in self.totals.items()}


class _Measuring:
    """Everything that is gathered while the frames go by."""

    def __init__(self, clip: Clip, objects: ClipObjects, *, outlines: bool) -> None:
        self._clip, self._objects = clip, objects
        classes, sigma = objects.all.classes, smoothness_sigma(clip.video.fps)
        # Pixels are looked up many times: one byte is twice as fast as four.
        self._dtype = torch.int8 if classes < torch.iinfo(torch.int8).max else torch.int32
        self._stability = {role: Stability(classes=classes, sigma=sigma) for role in objects.by_role}
        self._outlines = {
            role: OutlineStability(classes=classes) for role in (objects.by_role if outlines else ())
        }
        true = [objects.all.ids.index(id) + 1 for id in objects.by_role.get("truth", ())]
        scored = ("masks", "compare") if clip.truth is not None else ()
        self._accuracy = {
            role: Accuracy(classes=classes, objects=true) for role in scored if role in objects.by_role
        }
        dense = len(clip.annotated) == clip.video.count
        self._consistency = {
            role: VideoConsistencies(vspw=False) for role in (self._accuracy if dense else ())
        }
        self._reference = "masks" if clip.truth is None else "truth"
        self._lag = {role: LagSums(behind=0, ahead=0) for role in objects.by_role if role != self._reference}
        self._like_truth = _LikeTruth()
        self._times: list[float] = []
        self._late: deque[_Late] = deque()
        self._worst, self._slices = WorstFrames(), SlicesCollector(tuple(objects.by_role))

    def frames(self, starts: SceneStarts) -> Iterator[Seen]:
        """Read the clip, with ids as classes."""
        for each in frames_with_masks(self._clip):
            frame = each.frame
            masks = _by_role(each)
            yield Seen(
                index=frame.index,
                seconds=frame.seconds,
                picture=frame.picture,
                starts_scene=starts(frame.index, frame.picture),
                labels={role: self._classes(mask) for role, mask in masks.items()},
                probs={role: mask.probs for role, mask in masks.items() if mask.probs is not None},
            )

    def add(self, frame: Seen, pairs: Sequence[Pair]) -> None:
        """Look at the next frame and its pairs with earlier ones."""
        self._times.append(frame.seconds)
        for role, stability in self._stability.items():
            stability.frame(frame.labels.get(role), starts_scene=frame.starts_scene)
        for role, outlines in self._outlines.items():
            if role in frame.labels:
                outlines.frame(frame.index, frame.labels[role], starts_scene=frame.starts_scene)
        for role, accuracy in self._accuracy.items():
            if "truth" in frame.labels:
                probs = frame.probs.get(role)
                accuracy.frame(frame.index, frame.labels[role], frame.labels["truth"], probs=probs)
        for role, consistency in self._consistency.items():
            consistency.frame(frame.labels[role], frame.labels["truth"])
        for pair in pairs:
            self._like_truth.add(self._disagreements(pair))
        self._look(frame, pairs[0] if pairs else None)

    def _classes(self, masks: MaskFrame) -> PictureLabels:
        return self._objects.all.to_classes(labels_of(masks)).to(self._dtype)

    def finished(self, cuts: Sequence[int]) -> Measured:
        """What was gathered."""
        self._show_late(keep=0)
        for stability in self._stability.values():
            stability.finish()
        height, width = self._clip.video.size
        factor = self._stability["masks"].factor(height * width)
        return Measured(
            objects=self._objects,
            stability=self._stability,
            outlines=self._outlines,
            accuracy=self._accuracy,
            consistency=self._consistency,
            lag=self._lag,
            like_truth=self._like_truth.means(),
            cuts=cuts,
            times=self._times,
            worst=[replace(each, value=each.value * factor) for each in self._worst.frames()],
            slices=self._slices.slices(),
        )

    def _disagreements(self, pair: Pair) -> dict[str, float]:
        """By role, of the maskings that have both frames."""
        found = {}
        near = edges_of(pair)
        for role, stability in self._stability.items():
            if role not in pair.i.labels or role not in pair.j.labels:
                continue
            i, j, classes = pair.i.labels[role], pair.j.labels[role], self._objects.all.classes
            sums = stability.pair(
                pair.i.index,
                pair.j.index,
                warped_agreement(i, j, pair.flow_ij, visible_ij=pair.visible_ij, classes=classes),
                warped_agreement(j, i, pair.flow_ji, visible_ij=pair.visible_ji, classes=classes),
            )
            if near is not None:
                stability.at_edges(
                    warped_agreement(j, i, pair.flow_ji, visible_ij=pair.visible_ji & near, classes=classes)
                )
            if sums.pairs:
                found[role] = sums.total
        return found

    def _look(self, frame: Seen, nearest: Pair | None) -> None:
        """Gather the pictures of the report, and how compare lags."""
        self._slices.add(
            frame.picture,
            frame.labels,
            flow_ij=nearest.flow_ij if nearest else None,
            visible_ij=nearest.visible_ij if nearest else None,
        )
        if nearest is not None and "compare" in frame.labels and self._reference in frame.labels:
            right = frame.labels[self._reference]
            for role in self._lag:
                self._lag[role] += lag_sums(frame.labels[role], right, nearest.flow_ji)
        self._late.append(_Late(frame=frame, flicker=None if nearest is None else _flickering(nearest)))
        self._show_late(keep=REACH)

    def _show_late(self, *, keep: int) -> None:
        while len(self._late) > keep:
            each = self._late.popleft()
            value = self._stability["masks"].flicker(each.frame.index)
            frame = each.frame
            self._worst.add(
                frame.index,
                frame.seconds,
                None if math.isnan(value) else value,
                frame.picture,
                frame.labels,
                flicker=each.flicker,
            )


def _by_role(frame: ClipFrame) -> dict[str, MaskFrame]:
    roles = {"masks": frame.masks, "compare": frame.compare, "truth": frame.truth}
    return {role: masks for role, masks in roles.items() if masks is not None}


def _flickering(pair: Pair) -> Bool[Tensor, "h w"]:
    """The pixels of frame j whose label is not the one that the motion brings from frame i."""
    now: PictureLabels = pair.j.labels["masks"]
    before = warp_labels(pair.i.labels["masks"][None], pair.flow_ji[None])[0]
    return (now != before) & ((now | before) >= 0) & pair.visible_ji
