"""A clip: a video and its masks, paired frame by frame."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from steadymask.errors import InputError, VideoError, require
from steadymask.io.folder import natural
from steadymask.io.mask_format import VideoFormat
from steadymask.io.mask_frame import MaskFrame
from steadymask.io.masks import Masks
from steadymask.io.picture import SUFFIXES
from steadymask.io.place import full
from steadymask.io.video import Video, VideoFrame

_VIDEO_SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".mpg", ".mpeg", ".ts", ".gif")


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A video with masks for every frame, and what they are compared with.

    Args:
        name: what reports call it.
        video: the frames.
        masks: one for every frame.
        truth: what people drew; it may leave frames out.
        compare: other masks of the same frames; one for every frame.
        every: the truth, where names do not pair it, is of the frames 0, `every`, 2 `every`, …

    Raises:
        InputError: they do not fit together; the message has both numbers.
    """

    name: str
    video: Video
    masks: Masks
    truth: Masks | None = None
    compare: Masks | None = None
    every: int = 1

    def __post_init__(self) -> None:
        """Check that everything fits."""
        require(self.every >= 1, f"every: wanted 1 or more, got {self.every}")
        pair(self.video, self.masks)
        if self.truth is not None:
            pair_sparse(self.video, self.truth, every=self.every)
        if self.compare is not None:
            pair(self.video, self.compare)

    @property
    def annotated(self) -> tuple[int, ...]:
        """Indices of the frames with truth."""
        return () if self.truth is None else pair_sparse(self.video, self.truth, every=self.every)


@dataclass(frozen=True, kw_only=True)
class ClipFrame:
    """One frame of a clip with all that belongs to it.

    Args:
        frame: the frame.
        masks: its masks, under the frame's own index.
        truth: its truth; None where there is none.
        compare: its other masks; None where there are none.
    """

    frame: VideoFrame
    masks: MaskFrame
    truth: MaskFrame | None = None
    compare: MaskFrame | None = None


def frames_with_masks(clip: Clip, start: int = 0) -> Iterator[ClipFrame]:
    """Read a clip from frame `start` on, one frame at a time.

    Raises:
        InputError: a mask does not fit.
        VideoError: something cannot be read.
    """
    masks = clip.masks.frames(start)
    compare = None if clip.compare is None else clip.compare.frames(start)
    annotated = [index for index in clip.annotated if index >= start]
    truth = None if clip.truth is None else clip.truth.frames(clip.truth.count - len(annotated))
    has_truth = frozenset(annotated)
    for frame in clip.video.frames(start):
        yield ClipFrame(
            frame=frame,
            masks=next(masks),
            truth=next(truth) if truth is not None and frame.index in has_truth else None,
            compare=None if compare is None else next(compare),
        )


def pair(video: Video, masks: Masks) -> None:
    """Check that there is a mask for every frame: by stem where stems agree, else by order with equal counts.

    Raises:
        InputError: counts or sizes differ, the message has both; or some masks have the names of their frames
            and some have not (see `require_order`).
    """
    is_own_alpha = isinstance(masks.format, VideoFormat) and masks.format.alpha
    is_video = not is_own_alpha and full(video.path) == full(masks.path)
    require(not is_video, f"{masks.path}: wanted masks, got the video itself")
    _check_sizes(video, masks)
    if video.count == masks.count:
        require_order(video.stems, masks)
        return
    missing = _first_missing(video, masks)
    where = f"; the first frame without a mask is {missing}" if missing else ""
    raise InputError(
        f"{masks.path}: wanted a mask for each of {video.count} frames, got {masks.count} masks{where}"
    )


def pair_sparse(video: Video, masks: Masks, *, every: int = 1) -> tuple[int, ...]:
    """The index of the frame that each mask belongs to, where masks may leave frames out.

    By stem where every mask has the stem of a frame, else by order: every frame, or every `every`-th.

    Raises:
        InputError: counts or sizes differ; the message has both.
    """
    _check_sizes(video, masks)
    index_of = {name: index for index, name in enumerate(video.names)}
    if masks.stems is not None and all(stem in index_of for stem in masks.stems):
        return tuple(index_of[stem] for stem in masks.stems)
    for step in (every, 1):
        indices = range(0, video.count, step)
        if masks.count == len(indices):
            if step == 1:
                require_order(video.stems, masks)
            return tuple(indices)
    wanted = (
        f"{video.count} frames"
        if every == 1
        else f"{len(range(0, video.count, every))} (every {every} frames)"
    )
    raise InputError(
        f"{masks.path}: wanted masks named like frames, or one for each of {wanted}, got {masks.count} masks"
    )


