"""JSON as COCO has it: an annotation is one mask in one image; a number of their own makes tracks of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pycocotools import mask as coco

from steadymask.errors import InputError, require
from steadymask.io.folder import natural
from steadymask.io.json_file import Entry, entries, entry, name_in, score_in, text_of, whole
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
from steadymask.io.youtube_vis_json import Written, first_category, names_of
from steadymask.track import Packed

_TRACK_KEYS = ("track_id", "instance_id")
_PIXELS = ("segmentation", "area", "bbox")


@dataclass(frozen=True, kw_only=True)
class _Found:
    """One annotation: what it says, where it stands, the frame it is of, the track it belongs to."""

    stored: Entry
    where: str
    frame: int
    track: int | str


def read_images(content: Entry, path: Path, wanted: WantedClip) -> JsonClip:
    """Read one clip of a file with `images` and `annotations`.

    Raises:
        InputError: something is missing or does not fit; the message names annotation and image.
        VideoError: the pictures are too large.
    """
    name, images = _clip(content, path, wanted)
    size = _size(images, path)
    images, stems = _ordered(images, path)
    frame_of = {name_in(each, "id", f"{path}: images"): at for at, each in enumerate(images)}
    require(len(frame_of) == len(images), f"{path}: images: wanted every id once, got one twice")
    head = {**content, "images": images, "annotations": None}
    if isinstance(content.get("videos"), list) and "video_id" in images[0]:
        kept = [
            each for each in entries(content, "videos", str(path)) if each.get("id") == images[0]["video_id"]
        ]
        head["videos"] = kept
    everything = [
        (each, f"{path}: annotation {each.get('id', at)!s:.40}")
        for at, each in enumerate(entries(content, "annotations", str(path)))
    ]
    found = [(each, where) for each, where in everything if name_in(each, "image_id", where) in frame_of]
    tracks, format, ids = _tracks(found, frame_of, size, path)
    return JsonClip(
        size=size,
        count=len(images),
        stems=stems,
        tracks=tracks,
        format=JsonFormat(head=text_of(head, str(path)), flavor="coco", **format),
        decision=f"COCO, {name or f'{len(images)} images'}: {ids}",
    )


def read_results(content: Sequence[object], path: Path, wanted: WantedClip) -> JsonClip:
    """Read a bare list of masks: the images that they name are the frames, in the order of their ids.

    Raises:
        InputError: something is missing or does not fit; the message names the entry.
        VideoError: the pictures are too large.
    """
    found = [(entry(each, f"{path}: entry {at}"), f"{path}: entry {at}") for at, each in enumerate(content)]
    images = {name_in(each, "image_id", where) for each, where in found}
    require(
        wanted.asked is None,
        f"json_video: {path}: wanted videos to choose among, got a list of images' masks",
    )
    kinds = {type(each) for each in images}
    require(len(kinds) == 1, f"{path}: image_id: wanted all numbers or all text, got both")
    ordered = sorted(images, key=lambda each: (each if isinstance(each, int) else 0, str(each)))
    size = size_of_first([each.get("segmentation") for each, _ in found], path)
    tracks, format, ids = _tracks(found, {each: at for at, each in enumerate(ordered)}, size, path)
    return JsonClip(
        size=size,
        count=len(ordered),
        stems=None,
        tracks=tracks,
        format=JsonFormat(head=text_of({"image_ids": ordered}, str(path)), flavor="coco-results", **format),
        decision=f"COCO results, {len(ordered)} images: {ids}",
    )


def _clip(content: Entry, path: Path, wanted: WantedClip) -> tuple[str, list[Entry]]:
    """The images of the wanted clip: one of a video, else one of a folder."""
    clips: dict[int | str, list[Entry]] = {}
    for each in entries(content, "images", str(path)):
        clips.setdefault(_clip_of(each), []).append(each)
    videos = content.get("videos")
    known = {
        each["id"]: each
        for each in (videos if isinstance(videos, list) else [])
        if isinstance(each, dict) and isinstance(each.get("id"), int | str)
    }
    names = [names_of(known.get(key, {}), [images[0].get("file_name")], key) for key, images in clips.items()]
    place = wanted.among(path, names)
    named = len(clips) > 1 or wanted.asked is not None
    return (f"video {names[place][0]}" if named else ""), list(clips.values())[place]


def _clip_of(image: Entry) -> int | str:
    video, file = image.get("video_id"), image.get("file_name")
    if isinstance(video, int | str):
        return video
    return str(PurePosixPath(file if isinstance(file, str) else "").parent)


def _size(images: Sequence[Entry], path: Path) -> tuple[int, int]:
    first = None
    for each in images:
        where = f"{path}: image {name_in(each, 'id', f'{path}: images')!s:.40}"
        size = whole(each, "height", where, least=1), whole(each, "width", where, least=1)
        first = first or size
        if size != first:
            raise InputError(
                f"{where}: wanted height x width {first[0]} x {first[1]} as in the first, "
                f"got {size[0]} x {size[1]}"
            )
    if first is None:
        raise InputError(f"{path}: images: wanted one or more, got none")
    check_size(path, *first[::-1])
    return first


def _ordered(images: list[Entry], path: Path) -> tuple[list[Entry], tuple[str, ...] | None]:
    """The images by their names, and these without suffix; as they stand if none has a name."""
    if not any("file_name" in each for each in images):
        return images, None
    where = f"{path}: images: file_name"
    named = [(stems_of([each.get("file_name")], where)[0], each) for each in images]
    named.sort(key=lambda pair: natural(pair[0]))
    ordered = [each for _, each in named]
    return ordered, stems_of([each["file_name"] for each in ordered], where)


def _tracks(
    found: Sequence[tuple[Entry, str]],
    frame_of: Mapping[int | str, int],
    size: tuple[int, int],
    path: Path,
) -> tuple[tuple[JsonTrack, ...], dict[str, Any], str]:
    """The tracks, what a writer needs of them, and how they are numbered."""
    key = next((key for key in _TRACK_KEYS if any(key in each for each, _ in found)), "")
    everything = [_found(each, where, key, frame_of) for each, where in found]
    own: list[int | str] = sorted(
        {each.track for each in everything}, key=lambda each: (isinstance(each, str), natural(str(each)))
    )
    require(len(own) <= MOST_TRACKS, f"{path}: wanted at most {MOST_TRACKS} tracks, got {len(own)}")
    ids = numbered(own)
    members: dict[int | str, list[_Found]] = {each: [] for each in own}
    for each in everything:
        members[each.track].append(each)
    tracks, stored = [], []
    for id, track in zip(ids, own, strict=True):
        tracks.append(_track(id, members[track], size, len(frame_of)))
        stored.append((id, _stored(members[track], str(path))))
    no_tracks = "" if key else "no track_id or instance_id, so that each category is one object; "
    return (
        tuple(tracks),
        {"tracks": tuple(stored), "track_key": key},
        no_tracks + stated("track" if key else "category", own, ids),
    )


def _found(each: Entry, where: str, key: str, frame_of: Mapping[int | str, int]) -> _Found:
    category = whole(each, "category_id", where)
    return _Found(
        stored=each,
        where=where,
        frame=frame_of[each["image_id"]],
        track=name_in(each, key, where) if key else category,
    )


def _track(id: int, members: Iterable[_Found], size: tuple[int, int], count: int) -> JsonTrack:
    """One track; several masks in a frame become one, as sure as the surest."""
    masks: list[Packed | None] = [None] * count
    scores = [1.0] * count
    for each in members:
        where = f"{each.where}: image {each.stored['image_id']!s:.40}"
        require("segmentation" in each.stored, f"{where}: segmentation: wanted a mask, got nothing")
        mask, before = mask_in(each.stored["segmentation"], size, where), masks[each.frame]
        score = score_in(each.stored, each.where)
        if mask is not None:
            masks[each.frame] = mask if before is None else coco.merge([before, mask])
            scores[each.frame] = score if before is None else max(score, scores[each.frame])
    return JsonTrack(id=id, masks=tuple(masks), scores=tuple(scores))


def _stored(members: Sequence[_Found], where: str) -> str:
    """The annotations of a track by frame, without what depends on pixels."""
    by_frame: dict[str, Entry] = {}
    for each in members:
        kept = {key: None if key in _PIXELS else value for key, value in each.stored.items()}
        by_frame.setdefault(str(each.frame), kept)
    return text_of(by_frame, where)


def images_with(
    head: Entry, tracks: Mapping[int, Mapping[str, Entry]], masks: Written, track_key: str
) -> Entry:
    """The file: `head` with an annotation for each object in each frame.

    Args:
        head: all that stands beside them.
        tracks: by id, the annotations without masks by frame.
        masks: by id, the mask of each frame.
        track_key: what the number of a track is called.
    """
    images = [each["id"] for each in head["images"]]
    new: Entry = {"category_id": first_category(head), "iscrowd": 0}
    found = _annotations(images, tracks, masks, track_key, new)
    numbers = [each["id"] for each in found if isinstance(each.get("id"), int)]
    free = max(numbers, default=0) + 1
    for each in found:
        if "id" not in each:
            each["id"], free = free, free + 1
    return {**head, "annotations": [{**each, **_pixels(each["segmentation"])} for each in found]}


def results_with(
    head: Entry, tracks: Mapping[int, Mapping[str, Entry]], masks: Written, track_key: str
) -> list[Entry]:
    """The bare list of masks, with the keys they had; see `images_with`."""
    new: Entry = {"category_id": 1, "score": 1.0}
    found = _annotations(head["image_ids"], tracks, masks, track_key, new)
    return [
        {key: pixels.get(key, value) for key, value in each.items()}
        for each, pixels in ((each, _pixels(each["segmentation"])) for each in found)
    ]


def _annotations(
    images: Sequence[int | str],
    tracks: Mapping[int, Mapping[str, Entry]],
    masks: Written,
    track_key: str,
    new: Entry,
) -> list[Entry]:
    """Annotations frame by frame; one that is new is like the nearest of its track."""
    found = []
    for at, image in enumerate(images):
        for id, each in masks.items():
            mask = each[at]
            if mask is None:
                continue
            stored = tracks.get(id, {})
            like = stored.get(str(at)) or _like(stored, at) or (new | ({track_key: id} if track_key else {}))
            found.append({**like, "image_id": image, "segmentation": mask})
    return found


def _like(stored: Mapping[str, Entry], at: int) -> Entry | None:
    """The nearest annotation of the track, without what is its alone."""
    nearest = min(stored, key=lambda frame: (abs(int(frame) - at), int(frame)), default=None)
    return None if nearest is None else {k: v for k, v in stored[nearest].items() if k != "id"}


def _pixels(mask: Any) -> Entry:  # noqa: ANN401  # as pycocotools takes it
    return {"area": int(coco.area(mask)), "bbox": coco.toBbox(mask).tolist()}
