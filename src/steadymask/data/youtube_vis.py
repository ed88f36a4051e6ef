"""The data set YouTube-VIS: what is true and what was found, as tracks of one category in one video."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from steadymask.errors import InputError, require
from steadymask.io.json_file import Entry, entries, entry, kind, load, name_in, score_in, whole
from steadymask.io.youtube_vis_json import VideoEntry, masks_of, video_entry
from steadymask.track import Track

Tracks = Mapping[int, tuple[Track, ...]]
"""By category, in the order of the file."""


@dataclass(frozen=True, kw_only=True)
class InstanceVideo:
    """One video with its tracks; a category without any is not there.

    Args:
        id: what the files call it.
        name: what people call it.
        truth: what is there.
        found: what was found.
    """

    id: int | str
    name: str
    truth: Tracks
    found: Tracks


@dataclass(frozen=True, kw_only=True)
class YouTubeVis:
    """All videos of a data set.

    Args:
        videos: in the order of the truth.
        categories: their names, by id, in the order of the truth.
    """

    videos: tuple[InstanceVideo, ...]
    categories: Mapping[int, str]


def read_youtube_vis(truth: Path, found: Path) -> YouTubeVis:
    """Read the truth of YouTube-VIS (or a set like it) and a list of results.

    Videos without results have found nothing. Every mask is checked, and stays packed.

    Args:
        truth: a JSON with `videos`, `categories` and `annotations`.
        found: a JSON that is a list of tracks with `video_id`, `category_id`, `score` and `segmentations`.

    Raises:
        InputError: something is missing or does not fit; the message names file, annotation and frame.
        VideoError: a file cannot be read.
    """
    content = entry(load(truth), str(truth))
    categories = _categories(content, truth)
    videos = _videos(content, truth)
    true_tracks = _tracks(
        entries(content, "annotations", str(truth)), truth, videos, categories, scored=False
    )
    results = load(found)
    if not isinstance(results, list):
        raise InputError(f"{found}: wanted a list of results, got {kind(results)}")
    named = [entry(each, f"{found}: entry {at}") for at, each in enumerate(results)]
    found_tracks = _tracks(named, found, videos, categories, scored=True)
    return YouTubeVis(
        videos=tuple(
            InstanceVideo(id=id, name=each.names[0], truth=true_tracks[id], found=found_tracks[id])
            for id, each in videos.items()
        ),
        categories=categories,
    )


def _categories(content: Entry, path: Path) -> dict[int, str]:
    found: dict[int, str] = {}
    for each in entries(content, "categories", str(path)):
        id = whole(each, "id", f"{path}: categories")
        require(id not in found, f"{path}: categories: wanted every id once, got {id} twice")
        found[id] = str(each.get("name", id))
    return found


def _videos(content: Entry, path: Path) -> dict[int | str, VideoEntry]:
    found: dict[int | str, VideoEntry] = {}
    for each in (video_entry(stored, path) for stored in entries(content, "videos", str(path))):
        require(each.id not in found, f"{path}: videos: wanted every id once, got {each.id!s:.40} twice")
        require(
            each.count is not None, f"{path}: video {each.id!s:.40}: wanted length or file_names, got neither"
        )
        found[each.id] = each
    return found


def _tracks(
    stored: list[Entry],
    path: Path,
    videos: Mapping[int | str, VideoEntry],
    categories: Mapping[int, str],
    *,
    scored: bool,
) -> dict[int | str, Tracks]:
    """By video."""
    found: dict[int | str, dict[int, list[Track]]] = {id: {} for id in videos}
    for at, each in enumerate(stored):
        where = f"{path}: entry {at}" if scored else f"{path}: annotation {each.get('id', at)!s:.40}"
        id, category = name_in(each, "video_id", where), whole(each, "category_id", where)
        require(id in videos, f"{where}: video_id: wanted a video of the truth, got {id!s:.40}")
        require(
            category in categories, f"{where}: category_id: wanted one of the truth, got {category!s:.40}"
        )
        require(not scored or "score" in each, f"{where}: score: wanted a number, got nothing")
        track = Track(
            masks=masks_of(each, videos[id].size, videos[id].count, where),
            score=score_in(each, where) if scored else 1.0,
            crowd=not scored and bool(each.get("iscrowd", 0)),
        )
        found[id].setdefault(category, []).append(track)
    return {
        id: {category: tuple(tracks) for category, tracks in by_category.items()}
        for id, by_category in found.items()
    }
