"""Which pictures, pairs and triplets come when: all follows from a seed and a position, nothing is kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from steadymask.data.training_data import LabeledImage, UnlabeledVideo
from steadymask.errors import InputError, require

Purpose = Literal["labeled", "pairs", "triplets", "stills", "groups"]
_PURPOSES: tuple[Purpose, ...] = ("labeled", "pairs", "triplets", "stills", "groups")
"""New ones at the end: seeds."""


@dataclass(frozen=True, kw_only=True)
class FramePair:
    """Two frames of one video."""

    video: UnlabeledVideo
    i: int
    j: int


@dataclass(frozen=True, kw_only=True)
class Triplet:
    """A labeled frame, one before it and one after it, by their indices in its video."""

    image: LabeledImage
    before: int
    after: int

    @property
    def pairs(self) -> tuple[FramePair, FramePair]:
        """From the labeled frame to the one before, and to the one after.

        Raises:
            InputError: the labeled picture is no frame of a video.
        """
        video, index = self.image.video, self.image.index
        if video is None or index is None:
            raise InputError(f"{self.image.name}: wanted a frame of a video, got a picture alone")
        return FramePair(video=video, i=index, j=self.before), FramePair(video=video, i=index, j=self.after)


@dataclass(frozen=True, kw_only=True)
class FrameGroup:
    """Frames of one video, one after the other."""

    video: UnlabeledVideo
    first: int
    count: int

    @property
    def indices(self) -> range:
        """Those of the frames, in order."""
        return range(self.first, self.first + self.count)


def group_starts(video: UnlabeledVideo, count: int) -> tuple[int, ...]:
    """The first frames of all groups of so many frames that have masks and lie in one scene."""
    if video.masks is None:
        return ()
    return tuple(at for at in range(video.count) if video.same_scene(at, at + count - 1))


def equally_spaced_pairs(
    video: UnlabeledVideo, count: int | None = 30, *, gaps: Sequence[int] = (1,)
) -> tuple[int, ...]:
    """The first frames of pairs that lie equally far from each other over the video, the ends included.

    Args:
        video: of which frames.
        count: how many; all there are, where there are fewer, or for None.
        gaps: how far after the first frame the second may lie. A frame counts if one of them stays in its
            scene.

    Source: Qian et al., Coherent loss: a generic framework for stable video segmentation: "We sample each
        video at equal intervals to generate about 30 image pairs of two consecutive frames per video".
    """
    require(count is None or count >= 1, f"count: wanted 1 or more, got {count}")
    first = [at for at in range(video.count) if possible_gaps(video, at, gaps)]
    if count is None or len(first) <= count:
        return tuple(first)
    steps = max(count - 1, 1)
    return tuple(first[(2 * at * (len(first) - 1) + steps) // (2 * steps)] for at in range(count))


def possible_gaps(video: UnlabeledVideo, index: int, gaps: Iterable[int]) -> tuple[int, ...]:
    """Those of `gaps` that lead from a frame to another of its scene."""
    return tuple(gap for gap in gaps if video.same_scene(index, index + gap))


def draw_pair(
    video: UnlabeledVideo, first: int, gaps: Sequence[int], random: np.random.Generator
) -> FramePair:
    """A frame and another of its scene, each possible gap with equal chance.

    Raises:
        InputError: no gap is possible.
    """
    possible = possible_gaps(video, first, gaps)
    require(bool(possible), f"{video.name}: frame {first}: wanted another frame of its scene, got none")
    return FramePair(video=video, i=first, j=first + possible[int(random.integers(len(possible)))])


def has_triplet(image: LabeledImage) -> bool:
    """Whether its video goes on before and after it."""
    if image.video is None or image.index is None:
        return False
    return all(possible_gaps(image.video, image.index, (gap,)) for gap in (-1, 1))


def draw_triplet(image: LabeledImage, reach: int, random: np.random.Generator) -> Triplet:
    """A frame before and one after a labeled one; both gaps are drawn alone, evenly from those possible.

    Args:
        image: the labeled frame of a video.
        reach: largest gap, in frames.
        random: where numbers come from.

    Raises:
        InputError: no frame lies before or after it.

    Source: Liu et al., Efficient video segmentation models with per-frame inference, "Random sampling
        policy"; the paper names no largest gap.
    """
    if image.video is None or image.index is None:
        raise InputError(f"{image.name}: wanted a frame of a video, got a picture alone")
    before = draw_pair(image.video, image.index, range(-reach, 0), random)
    after = draw_pair(image.video, image.index, range(1, reach + 1), random)
    return Triplet(image=image, before=before.j, after=after.j)


def random_at(seed: int, purpose: Purpose, position: int) -> np.random.Generator:
    """The random numbers that belong to one position of an endless series, whatever was asked for before."""
    return np.random.default_rng([seed, _PURPOSES.index(purpose), 0, position])


def visited(seed: int, purpose: Purpose, position: int, count: int) -> int:
    """Which of `count` things comes at a position: every thing once, in random order, then all anew."""
    return int(_order(seed, purpose, position // count, count)[position % count])


@lru_cache(maxsize=8)
def _order(seed: int, purpose: Purpose, round: int, count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.random.default_rng([seed, _PURPOSES.index(purpose), 1, round]).permutation(count)
