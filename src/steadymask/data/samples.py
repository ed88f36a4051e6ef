"""One picture, pair or triplet, read and varied: each as a batch of one."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from steadymask.arrays import FlowEstimator, Picture
from steadymask.data.augmentation import Augmentation, Transform, draw_transform
from steadymask.data.augmented import apply_flow, apply_labels, apply_picture, apply_visible
from steadymask.data.batch import LabeledBatch, Motion, PairBatch, TripletBatch
from steadymask.data.homography import moved_stills
from steadymask.data.sampling import FramePair, Triplet
from steadymask.data.training_data import LabeledImage, UnlabeledVideo
from steadymask.errors import require
from steadymask.warp import visibility


def labeled_sample(
    image: LabeledImage, augmentation: Augmentation, random: np.random.Generator
) -> LabeledBatch:
    """Read a labeled picture and vary it.

    Raises:
        InputError: its labels do not fit.
        VideoError: it cannot be read.
    """
    picture, labels = image.read()
    transform = draw_transform(augmentation, size_of(picture), random)
    return LabeledBatch(
        names=(image.name,),
        pictures=varied(picture, transform),
        labels=apply_labels(labels[None], transform).long(),
    )


def pair_sample(
    pair: FramePair,
    augmentation: Augmentation,
    random: np.random.Generator,
    flows: FlowEstimator | None = None,
) -> PairBatch:
    """Read two frames and vary them alike.

    Raises:
        InputError: they differ in size.
        VideoError: one cannot be read.
    """
    picture_i = pair.video.frame(pair.i)
    transform = draw_transform(augmentation, size_of(picture_i), random)
    picture_j = frame_like(pair.video, pair.j, picture_i)
    return PairBatch(
        pairs=(pair,),
        pictures_i=varied(picture_i, transform),
        pictures_j=varied(picture_j, transform),
        motion=None if flows is None else _motion(flows, picture_i, picture_j, transform),
    )


def still_sample(image: LabeledImage, augmentation: Augmentation, random: np.random.Generator) -> PairBatch:
    """Read a picture, vary it, and make a pair of it by a random homography, whose flow is exact.

    Labels are not looked at.

    Raises:
        VideoError: it cannot be read.
    """
    picture = image.picture()
    transform = draw_transform(augmentation, size_of(picture), random)
    frames_i = varied(picture, transform)
    generator = torch.Generator().manual_seed(int(random.integers(2**62)))
    nothing = torch.zeros(1, *augmentation.size, dtype=torch.int64)
    moved = moved_stills(frames_i, nothing, generator=generator)
    still = UnlabeledVideo(name=image.name, count=1, fps=1.0, frame=Still(picture=image.picture))
    return PairBatch(
        pairs=(FramePair(video=still, i=0, j=0),),
        pictures_i=frames_i,
        pictures_j=moved.frames_j,
        motion=Motion(
            flow_ij=moved.flow_ij,
            flow_ji=moved.flow_ji,
            visible_ij=moved.visible_ij,
            visible_ji=moved.visible_ji,
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Still:
    """A picture as a video of one frame."""

    picture: Callable[[], Picture]

    def __call__(self, index: int) -> Picture:
        """Read it."""
        return self.picture()


def triplet_sample(
    triplet: Triplet,
    augmentation: Augmentation,
    random: np.random.Generator,
    flows: FlowEstimator | None = None,
) -> TripletBatch:
    """Read a labeled frame with those around it and vary all alike.

    Raises:
        InputError: labels or frames differ in size.
        VideoError: something cannot be read.
    """
    picture, labels = triplet.image.read()
    transform = draw_transform(augmentation, size_of(picture), random)
    to_before, to_after = triplet.pairs
    before, after = (frame_like(pair.video, pair.j, picture) for pair in (to_before, to_after))
    return TripletBatch(
        triplets=(triplet,),
        before=varied(before, transform),
        pictures=varied(picture, transform),
        after=varied(after, transform),
        labels=apply_labels(labels[None], transform).long(),
        to_before=None if flows is None else _motion(flows, picture, before, transform),
        to_after=None if flows is None else _motion(flows, picture, after, transform),
    )


def _motion(flows: FlowEstimator, picture_i: Picture, picture_j: Picture, transform: Transform) -> Motion:
    flow_ij, flow_ji = flows(picture_i, picture_j)[None], flows(picture_j, picture_i)[None]
    return Motion(
        flow_ij=apply_flow(flow_ij, transform),
        flow_ji=apply_flow(flow_ji, transform),
        visible_ij=apply_visible(visibility(flow_ij, flow_ji), flow_ij, transform),
        visible_ji=apply_visible(visibility(flow_ji, flow_ij), flow_ji, transform),
    )


def frame_like(video: UnlabeledVideo, index: int, like: Picture) -> Picture:
    """Read a frame of the size of another.

    Raises:
        InputError: it has another.
        VideoError: it cannot be read.
    """
    picture = video.frame(index)
    wanted, got = (f"{height} x {width}" for height, width in (size_of(like), size_of(picture)))
    require(
        wanted == got, f"{video.name}: frame {index}: wanted height x width {wanted} as its pair, got {got}"
    )
    return picture


def varied(picture: Picture, transform: Transform) -> Float[Tensor, "1 3 rows columns"]:
    """A frame in [0, 1], varied."""
    return apply_picture(picture[None].to(torch.float32) / 255, transform)


def size_of(picture: Picture) -> tuple[int, int]:
    """(h, w) of a frame."""
    return picture.shape[1], picture.shape[2]
