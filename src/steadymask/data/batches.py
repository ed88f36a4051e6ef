"""Batches by their step: the same data, settings and step give the same batch, in any run and order."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from steadymask.arrays import FlowEstimator
from steadymask.data.augmentation import Augmentation
from steadymask.data.batch import Batch, GroupBatch, LabeledBatch, PairBatch, TripletBatch, stacked
from steadymask.data.corruption import Corruption
from steadymask.data.group_sample import group_sample
from steadymask.data.samples import labeled_sample, pair_sample, still_sample, triplet_sample
from steadymask.data.sampling import (
    FrameGroup,
    draw_pair,
    draw_triplet,
    equally_spaced_pairs,
    group_starts,
    has_triplet,
    random_at,
    visited,
)
from steadymask.data.training_data import LabeledImage, TrainingData, UnlabeledVideo
from steadymask.errors import require

_Part = TypeVar("_Part", LabeledBatch, PairBatch, TripletBatch, GroupBatch)


@dataclass(frozen=True, kw_only=True)
class BatchSettings:
    """What a batch holds.

    Args:
        labeled: how many labeled pictures.
        pairs: how many pairs of frames without labels.
        stills: how many pairs made of labeled pictures by random homographies, which come after those of
            videos; their flow is exact, and unlabeled video is not needed.
        triplets: how many labeled frames with one before and one after.
        groups: how many groups of frames in a row, of videos with masks.
        group_frames: how many frames a group has.
        corruption: how masks of groups are spoiled before a network sees them; None: not at all.
        corrupted: the share of groups whose masks are spoiled, drawn at random.
        pairs_per_video: first frames of pairs lie equally far from each other, so many in each video; None:
            every frame is one.
        gaps: how far the second frame of a pair may lie after the first, drawn evenly; negative: before.
        reach: largest gap in triplets.
        seed: of everything drawn at random.

    Raises:
        InputError: a value is out of range; the message names it.
    """

    labeled: int = 4
    pairs: int = 0
    stills: int = 0
    triplets: int = 0
    groups: int = 0
    group_frames: int = 7
    corruption: Corruption | None = None
    corrupted: float = 1.0
    pairs_per_video: int | None = 30
    gaps: tuple[int, ...] = (1,)
    reach: int = 3
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the settings."""
        parts = ("labeled", "pairs", "stills", "triplets", "groups")
        for name in (*parts, "seed"):
            require(getattr(self, name) >= 0, f"{name}: wanted 0 or more, got {getattr(self, name)}")
        something = any(getattr(self, name) for name in parts)
        require(something, f"{', '.join(parts)}: wanted one above 0, got none")
        for name in ("reach", "group_frames"):
            require(getattr(self, name) >= 1, f"{name}: wanted 1 or more, got {getattr(self, name)}")
        share = self.corrupted
        require(0 <= share <= 1, f"corrupted: wanted a share in [0, 1], got {share}")
        good = bool(self.gaps) and 0 not in self.gaps and len({*self.gaps}) == len(self.gaps)
        require(good, f"gaps: wanted different numbers other than 0, got {self.gaps}")
        per_video = self.pairs_per_video
        require(per_video is None or per_video >= 1, f"pairs_per_video: wanted 1 or more, got {per_video}")


