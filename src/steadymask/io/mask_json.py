"""Masks in JSON: tracks of YouTube-VIS or COCO, unpacked frame by frame; and written again."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pycocotools import mask as coco

from steadymask.errors import InputError, require
from steadymask.io import coco_json, youtube_vis_json
from steadymask.io.folder import numbered
from steadymask.io.json_file import entry, load, text_of
from steadymask.io.json_tracks import MOST_TRACKS, JsonClip, WantedClip, overlapping
from steadymask.io.mask_format import JsonFormat, ReadAs
from steadymask.io.mask_frame import MaskFrame, labels_of
from steadymask.io.rle import encoded
from steadymask.io.unfinished import write_file
from steadymask.io.youtube_vis_json import Written


@dataclass(frozen=True, kw_only=True)
class JsonMasks:
    """The tracks of one clip in a JSON; they lie packed in memory.

    Args:
        path: the file.
        clip: what it says of the clip.
        overlap: how many pixels, over all frames, belong to several tracks.
        void: the id that means void; None without one.
    """

    path: Path
    clip: JsonClip
    overlap: int
    void: int | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(h, w) in pixels."""
        return self.clip.size

    @property
    def count(self) -> int:
        """Number of frames."""
        return self.clip.count

    @property
    def stems(self) -> tuple[str, ...] | None:
        """Names of the frames without suffix; None where the file has none."""
        return self.clip.stems

    @property
    def format(self) -> JsonFormat:
        """How a writer writes the like of it."""
        return replace(self.clip.format, void=self.void)

    @property
    def decision(self) -> str:
        """How it is read, in a sentence."""
        return f"JSON, {self.clip.decision}"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is lost in reading it so."""
        if not self.overlap:
            return ()
        pixels = "1 pixel belongs" if self.overlap == 1 else f"{self.overlap} pixels belong"
        return (
            f"In {self.path.name}, {pixels} to several objects: the one of the highest score has them, "
            "of equal scores the last.",
        )

    def frames(self, start: int = 0) -> Iterator[MaskFrame]:
        """Read the frames from `start` on; void is not told apart yet."""
        stems = self.stems or numbered(self.count)
        for index in range(start, self.count):
            labels = torch.from_numpy(self._labels(index))
            yield MaskFrame(index=index, stem=stems[index], labels=labels)

    def _labels(self, index: int) -> NDArray[np.int32]:
        labels = np.zeros(self.size, np.int32)
        for track in sorted(self.clip.tracks, key=lambda each: each.scores[index]):
            mask = track.masks[index]
            if mask is not None:
                labels[coco.decode(mask).astype(bool)] = track.id
        return labels


def open_json(
    path: Path, *, read_as: ReadAs | None = None, void: int | None = None, wanted: WantedClip
) -> JsonMasks:
    """Open a JSON of tracks: `videos` or `images` with `annotations`, or a bare list of results.

    Every mask is looked at, so that a bad one is found before work begins.

    Args:
        path: the file.
        read_as: JSON holds labels.
        void: the id that means void.
        wanted: which of several clips.

    Raises:
        InputError: it is none of these, or something does not fit; the message names what and where.
        VideoError: it cannot be read.
    """
    require(read_as != "probability", f"read_as: {path}: wanted labels of a JSON, got probability")
    clip = _clip(load(path), path, wanted)
    return JsonMasks(path=path, clip=clip, overlap=overlapping(clip.tracks, clip.count), void=void)


def _clip(content: object, path: Path, wanted: WantedClip) -> JsonClip:
    if isinstance(content, list) and content:
        first = entry(content[0], f"{path}: entry 0")
        if "video_id" in first:
            return youtube_vis_json.read_results(content, path, wanted)
        if "image_id" in first:
            return coco_json.read_results(content, path, wanted)
    if isinstance(content, dict) and "annotations" in content:
        if "images" in content:
            return coco_json.read_images(content, path, wanted)
        if "videos" in content:
            return youtube_vis_json.read_annotations(content, path, wanted)
    raise InputError(
        f"{path}: wanted videos and annotations (YouTube-VIS), images and annotations (COCO), or a list of "
        f"results with video_id or image_id, got {_described(content)}"
    )


def _described(content: object) -> str:
    if isinstance(content, dict):
        return f"an object with {', '.join(map(repr, list(content)[:5])) or 'nothing in it'}"[:200]
    if isinstance(content, list):
        return "a list without these" if content else "an empty list"
    return type(content).__name__


def write_json_masks(path: Path, frames: Iterable[MaskFrame], format: JsonFormat, *, count: int) -> None:
    """Write masks as one JSON; the same bytes every time.

    Args:
        path: the file; it appears finished or not at all.
        frames: their void is the id `format.void` already.
        format: flavor, and what stands beside the masks.
        count: number of frames.

    Raises:
        InputError: an id is too large, or there are more or fewer frames.
        VideoError: the file cannot be written.
    """
    masks: dict[int, list[dict[str, Any] | None]] = {id: [None] * count for id, _ in format.tracks}
    size, written = None, 0
    for index, frame in enumerate(frames):
        require(index < count, f"{path}: wanted {count} frames to write, got more")
        size, written = frame.size, index + 1
        labels = labels_of(frame)
        for id in _ids(labels.numpy(), frame.stem):
            masks.setdefault(id, [None] * count)[index] = encoded(labels == id)
    if size is None or written != count:
        raise InputError(f"{path}: wanted {count} frames to write, got {written}")
    ordered = {id: masks[id] for id in [*dict(format.tracks), *sorted(set(masks) - set(dict(format.tracks)))]}
    write_file(path, f"{text_of(_content(format, ordered, size, count), str(path))}\n".encode())


def _ids(labels: NDArray[np.int32], stem: str) -> list[int]:
    least, most = int(labels.min()), int(labels.max())
    if least < 0 or most > MOST_TRACKS:
        wrong = least if least < 0 else most
        raise InputError(f"{stem}: wanted ids 0 to {MOST_TRACKS} for this format, got {wrong}")
    return [int(each) for each in np.flatnonzero(np.bincount(labels.ravel())) if each]


def _content(format: JsonFormat, masks: Written, size: tuple[int, int], count: int) -> object:
    head = json.loads(format.head) if format.head else youtube_vis_json.new_head(size, count)
    tracks = {id: json.loads(text) for id, text in format.tracks}
    if format.flavor == "youtube-vis":
        return youtube_vis_json.annotations_with(head, tracks, masks)
    if format.flavor == "coco":
        return coco_json.images_with(head, tracks, masks, format.track_key)
    if format.flavor == "youtube-vis-results":
        return youtube_vis_json.results_with(head, tracks, _telling(masks, size, count))
    masks = _telling(masks, size, count, of_every_frame=True)
    return coco_json.results_with(head, tracks, masks, format.track_key)


def _telling(
    masks: Written, size: tuple[int, int], count: int, *, of_every_frame: bool = False
) -> dict[int, list[dict[str, Any] | None]]:
    """The same with an empty mask where, in a bare list, nothing would tell of the size or of a frame."""
    first = next(iter(masks), 1)
    told = {id: list(each) for id, each in masks.items()} or {first: [None] * count}
    empty = [at for at in range(count) if all(each[at] is None for each in told.values())]
    for at in empty if of_every_frame else empty[: len(empty) == count]:
        told[first][at] = encoded(torch.zeros(size, dtype=torch.bool))
    return told
