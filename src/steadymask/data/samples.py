"""One picture, pair or triplet, read and varied: each as a batch of one."""

from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from steadymask.arrays import Picture, PictureFlow
from steadymask.data.augmentation import Augmentation, Transform, draw_transform
from steadymask.data.augmented import apply_flow, apply_labels, apply_picture, apply_visible
from steadymask.data.batch import LabeledBatch, Motion, PairBatch, TripletBatch
from steadymask.data.sampling import FramePair, Triplet
from steadymask.data.training_data import LabeledImage, UnlabeledVideo
from steadymask.errors import require
from steadymask.warp import visibility


@runtime_checkable
class PairFlows(Protocol):
    """Gives the flows of a pair, estimated or kept from before."""

    def __call__(
        self, pair: FramePair, picture_i: Picture, picture_j: Picture
    ) -> tuple[PictureFlow, PictureFlow]:
        """Return `flow_ij` and `flow_ji`, in pixels of the frames as they are read."""
        ...


def labeled_sample(
    image: LabeledImage, augmentation: Augmentation, random: np.random.Generator
) -> LabeledBatch:
    """Read a labeled picture and vary it.

    Raises:
        InputError: its labels do not fit.
        VideoError: it cannot be read.
    """
    picture, labels = image.read()
    transform = draw_transform(augmentation, _size(picture), random)
    return LabeledBatch(
        names=(image.name,),
        pictures=_varied(picture, transform),
        labels=apply_labels(labels[None], transform).long(),
    )


def pair_sample(
    pair: FramePair, augmentation: Augmentation, random: np.random.Generator, flows: PairFlows | None = None
) -> PairBatch:
    """Read two frames and vary them alike.

    Raises:
        InputError: they differ in size.
        VideoError: one cannot be read.
    """
    picture_i = pair.video.frame(pair.i)
    transform = draw_transform(augmentation, _size(picture_i), random)
    picture_j = _frame(pair.video, pair.j, picture_i)
    return PairBatch(
        pairs=(pair,),
        pictures_i=_varied(picture_i, transform),
        pictures_j=_varied(picture_j, transform),
        motion=None if flows is None else _motion(flows, pair, picture_i, picture_j, transform),
    )


def triplet_sample(
    triplet: Triplet, augmentation: Augmentation, random: np.random.Generator, flows: PairFlows | None = None
) -> TripletBatch:
    """Read a labeled frame with those around it and vary all alike.

    Raises:
        InputError: labels or frames differ in size.
        VideoError: something cannot be read.
    """
    picture, labels = triplet.image.read()
    transform = draw_transform(augmentation, _size(picture), random)
    to_before, to_after = triplet.pairs
    before, after = (_frame(pair.video, pair.j, picture) for pair in (to_before, to_after))
    return TripletBatch(
        triplets=(triplet,),
        before=_varied(before, transform),
        pictures=_varied(picture, transform),
        after=_varied(after, transform),
        labels=apply_labels(labels[None], transform).long(),
        to_before=None if flows is None else _motion(flows, to_before, picture, before, transform),
        to_after=None if flows is None else _motion(flows, to_after, picture, after, transform),
    )


def _motion(
    flows: PairFlows, pair: FramePair, picture_i: Picture, picture_j: Picture, transform: Transform
) -> Motion:
    flow_ij, flow_ji = (flow[None] for flow in flows(pair, picture_i, picture_j))
    return Motion(
        flow_ij=apply_flow(flow_ij, transform),
        flow_ji=apply_flow(flow_ji, transform),
        visible_ij=apply_visible(visibility(flow_ij, flow_ji), flow_ij, transform),
        visible_ji=apply_visible(visibility(flow_ji, flow_ij), flow_ji, transform),
    )


def _frame(video: UnlabeledVideo, index: int, like: Picture) -> Picture:
    picture = video.frame(index)
    wanted, got = (f"{height} x {width}" for height, width in (_size(like), _size(picture)))
    require(
        wanted == got, f"{video.name}: frame {index}: wanted height x width {wanted} as its pair, got {got}"
    )
    return picture


def _varied(picture: Picture, transform: Transform) -> Float[Tensor, "1 3 rows columns"]:
    return apply_picture(picture[None].to(torch.float32) / 255, transform)


def _size(picture: Picture) -> tuple[int, int]:
    return picture.shape[1], picture.shape[2]
