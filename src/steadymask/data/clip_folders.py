"""A plain folder of clips: `frames/CLIP` and `truth/CLIP`, or `CLIP/frames` and `CLIP/truth`."""

from collections.abc import Sequence
from pathlib import Path

from steadymask.data.clip import holds_clips
from steadymask.data.dataset import Dataset, DatasetClip, folders_in
from steadymask.errors import VideoError
from steadymask.io.folder import natural

_VIDEO = ("frames", "images", "JPEGImages", "video", "videos")
_TRUTH = ("truth", "masks", "Annotations", "annotations", "labels")
_FILES = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".npz")


def clip_folders(folder: Path, subset: str) -> Dataset:  # every reader has these parameters
    """Clips under one name in a folder of videos and, if any, a folder of truth; or each in its own folder.

    A clip may have no truth, or no video.

    Raises:
        VideoError: neither is there.
    """
    videos, truths = _first(folder, _VIDEO), _first(folder, _TRUTH)
    if any(each is not None and holds_clips(each) for each in (videos, truths)):
        names = _entries(videos) | _entries(truths)
        clips = [
            DatasetClip(name=name, video=_entries(videos).get(name), truth=_entries(truths).get(name))
            for name in names
        ]
    else:
        clips = [
            DatasetClip(name=each.name, video=_first(each, _VIDEO), truth=_first(each, _TRUTH))
            for each in folders_in(folder)
            if _first(each, _VIDEO) or _first(each, _TRUTH)
        ]
    if not clips:
        raise VideoError(f"{folder}: wanted clips as frames/CLIP and truth/CLIP or as CLIP/frames, got none")
    return Dataset(name=folder.resolve().name, clips=tuple(clips))


def _first(folder: Path, names: Sequence[str]) -> Path | None:
    return next((folder / name for name in names if (folder / name).exists()), None)


def _entries(folder: Path | None) -> dict[str, Path]:
    if folder is None or not folder.is_dir():
        return {}
    paths = [path for path in folder.iterdir() if path.is_dir() or path.suffix.lower() in _FILES]
    visible = [path for path in paths if not path.name.startswith(".")]
    return {_name(path): path for path in sorted(visible, key=lambda path: natural(_name(path)))}


def _name(path: Path) -> str:
    return path.name if path.is_dir() else path.stem
