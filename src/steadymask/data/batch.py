"""What a network sees in one step: stacked pictures, labels, pairs, and the motion between their frames."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from steadymask.arrays import Flow, Visible
from steadymask.data.sampling import FrameGroup, FramePair, Triplet

Pictures = Float[Tensor, "b 3 h w"]
_Any = TypeVar("_Any")


@dataclass(frozen=True, kw_only=True, eq=False)
class Motion:
    """How the frames of a batch of pairs move into each other.

    Args:
        flow_ij: where each pixel of frame i lies in frame j, in pixels.
        flow_ji: the way back.
        visible_ij: on frame i's grid, what is also seen in frame j.
        visible_ji: the other way round.
    """

    flow_ij: Flow
    flow_ji: Flow
    visible_ij: Visible
    visible_ji: Visible


@dataclass(frozen=True, kw_only=True, eq=False)
class LabeledBatch:
    """Labeled pictures.

    Args:
        names: of the pictures.
        pictures: RGB in [0, 1].
        labels: classes; −1 is void.
    """

    names: tuple[str, ...]
    pictures: Pictures
    labels: Int[Tensor, "b h w"]


@dataclass(frozen=True, kw_only=True, eq=False)
class PairBatch:
    """Pairs of frames that nobody labeled.

    Args:
        pairs: which frames of which videos.
        pictures_i: the first frames, RGB in [0, 1].
        pictures_j: the second frames, varied as the first.
        motion: between them; None where no flow was given.
    """

    pairs: tuple[FramePair, ...]
    pictures_i: Pictures
    pictures_j: Pictures
    motion: Motion | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class TripletBatch:
    """Labeled frames, each with one before and one after it.

    Args:
        triplets: which frames of which videos.
        before: RGB in [0, 1].
        pictures: the labeled frames.
        after: varied, as those before, like the labeled ones.
        labels: of the labeled frames; −1 is void.
        to_before: motion from the labeled frames (i) to those before (j); None where no flow was given.
        to_after: the same to those after.
    """

    triplets: tuple[Triplet, ...]
    before: Pictures
    pictures: Pictures
    after: Pictures
    labels: Int[Tensor, "b h w"]
    to_before: Motion | None = None
    to_after: Motion | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupBatch:
    """Groups of frames in a row, each with a mask of one object that something else has made.

    Args:
        groups: which frames of which videos.
        pictures: RGB in [0, 1], all of a group varied alike.
        masks: probabilities of the object, as a network is to see them.
        labels: 1 where what made the masks sees the object, 0 elsewhere, −1 void: whom to agree with.
        flow: `flow[:, i, j]` is flow_ij, in pixels, 0 where i is j; None where no flow was given.
        visible: `visible[:, i, j]` is visible_ij.
    """

    groups: tuple[FrameGroup, ...]
    pictures: Float[Tensor, "b t 3 h w"]
    masks: Float[Tensor, "b t h w"]
    labels: Int[Tensor, "b t h w"]
    flow: Float[Tensor, "b t t 2 h w"] | None = None
    visible: Bool[Tensor, "b t t h w"] | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """All of one step; what is not asked for is None.

    Args:
        step: which one, from 0.
        labeled: labeled pictures.
        pairs: pairs of frames without labels.
        triplets: labeled frames with those around them.
        groups: groups of frames in a row with masks.
    """

    step: int
    labeled: LabeledBatch | None = None
    pairs: PairBatch | None = None
    triplets: TripletBatch | None = None
    groups: GroupBatch | None = None


def stacked(batches: Sequence[_Any]) -> _Any:
    """Several batches, or like parts of them, as one: what comes first stays first."""
    first = batches[0]
    found: dict[str, Any] = {}
    for name, value in _values(first).items():
        values = [getattr(each, name) for each in batches]
        if isinstance(value, Tensor):
            found[name] = torch.cat(values)
        elif isinstance(value, tuple):
            found[name] = tuple(each for one in values for each in one)
        elif value is not None:
            found[name] = stacked(values)
    return replace(first, **found)  # type: ignore[type-var]  # only the dataclasses above are given


def to_device(batch: _Any, device: torch.device | str) -> _Any:
    """The same batch, or a part of it, with its tensors on another device; what lies there is not copied."""
    found: dict[str, Any] = {}
    for name, value in _values(batch).items():
        if isinstance(value, Tensor):
            found[name] = value.to(device, non_blocking=True)
        elif is_dataclass(value):
            found[name] = to_device(value, device)
    return replace(batch, **found)  # type: ignore[type-var]  # the same


def _values(batch: object) -> dict[str, Any]:
    return {each.name: getattr(batch, each.name) for each in fields(batch)}  # type: ignore[arg-type]  # the same