@dataclass(frozen=True, kw_only=True)
class Batches:
    """The batches of a training run; called with a step, it reads that batch.

    Every picture, pair, triplet and group comes once, in random order, before any comes again. With several
    processes each reads its own share of the same batches.

    Args:
        data: what there is.
        settings: what a batch holds; its numbers count all processes together.
        augmentation: how pictures are varied.
        flows: estimates the flow of pairs as they are read, which then follows the variation (see
            `cached_flow`); None: batches hold no motion. Of a group's frames more than three apart it is
            never kept.
        rank: which of the processes this is.
        processes: how many there are.

    Raises:
        InputError: the data has nothing of what a batch should hold, or it cannot be shared out evenly.
    """

    data: TrainingData
    settings: BatchSettings
    augmentation: Augmentation
    flows: FlowEstimator | None = None
    rank: int = 0
    processes: int = 1

    def __post_init__(self) -> None:
        """Check that there is something to draw from."""
        require(
            0 <= self.rank < self.processes,
            f"rank: wanted 0 to {self.processes - 1}, got {self.rank}",
        )
        there = {
            "labeled": self.data.labeled,
            "pairs": self._firsts,
            "stills": self.data.labeled,
            "triplets": self._between,
            "groups": self._groups,
        }
        for name, found in there.items():
            wanted = getattr(self.settings, name)
            even = wanted % self.processes == 0
            require(even, f"{name}: wanted a multiple of {self.processes} processes, got {wanted}")
            require(bool(found) or not wanted, f"{name}: wanted some in {self.data.name}, got none")
        mixed = self.settings.stills > 0 < self.settings.pairs
        require(
            not mixed or self.flows is not None,
            "flows: wanted the flow of pairs beside that of stills, got none",
        )

    def __call__(self, step: int) -> Batch:
        """Read the batch of a step, counted from 0.

        Raises:
            InputError: labels do not fit their picture, or the frames of a pair differ in size.
            VideoError: something cannot be read.
        """
        require(step >= 0, f"step: wanted 0 or more, got {step}")
        settings = self.settings
        pairs = self._stacked(self._pair, step, settings.pairs)
        stills = self._stacked(self._still, step, settings.stills)
        return Batch(
            step=step,
            labeled=self._stacked(self._labeled, step, settings.labeled),
            pairs=stacked([pairs, stills]) if pairs and stills else pairs or stills,
            triplets=self._stacked(self._triplet, step, settings.triplets),
            groups=self._stacked(self._group, step, settings.groups),
        )

    @property
    def epoch(self) -> int:
        """After how many steps every labeled picture has come once; the last of them may begin anew.

        Raises:
            InputError: batches hold no labeled pictures.
        """
        require(self.settings.labeled > 0, "labeled: wanted 1 or more to count epochs, got 0")
        return -(-len(self.data.labeled) // self.settings.labeled)

    @cached_property
    def _firsts(self) -> tuple[tuple[UnlabeledVideo, int], ...]:
        """The first frames of all pairs."""
        settings = self.settings
        if not settings.pairs:
            return ()
        return tuple(
            (video, first)
            for video in self.data.videos
            for first in equally_spaced_pairs(video, settings.pairs_per_video, gaps=settings.gaps)
        )

    @cached_property
    def _between(self) -> tuple[LabeledImage, ...]:
        """The labeled frames with others before and after."""
        return tuple(filter(has_triplet, self.data.labeled)) if self.settings.triplets else ()

    @cached_property
    def _groups(self) -> tuple[FrameGroup, ...]:
        count = self.settings.group_frames
        if not self.settings.groups:
            return ()
        return tuple(
            FrameGroup(video=video, first=first, count=count)
            for video in self.data.videos
            for first in group_starts(video, count)
        )

    def _stacked(self, sample: Callable[[int], _Part], step: int, count: int) -> _Part | None:
        """This process's share of a step: positions in the endless series of samples."""
        if not count:
            return None
        share = range(step * count + self.rank, (step + 1) * count, self.processes)
        return stacked([sample(position) for position in share])

    def _labeled(self, position: int) -> LabeledBatch:
        seed, there = self.settings.seed, self.data.labeled
        image = there[visited(seed, "labeled", position, len(there))]
        return labeled_sample(image, self.augmentation, random_at(seed, "labeled", position))

    def _pair(self, position: int) -> PairBatch:
        seed, there = self.settings.seed, self._firsts
        video, first = there[visited(seed, "pairs", position, len(there))]
        random = random_at(seed, "pairs", position)
        pair = draw_pair(video, first, self.settings.gaps, random)
        return pair_sample(pair, self.augmentation, random, self.flows)

    def _still(self, position: int) -> PairBatch:
        seed, there = self.settings.seed, self.data.labeled
        image = there[visited(seed, "stills", position, len(there))]
        return still_sample(image, self.augmentation, random_at(seed, "stills", position))

    def _triplet(self, position: int) -> TripletBatch:
        seed, there = self.settings.seed, self._between
        random = random_at(seed, "triplets", position)
        image = there[visited(seed, "triplets", position, len(there))]
        triplet = draw_triplet(image, self.settings.reach, random)
        return triplet_sample(triplet, self.augmentation, random, self.flows)

    def _group(self, position: int) -> GroupBatch:
        settings, there = self.settings, self._groups
        group = there[visited(settings.seed, "groups", position, len(there))]
        random = random_at(settings.seed, "groups", position)
        spoiled = random.random() < settings.corrupted
        corruption = settings.corruption if spoiled else None
        return group_sample(group, self.augmentation, random, flows=self.flows, corruption=corruption)
