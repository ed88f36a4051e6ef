"""`stabilize_frames`: the streaming twin of `stabilize`, for frames and masks that a program makes."""

import os
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, zip_longest

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from steadymask.data.array_masks import ArrayMasks, Mask, array_masks, array_picture
from steadymask.errors import InputError, require
from steadymask.filters.run import Filter, Item, run
from steadymask.flow.between import FlowBetween
from steadymask.flow.dis import one_thread
from steadymask.tasks.freed_memory import return_freed_memory
from steadymask.tasks.methods import Method, filters_of, flow_of
from steadymask.tasks.scenes import SceneStarts

Frame = Tensor | NDArray[np.uint8]
"""One RGB frame, 0 to 255: a tensor `3 h w`, or a NumPy array `h w 3`."""


def stabilize_frames(
    frames: Iterable[Frame],
    masks: Iterable[Mask],
    *,
    method: Method = "motion",
    strength: float | None = None,
    live: bool = False,
    look_ahead: int | None = None,
    objects: Sequence[int] | None = None,
    cuts: Collection[int] | None = None,
    workers: int | None = None,
) -> Generator[Mask, None, None]:
    """Take the flicker out of masks as they come; yields one mask for every frame, in order.

    The masks are those that `stabilize` writes, in constant memory for any length (with look-ahead, memory
    that the process has freed is given back to the system now and then). With `live`, the mask of a
    frame comes before the next frame is asked for; otherwise it waits for the look-ahead. Arrays are copied,
    so that a caller may use them again. While the generator is open, OpenCV keeps to one thread.

    Args:
        frames: RGB, 0 to 255: tensors `3 h w` or NumPy arrays `h w 3`, uint8.
        masks: one for each frame, all of one kind, tensors or NumPy arrays: labels `h w` (bool, or integers;
            0 is the background, −1 void), the probability of one object `h w` (floats), or of all classes
            `k h w` (class 0 the background). What is yielded has the same kind, shape and type.
        method: the filter, as in `stabilize`.
        strength: from 0 (changes nothing) to 1; None: the method's default.
        live: without look-ahead, so that every mask depends on the past only.
        look_ahead: frames of look-ahead of the motion filter; None: its default.
        objects: the ids that labels may hold; None: those of the first mask (bool masks: 1).
        cuts: the frames that begin a new scene, from 0; None: cuts are detected.
        workers: threads that estimate flow; None: one for each core.

    Raises:
        InputError: a setting is wrong (at once), or a frame or mask does not fit (when it comes).

    >>> frames = [np.zeros((24, 32, 3), np.uint8)] * 3
    >>> masks = [np.full((24, 32), True), np.full((24, 32), False), np.full((24, 32), True)]
    >>> [bool(mask.all()) for mask in stabilize_frames(frames, masks, method="median")]
    [True, True, True]
    """
    filters = filters_of(method, strength=strength, live=live, look_ahead=look_ahead)
    require(workers is None or workers >= 1, f"workers: wanted at least 1, got {workers}")
    require(cuts is None or all(each >= 0 for each in cuts), f"cuts: wanted indices of frames, got {cuts}")
    starts = SceneStarts(None if cuts is None else frozenset(cuts))
    return _stabilized(_paired(frames, masks), filters, objects, starts, workers)


def _stabilized(
    pairs: Iterator[tuple[Frame, Mask]],
    filters: Sequence[Filter],
    objects: Sequence[int] | None,
    starts: SceneStarts,
    workers: int | None,
) -> Generator[Mask, None, None]:
    first = next(pairs, None)
    if first is None:
        return
    kind = array_masks(first[1], objects)
    voids: dict[int, Tensor | None] = {}
    items = _items(chain([first], pairs), kind, starts, voids)
    with one_thread(), ThreadPoolExecutor(workers or os.cpu_count()) as threads:
        flows = FlowBetween(flow_of(kind.size), threads)
        for item, _ in run(filters, items, flows=flows):
            yield kind.written(item.probs, voids.pop(item.index), like=first[1])
            if any(each.delay for each in filters):
                return_freed_memory(item.index)


def _items(
    pairs: Iterable[tuple[Frame, Mask]],
    kind: ArrayMasks,
    starts: SceneStarts,
    voids: dict[int, Tensor | None],
) -> Iterator[Item]:
    for index, (frame, mask) in enumerate(pairs):
        picture = array_picture(frame, kind.size, index)
        probs, voids[index] = kind.read(mask, index)
        yield Item(index=index, picture=picture, probs=probs, starts_scene=starts(index, picture))


def _paired(frames: Iterable[Frame], masks: Iterable[Mask]) -> Iterator[tuple[Frame, Mask]]:
    for index, (frame, mask) in enumerate(zip_longest(frames, masks)):
        if frame is None or mask is None:
            missing = "frame" if frame is None else "mask"
            raise InputError(f"{missing}s: wanted one for each of frames and masks, got none at {index}")
        yield frame, mask
