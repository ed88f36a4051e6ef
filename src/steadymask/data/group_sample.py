"""Frames in a row with the masks of one object, read and varied alike: as a batch of one group."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from steadymask.arrays import FlowEstimator, Picture, PictureProbs
from steadymask.data.augmentation import Augmentation, Transform, draw_transform
from steadymask.data.augmented import apply_flow, apply_labels, apply_masks, apply_visible
from steadymask.data.batch import GroupBatch
from steadymask.data.cached_flow import CachedFlow
from steadymask.data.corruption import Corruption, flicker
from steadymask.data.samples import frame_like, size_of, varied
from steadymask.data.sampling import FrameGroup
from steadymask.errors import InputError, require
from steadymask.warp import visibility

_KEPT = 3  # frames apart: flow between those further apart is asked for once in a long time


def group_sample(
    group: FrameGroup,
    augmentation: Augmentation,
    random: np.random.Generator,
    *,
    flows: FlowEstimator | None = None,
    corruption: Corruption | None = None,
) -> GroupBatch:
    """Read the frames and masks of a group and vary them alike.

    Of several objects that the masks show in the group, one is drawn. Its masks may be spoiled for the
    network; the labels never are.

    Raises:
        InputError: frames or masks differ in size, or there are no masks.
        VideoError: something cannot be read.
    """
    first = group.video.frame(group.first)
    pictures = [first, *(frame_like(group.video, index, first) for index in group.indices[1:])]
    transform = draw_transform(augmentation, size_of(first), random)
    probs = _object([_masks(group, index, first) for index in group.indices], random)
    labels = (probs > 0.5).int()
    masks = probs if corruption is None else _spoiled(probs, labels, corruption, group.video.fps, random)
    flow, visible = (None, None) if flows is None else _motion(flows, pictures, transform)
    return GroupBatch(
        groups=(group,),
        pictures=torch.cat([varied(each, transform) for each in pictures])[None],
        masks=apply_masks(masks, transform)[None],
        labels=apply_labels(labels, transform)[None].long(),
        flow=flow,
        visible=visible,
    )


def _masks(group: FrameGroup, index: int, like: Picture) -> PictureProbs:
    video = group.video
    if video.masks is None:
        raise InputError(f"{video.name}: wanted a video with masks, got one without")
    probs = video.masks(index)
    wanted, got = (f"{height} x {width}" for height, width in (size_of(like), probs.shape[1:]))
    where = f"{video.name}: frame {index}"
    require(wanted == got, f"{where}: wanted masks of height x width {wanted} as the frame, got {got}")
    return probs


def _object(masks: Sequence[PictureProbs], random: np.random.Generator) -> Float[Tensor, "t h w"]:
    """One of the objects that are there in some frame; nothing where there is none."""
    there = sorted({int(n) for probs in masks for n in (probs[1:] > 0.5).flatten(1).any(1).nonzero() + 1})
    if not there:
        return torch.stack([torch.zeros_like(probs[0]) for probs in masks])
    drawn = there[int(random.integers(len(there)))]
    return torch.stack(
        [probs[drawn] if drawn < len(probs) else torch.zeros_like(probs[0]) for probs in masks]
    )


def _spoiled(
    probs: Float[Tensor, "t h w"],
    labels: Int[Tensor, "t h w"],
    corruption: Corruption,
    fps: float,
    random: np.random.Generator,
) -> Float[Tensor, "t h w"]:
    """Masks that fail where labels would; elsewhere they are as sure as they were."""
    seed = int(random.integers(2**62))
    failed = torch.stack([*flicker(labels, seed=seed, corruption=corruption, fps=fps)])
    return torch.where(failed == labels, probs, failed.to(probs))


def _motion(
    flows: FlowEstimator, pictures: Sequence[Picture], transform: Transform
) -> tuple[Float[Tensor, "1 t t 2 rows columns"], Bool[Tensor, "1 t t rows columns"]]:
    """Between all frames, a row of them at a time: the flows of all pairs at once would take much memory."""
    far = flows.fresh if isinstance(flows, CachedFlow) else flows
    still = torch.zeros(2, *size_of(pictures[0]))
    found = [
        [
            still if i == j else (flows if abs(i - j) <= _KEPT else far)(picture_i, picture_j)
            for j, picture_j in enumerate(pictures)
        ]
        for i, picture_i in enumerate(pictures)
    ]
    flow, visible = [], []
    for i, row in enumerate(found):
        there, back = torch.stack(row), torch.stack([other[i] for other in found])
        flow.append(apply_flow(there, transform))
        visible.append(apply_visible(visibility(there, back), there, transform))
    return torch.stack(flow)[None], torch.stack(visible)[None]
