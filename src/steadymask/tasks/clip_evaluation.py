"""One clip of a data set: every set of masks measured side by side, with flows that all of them share."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
from jaxtyping import Bool
from torch import Tensor

from steadymask.arrays import PictureLabels
from steadymask.data.dataset import ClassIds, DatasetClip, Source
from steadymask.data.lineup import TRUTH, Lineup, lined_up, masks_at
from steadymask.data.objects import ids_in
from steadymask.data.reading import Reading
from steadymask.data.synthetic_folder import find_sequences
from steadymask.flow.between import FlowBetween
from steadymask.flow.dis import DIS, one_thread
from steadymask.io.made_of import digest_of
from steadymask.io.mask_frame import MaskFrame, labels_of
from steadymask.metrics.agreement import warped_agreement
from steadymask.metrics.smoothness import smoothness_sigma
from steadymask.tasks.clip_accuracy import ClassAccuracy, ClipAccuracy, ObjectAccuracy, ProposalAccuracy
from steadymask.tasks.meaning import Meaning, meanings_of, objects_meant
from steadymask.tasks.outline_stability import OutlineStability
from steadymask.tasks.pairs import Pair, Seen, edges_of, with_pairs
from steadymask.tasks.protocols import Protocol
from steadymask.tasks.recipes import Recipes, VideoConsistencies
from steadymask.tasks.scenes import SceneStarts
from steadymask.tasks.stability import Stability
from steadymask.tasks.synthetic_score import sequence_sums, synthetic_scores
from steadymask.tasks.torch_threads import torch_in_one_thread

Measure = Literal["accuracy", "stability", "recipes", "video-consistency", "temporal-stability"]
ALONG_MOTION: frozenset[Measure] = frozenset({"stability", "recipes"})
"""The measures that need flows."""

Found = dict[str, Any]
"""What was found of one set of masks: `overall`, `objects`, the `sums` that a whole data set adds up, and the
`unknown_ids` that are no object of the truth."""

_FLOW = DIS()


@dataclass(frozen=True, kw_only=True)
class ClipJob:
    """What to measure.

    Args:
        dataset: where the data set lies.
        clip: of the data set.
        masks: where each set of masks lies, by its name.
        protocol: how they are counted.
        measures: what is measured.
        classes: of the data set, where every pixel has one.
        reading: how masks are read; the truth too, where nothing else is known of it.
        fps: frames a second.
    """

    dataset: Path
    clip: DatasetClip
    masks: Mapping[str, Source]
    protocol: Protocol
    measures: frozenset[Measure]
    classes: ClassIds | None
    reading: Reading
    fps: float


def evaluate_clip(job: ClipJob) -> dict[str, Found]:
    """Measure a clip.

    Returns:
        By role: each set of masks, and "truth" where every frame has one.

    Raises:
        InputError: masks cannot be used as they are, or do not fit the clip.
        VideoError: something cannot be read.
    """
    with one_thread(), torch_in_one_thread():
        return _with_exact_motion(job) if job.protocol.exact_motion else _measured(job)


def _measured(job: ClipJob) -> dict[str, Found]:
    lineup = lined_up(job.clip, job.masks, job.reading, fps=job.fps)
    meanings = meanings_of(lineup, protocol=job.protocol, classes=job.classes)
    roles = {role: _Role(job, lineup, role, meanings) for role in lineup.masks}
    for frame, pairs in _frames(job, lineup, roles):
        truth = frame.labels.get(TRUTH)
        edges = [(pair, edges_of(pair)) for pair in pairs]
        for role, measured in roles.items():
            measured.frame(frame, role, truth)
            for pair, near in edges:
                measured.pair(pair, role, near)
    found = {role: measured.found() for role, measured in roles.items()}
    return {role: each for role, each in found.items() if role != TRUTH or each["overall"]}


def _frames(
    job: ClipJob, lineup: Lineup, roles: Mapping[str, "_Role"]
) -> Iterator[tuple[Seen, Sequence[Pair]]]:
    if not lineup.video or not job.measures & ALONG_MOTION:
        yield from ((seen, ()) for seen in _seen(lineup, roles, pictures=False))
        return
    yield from with_pairs(_seen(lineup, roles, pictures=True), FlowBetween(_FLOW))


def _seen(lineup: Lineup, roles: Mapping[str, "_Role"], *, pictures: bool) -> Iterator[Seen]:
    starts = SceneStarts(None)
    nothing = torch.zeros(1, dtype=torch.uint8).expand(3, *lineup.size)
    for index, (picture, masks) in enumerate(lineup.frames(pictures=pictures)):
        yield Seen(
            index=index,
            seconds=index / lineup.fps,
            picture=nothing if picture is None else picture,
            starts_scene=index == 0 if picture is None else starts(index, picture),
            labels={role: roles[role].labels(frame) for role, frame in masks.items()},
        )


class _Role:
    """All that is measured of one set of masks."""

    def __init__(self, job: ClipJob, lineup: Lineup, role: str, meanings: Mapping[str, Meaning]) -> None:
        meaning, truth = meanings[role], meanings.get(TRUTH)
        self._job, self._lineup, self._role, self._meaning = job, lineup, role, meaning
        measures, is_truth = job.measures, role == TRUTH
        # Predicted void is a class of its own where accuracy is counted; steadiness leaves it out.
        self._classes = meaning.classes if job.classes is None else job.classes.classes
        along_motion = lineup.video is not None and (not is_truth or lineup.is_dense)
        self._unknown: set[int] = set()
        self._dtype = torch.int8 if meaning.classes < torch.iinfo(torch.int8).max else torch.int32
        self._stability = (
            Stability(classes=self._classes, sigma=smoothness_sigma(lineup.fps))
            if "stability" in measures and along_motion
            else None
        )
        self._recipes = Recipes(classes=self._classes) if "recipes" in measures and along_motion else None
        comparable = not is_truth and TRUTH in lineup.masks
        accurate = "accuracy" in measures and comparable
        self._accuracy = _accuracy(job, lineup, meaning, truth) if accurate else None
        dense = comparable and lineup.is_dense and job.protocol.ids != "proposals"
        self._consistency = (
            VideoConsistencies(vspw=True) if "video-consistency" in measures and dense else None
        )
        self._first_class = 0 if job.classes is None else 1  # class 0 is no background there
        self._outlines = (
            OutlineStability(classes=self._classes + self._first_class, leave_out=_ends(job, lineup))
            if "temporal-stability" in measures and (not is_truth or lineup.is_dense)
            else None
        )

    def labels(self, frame: MaskFrame) -> PictureLabels:
        """Classes of a frame's masks."""
        job, masks = self._job, self._lineup.masks[self._role]
        if job.classes is not None:
            found = (
                job.classes.of_truth(labels_of(frame))
                if self._role == TRUTH
                else job.classes.of_prediction(frame, masks)
            )
        else:
            found = labels_of(frame)
            if self._meaning.objects is not None:
                self._note_unknown(found, self._meaning.objects.ids)
                found = self._meaning.objects.to_classes(found)
        found = found.to(self._dtype)
        return found if self._role == TRUTH else found.clamp_(min=0)  # void is no way around being wrong

    def _note_unknown(self, labels: PictureLabels, known: Sequence[int]) -> None:
        """Remember ids that are no object of the truth; merged, all are one."""
        if self._job.protocol.ids == "objects" and int(labels.max()) > max(known, default=0):
            self._unknown.update({id for id in ids_in(labels) if id > 0}.difference(known))

    def frame(self, frame: Seen, role: str, truth: PictureLabels | None) -> None:
        """Look at the next frame."""
        labels = frame.labels.get(role)
        if self._stability is not None:
            known = None if labels is None else self._without_void(labels)
            self._stability.frame(known, starts_scene=frame.starts_scene)
        if self._outlines is not None and labels is not None:
            known = self._without_void(labels) + self._first_class
            self._outlines.frame(frame.index, known, starts_scene=frame.starts_scene)
        if labels is None or truth is None:
            return
        if self._accuracy is not None:
            self._accuracy.frame(frame.index, labels, truth)
        if self._consistency is not None:
            self._consistency.frame(labels, truth)

    def pair(self, pair: Pair, role: str, near: Bool[Tensor, "h w"] | None) -> None:
        """Look at two frames and how one moves into the other; `near`: the band around the truth's edge."""
        if role not in pair.i.labels or role not in pair.j.labels:
            return
        i, j = (self._without_void(each.labels[role]) for each in (pair.i, pair.j))
        if self._stability is not None:
            compare = partial(warped_agreement, classes=self._classes)
            self._stability.pair(
                pair.i.index,
                pair.j.index,
                compare(i, j, pair.flow_ij, visible_ij=pair.visible_ij),
                compare(j, i, pair.flow_ji, visible_ij=pair.visible_ji),
            )
            if near is not None:
                self._stability.at_edges(compare(j, i, pair.flow_ji, visible_ij=pair.visible_ji & near))
        if self._recipes is not None and pair.j.index - pair.i.index == 1:
            self._recipes.pair(i, j, pair.flow_ij)

    def _without_void(self, labels: PictureLabels) -> PictureLabels:
        """Predicted void as void."""
        return labels if self._job.classes is None else labels.masked_fill(labels == self._classes, -1)

    def found(self) -> Found:
        """What was measured."""
        overall: dict[str, float] = {}
        objects: dict[str, dict[str, float]] = {}
        sums: dict[str, Any] = {}
        if self._stability is not None:
            height, width = self._lineup.size
            self._stability.finish()
            overall |= self._stability.overall(pixels=height * width)
            if (
                self._meaning.objects is not None and self._job.protocol.ids != "proposals"
            ):  # other ids than J's
                of_objects = self._stability.of_objects(pixels=height * width)
                objects = {
                    str(id): each for id, each in zip(self._meaning.objects.ids, of_objects, strict=True)
                }
        if self._outlines is not None:
            overall |= self._outlines.overall()
        for each in (self._recipes, self._consistency, self._accuracy):
            if each is not None:
                overall |= each.overall()
                sums |= each.sums()
        if self._accuracy is not None:
            for name, values in self._accuracy.of_objects().items():
                objects[name] = objects.get(name, {}) | values
        found = {"frames": self._lineup.count, "overall": overall, "objects": objects, "sums": sums}
        return found | {"unknown_ids": sorted(self._unknown)}


