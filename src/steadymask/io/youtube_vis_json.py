"""JSON as YouTube-VIS has it: a track is an annotation, with a mask or null for every frame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pycocotools import mask as coco

from steadymask.errors import require
from steadymask.io.json_file import Entry, entries, entry, list_in, name_in, score_in, text_of, whole
from steadymask.io.json_tracks import (
    MOST_TRACKS,
    JsonClip,
    JsonTrack,
    WantedClip,
    mask_in,
    numbered,
    size_of_first,
    stated,
    stems_of,
)
from steadymask.io.mask_format import JsonFormat
from steadymask.io.picture import check_size
from steadymask.track import Packed

_PIXELS = ("segmentations", "areas", "bboxes")
_CATEGORIES = [{"id": 1, "name": "object"}]

Written = Mapping[int, Sequence[dict[str, Any] | None]]
"""By id, the mask of each frame."""


@dataclass(frozen=True, kw_only=True)
class VideoEntry:
    """One entry of `videos`.

    Args:
        id: what annotations call it.
        names: what people call it: its name, its frames' folder, its id.
        size: (h, w) in pixels.
        count: number of frames; None if it does not say.
        stems: names of the frames without suffix; None if it does not say.
        stored: the entry.
    """

    id: int | str
    names: tuple[str, ...]
    size: tuple[int, int]
    count: int | None
    stems: tuple[str, ...] | None
    stored: Entry


def video_entry(stored: Entry, path: Path) -> VideoEntry:
    """Read one entry of `videos`.

    Raises:
        InputError: it lacks id or size, or names and length do not fit.
        VideoError: its pictures are too large.
    """
    id = name_in(stored, "id", f"{path}: videos")
    where = f"{path}: video {id!s:.40}"
    height, width = (whole(stored, key, where, least=1) for key in ("height", "width"))
    check_size(path, width, height)
    files = None if stored.get("file_names") is None else list_in(stored, "file_names", where)
    length = None if stored.get("length") is None else whole(stored, "length", where, least=1)
    if files is not None:
        require(
            length in (None, len(files)),
            f"{where}: file_names: wanted {length} as its length says, got {len(files)}",
        )
        require(len(files) > 0, f"{where}: file_names: wanted one or more, got none")
    return VideoEntry(
        id=id,
        names=names_of(stored, files or (), id),
        size=(height, width),
        count=length if files is None else len(files),
        stems=None if files is None else stems_of(files, f"{where}: file_names"),
        stored=stored,
    )


def names_of(stored: Entry, files: Sequence[object], id: int | str) -> tuple[str, ...]:
    """What people call a clip: its name, its frames' folder, its id."""
    name, file = stored.get("name"), next(iter(files), None)
    folder = PurePosixPath(file).parent.name if isinstance(file, str) else ""
    stem = PurePosixPath(name).stem if isinstance(name, str) else ""
    found = (name, stem, folder, str(id))
    return tuple(each for each in found if isinstance(each, str) and each)


def masks_of(
    stored: Entry, size: tuple[int, int], count: int | None, where: str
) -> tuple[Packed | None, ...]:
    """The masks of one annotation.

    Raises:
        InputError: there is not one for each frame, or one is no mask; the message names the frame.
    """
    found = list_in(stored, "segmentations", where)
    require(
        count in (None, len(found)),
        f"{where}: segmentations: wanted one or null for each of {count} frames, got {len(found)}",
    )
    return tuple(mask_in(each, size, f"{where}: frame {at}") for at, each in enumerate(found))


def read_annotations(content: Entry, path: Path, wanted: WantedClip) -> JsonClip:
    """Read one clip of a file with `videos` and `annotations`.

    Raises:
        InputError: something is missing or does not fit; the message names annotation and frame.
        VideoError: the pictures are too large.
    """
    videos = [video_entry(each, path) for each in entries(content, "videos", str(path))]
    video = videos[wanted.among(path, [each.names for each in videos])]
    found = [
        (each, f"{path}: annotation {name_in(each, 'id', f'{path}: annotations')!s:.40}")
        for each in entries(content, "annotations", str(path))
        if name_in(each, "video_id", f"{path}: annotations") == video.id
    ]
    count = video.count
    if count is None and found:
        count = len(list_in(found[0][0], "segmentations", found[0][1]))
    require(bool(count), f"{path}: video {video.id!s:.40}: wanted its length or file_names, got neither")
    head = {**content, "videos": [video.stored], "annotations": None}
    ids, tracks = _tracks(found, [each["id"] for each, _ in found], video.size, count or 0, path)
    return JsonClip(
        size=video.size,
        count=count or 0,
        stems=video.stems,
        tracks=tracks,
        format=JsonFormat(head=text_of(head, str(path)), tracks=_stored(found, ids)),
        decision=f"YouTube-VIS, video {video.names[0]}: "
        + stated("annotation", [each["id"] for each, _ in found], ids),
    )


