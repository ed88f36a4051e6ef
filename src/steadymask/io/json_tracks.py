"""The tracks of one clip in a JSON: which clip, which ids, and where they overlap."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath

from pycocotools import mask as coco

from steadymask.errors import InputError, require
from steadymask.io.folder import natural
from steadymask.io.mask_format import JsonFormat
from steadymask.io.picture import check_size
from steadymask.io.polygons import filled
from steadymask.io.rle import packed
from steadymask.track import Packed

MOST_TRACKS = 65535
"""As many ids as wait in 16-bit pictures."""

_LONGEST_NAME = 200  # bytes: it becomes the name of a file, with a suffix and a prefix
_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class JsonTrack:
    """One object of a clip.

    Args:
        id: in label maps.
        masks: its mask in every frame as pycocotools packs it; None where it has none.
        scores: how sure it is in every frame; of two that overlap, the surer keeps the pixels.
    """

    id: int
    masks: tuple[Packed | None, ...]
    scores: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class JsonClip:
    """One clip of a JSON.

    Args:
        size: (h, w) in pixels.
        count: number of frames.
        stems: names of the frames without suffix; None where the file has none.
        tracks: the objects.
        format: all a writer needs to write the like of it.
        decision: how the clip is read, in a sentence.
    """

    size: tuple[int, int]
    count: int
    stems: tuple[str, ...] | None
    tracks: tuple[JsonTrack, ...]
    format: JsonFormat
    decision: str


@dataclass(frozen=True, kw_only=True)
class WantedClip:
    """Which of several clips of a JSON is wanted.

    Args:
        asked: the name or id that someone asked for; None: nobody did.
        clip: what the video is called, which chooses where nobody did.
    """

    asked: str | None = None
    clip: str | None = None

    def among(self, path: Path, names: Sequence[Sequence[str]]) -> int:
        """The place of the clip; a single one needs no name.

        Args:
            path: the JSON.
            names: of each clip, the first of which is shown.

        Raises:
            InputError: none has the name, or several have.
        """
        require(len(names) > 0, f"{path}: wanted a clip, got none")
        if self.asked is None and len(names) == 1:
            return 0
        name = self.clip if self.asked is None else self.asked
        fits = [place for place, each in enumerate(names) if name in each]
        if len(fits) == 1:
            return fits[0]
        shown = ", ".join(each[0] for each in names[:_NAMED])
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        called = "" if name is None else f" called {name}"
        raise InputError(f"{path}: wanted one clip{called} (--json-video NAME), got {shown}{more}")


def mask_in(value: object, size: tuple[int, int], where: str) -> Packed | None:
    """One mask: None, or runs, or polygons; packed. An empty one is None, too.

    Raises:
        InputError: it is none of these, or of another size.
    """
    if value is None:
        return None
    try:
        if isinstance(value, list):
            found = filled(value, size)
        elif isinstance(value, dict):
            given = value.get("size")
            require(
                given is None or given == list(size),
                f"size: wanted {size[0]} x {size[1]} as the clip, got {given!s:.40}",
            )
            found = packed(value)
        else:
            raise InputError(f"wanted an object with size and counts, polygons or null, got {value!r:.40}")
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    return found if coco.area(found) else None


def size_of_first(masks: Sequence[object], path: Path) -> tuple[int, int]:
    """The size (h, w) that the first run-length code states, where nothing else does.

    Raises:
        InputError: there is none, or it is no size.
    """
    sizes = (each["size"] for each in masks if isinstance(each, dict) and "size" in each)
    size = next(sizes, None)
    if not (isinstance(size, list) and len(size) == 2 and all(type(each) is int for each in size)):
        raise InputError(f"{path}: wanted a mask with its size [h, w], got {size!s:.40}")
    check_size(path, *size[::-1])
    return size[0], size[1]


def numbered(own: Sequence[object]) -> tuple[int, ...]:
    """The ids of tracks in label maps: their own, or where these do not fit, 1, 2, 3, … in order.

    >>> numbered([7, 3]), numbered([7, 0]), numbered(["a"])
    ((7, 3), (1, 2), (1,))
    """
    ids = [each for each in own if type(each) is int and 1 <= each <= MOST_TRACKS]
    return tuple(ids if len(set(ids)) == len(own) else range(1, len(own) + 1))


def stated(what: str, own: Sequence[object], ids: Sequence[int]) -> str:
    """Which ids tracks have, in a sentence.

    >>> stated("annotation", [17, 18], [17, 18])
    'ids are annotation ids'
    >>> stated("track", [0, 1], [1, 2])
    'id 1 is track 0, 2 is track 1'
    """
    if list(own) == list(ids):
        return f"ids are {what} ids" if own else "nothing is annotated"
    pairs = [f"{id} is {what} {each}" for id, each in zip(ids, own, strict=True)]
    more = f" and {len(pairs) - _NAMED} more" if len(pairs) > _NAMED else ""
    return f"id {', '.join(pairs[:_NAMED])}{more}"


def stems_of(names: Sequence[object], where: str) -> tuple[str, ...]:
    """The names of frames without folder and suffix.

    Raises:
        InputError: they cannot name files, or not in this order.
    """
    stems = [PurePosixPath(each).stem if isinstance(each, str) else "" for each in names]
    for stem, name in zip(stems, names, strict=True):
        fits = 0 < len(stem.encode(errors="replace")) <= _LONGEST_NAME and stem.isprintable()
        if not fits or stem.startswith("."):
            raise InputError(f"{where}: wanted the names of frames' files, got {name!r:.40}")
    for before, after in pairwise(stems):
        if natural(before) >= natural(after):
            raise InputError(
                f"{where}: wanted names of frames in order, each once, got {after!r:.40} after {before!r:.40}"
            )
    return tuple(stems)


def overlapping(tracks: Sequence[JsonTrack], count: int) -> int:
    """How many pixels, over all frames, belong to several tracks."""
    return sum(_overlapping([mask for each in tracks if (mask := each.masks[at])]) for at in range(count))


def _overlapping(masks: Sequence[Packed]) -> int:
    if len(masks) < 2 or sum(int(coco.area(each)) for each in masks) == int(coco.area(coco.merge(masks))):
        return 0
    seen, twice = masks[0], []
    for each in masks[1:]:
        twice.append(coco.merge([seen, each], intersect=True))
        seen = coco.merge([seen, each])
    return int(coco.area(coco.merge(twice)))