def _ends(job: ClipJob, lineup: Lineup) -> frozenset[int]:
    """The frames that the protocol does not count."""
    return frozenset() if job.protocol.ends else frozenset((lineup.annotated[0], lineup.annotated[-1]))


def _accuracy(job: ClipJob, lineup: Lineup, meaning: Meaning, truth: Meaning | None) -> ClipAccuracy:
    if job.classes is not None:
        return ClassAccuracy(classes=job.classes.classes)
    if job.protocol.ids == "proposals":
        return ProposalAccuracy(proposals=meaning.classes - 1, objects=objects_meant(truth))
    return ObjectAccuracy(
        objects=objects_meant(meaning),
        leave_out=_ends(job, lineup),
        from_first=job.protocol.from_first,
    )


def sources_of(job: ClipJob) -> str:
    """A digest of what a clip is measured from: names, sizes and times of change of all its files.

    Raises:
        VideoError: one cannot be read.
    """
    sources = [job.clip.video, job.clip.truth, *job.masks.values()]
    return digest_of([each for each in sources if each is not None])


def _with_exact_motion(job: ClipJob) -> dict[str, Found]:
    reading = job.reading
    sequences = find_sequences(job.dataset, objects=reading.objects, merge_objects=reading.merge_objects)
    sequence = next(each for each in sequences if each.name == job.clip.name)
    found = {}
    for role, source in job.masks.items():
        sums = sequence_sums(sequence, masks_at(source, reading, clip=job.clip.name))
        found[role] = {
            "frames": sequence.video.count,
            "overall": synthetic_scores(sums),
            "objects": {},
            "sums": {},
            "means": {
                "stability_rate_global": (sums.everywhere.total, sums.everywhere.pairs),
                "stability_rate_local": (sums.at_edges.total, sums.at_edges.pairs),
                "jaccard": (sums.overlap, sums.frames),
            },
        }
    return found