def read_results(content: Sequence[object], path: Path, wanted: WantedClip) -> JsonClip:
    """Read one clip of a bare list of tracks.

    Raises:
        InputError: something is missing or does not fit; the message names entry and frame.
        VideoError: the pictures are too large.
    """
    everything = [
        (entry(each, f"{path}: entry {at}"), f"{path}: entry {at}") for at, each in enumerate(content)
    ]
    videos = list(dict.fromkeys(name_in(each, "video_id", where) for each, where in everything))
    video = videos[wanted.among(path, [(str(each),) for each in videos])]
    found = [(each, where) for each, where in everything if each["video_id"] == video]
    masks = [mask for each, where in found for mask in list_in(each, "segmentations", where)]
    size, count = size_of_first(masks, path), len(found[0][0]["segmentations"])
    own = [each.get("id") for each, _ in found]
    ids, tracks = _tracks(found, own, size, count, path)
    by_order = "ids count the tracks in their order"
    are_named = all(each is not None for each in own)
    return JsonClip(
        size=size,
        count=count,
        stems=None,
        tracks=tracks,
        format=JsonFormat(
            flavor="youtube-vis-results",
            head=text_of({"video_id": video}, str(path)),
            tracks=_stored(found, ids),
        ),
        decision=f"YouTube-VIS results, video {video}: "
        + (stated("track", own, ids) if are_named else by_order),
    )


def _tracks(
    found: Sequence[tuple[Entry, str]], own: Sequence[object], size: tuple[int, int], count: int, path: Path
) -> tuple[tuple[int, ...], tuple[JsonTrack, ...]]:
    require(len(found) <= MOST_TRACKS, f"{path}: wanted at most {MOST_TRACKS} tracks, got {len(found)}")
    ids = numbered(own)
    tracks = []
    for id, (each, where) in zip(ids, found, strict=True):
        whole(each, "category_id", where)
        score, masks = score_in(each, where), masks_of(each, size, count, where)
        tracks.append(JsonTrack(id=id, masks=masks, scores=(score,) * count))
    return ids, tuple(tracks)


def _stored(found: Sequence[tuple[Entry, str]], ids: Sequence[int]) -> tuple[tuple[int, str], ...]:
    """Annotations without what depends on pixels; empty places keep the order of the keys."""
    return tuple(
        (id, text_of({key: None if key in _PIXELS else value for key, value in each.items()}, where))
        for id, (each, where) in zip(ids, found, strict=True)
    )


def new_head(size: tuple[int, int], count: int, *, name: str = "", files: Sequence[str] = ()) -> Entry:
    """All that stands beside the annotations of a clip."""
    video: Entry = {"id": 1, "name": name} if name else {"id": 1}
    video |= {"height": size[0], "width": size[1], "length": count}
    video |= {"file_names": list(files)} if files else {}
    return {"videos": [video], "categories": _CATEGORIES, "annotations": None}


def annotations_with(head: Entry, tracks: Mapping[int, Entry], masks: Written) -> Entry:
    """The file: `head` with annotations, those of `tracks` first.

    Args:
        head: all that stands beside them.
        tracks: by id, the annotation without masks.
        masks: by id, the mask of each frame.
    """
    video, category = head["videos"][0]["id"], first_category(head)
    found = []
    for id, each in masks.items():
        new = {"id": id, "video_id": video, "category_id": category, "iscrowd": 0}
        found.append({**tracks.get(id, new), **_pixels(each)})
    return {**head, "annotations": found}


def results_with(head: Entry, tracks: Mapping[int, Entry], masks: Written) -> list[Entry]:
    """The bare list of tracks, with the keys they had.

    Args:
        head: holds the video's id.
        tracks: by id, the track without masks.
        masks: by id, the mask of each frame.
    """
    new = {"video_id": head["video_id"], "category_id": 1, "score": 1.0, "segmentations": None}
    stored = {id: tracks.get(id, new) for id in masks}
    return [
        {key: pixels.get(key, value) for key, value in stored[id].items()}
        for id, pixels in ((id, _pixels(each)) for id, each in masks.items())
    ]


def first_category(head: Entry) -> int:
    """The category of a track that has none."""
    categories = head.get("categories")
    first = categories[0] if isinstance(categories, list) and categories else None
    return first["id"] if isinstance(first, dict) and isinstance(first.get("id"), int) else 1


def _pixels(masks: Sequence[Any]) -> Entry:
    return {
        "segmentations": list(masks),
        "areas": [None if each is None else int(coco.area(each)) for each in masks],
        "bboxes": [None if each is None else coco.toBbox(each).tolist() for each in masks],
    }