def _check_sizes(video: Video, masks: Masks) -> None:
    if video.size != masks.size:
        wanted, got = (f"{h} x {w}" for h, w in (video.size, masks.size))
        raise InputError(f"{masks.path}: wanted height x width {wanted} as {video.path}, got {got}")


def require_order(names: Sequence[str] | None, masks: Masks) -> None:
    """Check that as many masks as frames may be paired by order: their names agree everywhere, or nowhere.

    Where some agree, those that differ tell that a mask is missing and another one too many. Numbers that
    merely begin elsewhere agree nowhere.

    Args:
        names: of the frames; None where they have none.
        masks: as many.

    Raises:
        InputError: some names agree, and some do not.
    """
    if masks.stems is None or names is None:
        return
    differing = [pair for pair in zip(names, masks.stems, strict=True) if pair[0] != pair[1]]
    if 0 < len(differing) < len(names):
        frame, mask = differing[0]
        raise InputError(
            f"{masks.path}: wanted a mask for frame {frame}, got {mask} in its place; "
            f"{len(differing)} of {len(names)} names differ"
        )


def _first_missing(video: Video, masks: Masks) -> str | None:
    if masks.stems is None or not set(masks.stems) & set(video.names):
        return None
    return next((name for name in video.names if name not in set(masks.stems)), None)


@dataclass(frozen=True, kw_only=True)
class ClipPaths:
    """Where the video and the masks of one clip lie."""

    name: str
    video: Path
    masks: Path


def holds_clips(folder: Path) -> bool:
    """Whether a folder holds clips (folders or video files) instead of the pictures of one."""
    return (
        folder.is_dir()
        and not any(_is_picture(path) for path in folder.iterdir())
        and bool(clip_entries(folder))
    )


def find_clips(videos: Path, masks: Path) -> tuple[ClipPaths, ...]:
    """The clips of two folders, paired by name (without suffix): every clip that has masks.

    Raises:
        InputError: masks have no video, or there are none.
        VideoError: a folder cannot be read.
    """
    video_of, masks_of = clip_entries(videos), mask_entries(masks)
    require(bool(masks_of), f"{masks}: wanted a folder with the masks of a clip in each entry, got none")
    missing = [name for name in masks_of if name not in video_of]
    if missing:
        raise InputError(
            f"{videos}: wanted a video for each of {len(masks_of)} clips, got none for {missing[0]}"
        )
    return tuple(ClipPaths(name=name, video=video_of[name], masks=path) for name, path in masks_of.items())


def clip_entries(folder: Path) -> dict[str, Path]:
    """What a folder holds of clips, by name: folders, video files and npz, in natural order.

    Raises:
        InputError: two have one name.
        VideoError: the folder cannot be read.
    """
    try:
        paths = [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError as error:
        raise VideoError(f"{folder}: cannot be read: {error.strerror or error}") from error
    clips = [path for path in paths if path.is_dir() or path.suffix.lower() in (*_VIDEO_SUFFIXES, ".npz")]
    clips.sort(key=lambda path: (natural(_name(path)), path.name))
    for one, other in pairwise(clips):
        require(
            _name(one) != _name(other),
            f"{folder}: wanted one entry for the clip {_name(one)}, got {one.name} and {other.name}",
        )
    return {_name(path): path for path in clips}


def mask_entries(folder: Path) -> dict[str, Path]:
    """What a folder holds of the masks of clips, by name: as `clip_entries`, or only JSONs.

    Raises:
        InputError: two have one name.
        VideoError: the folder cannot be read.
    """
    return clip_entries(folder) | _jsons(folder)


def _jsons(folder: Path) -> dict[str, Path]:
    """The JSONs of clips; beside masks of other kinds a JSON is taken for something else."""
    found = [path for path in folder.iterdir() if path.suffix.lower() == ".json" and path.name[0] != "."]
    clips = (
        [] if clip_entries(folder) else [path for path in found if not path.name.endswith(".manifest.json")]
    )
    return {_name(path): path for path in sorted(clips, key=lambda path: natural(_name(path)))}


def _name(path: Path) -> str:
    return path.name if path.is_dir() else path.stem


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and path.is_file()
