"""Synthetic sequences as a data set: each is a clip, and those of one severity belong together."""

from pathlib import Path

from steadymask.data.dataset import Dataset, DatasetClip
from steadymask.data.synthetic_folder import FRAMES, MANIFEST, TRUTH, find_sequences
from steadymask.errors import VideoError
from steadymask.io.manifest import read_json


def synthetic(folder: Path, subset: str) -> Dataset:  # every reader has these parameters
    """The sequences that `synthesize` wrote, of one scene or of several.

    Raises:
        InputError: the folder is none of these.
        VideoError: something is missing or cannot be read.
    """
    clips = tuple(
        DatasetClip(
            name=each.name,
            video=each.folder / FRAMES,
            truth=each.folder / TRUTH,
            group=f"severity {each.severity}",
        )
        for each in find_sequences(folder)
    )
    return Dataset(name=folder.resolve().name, clips=clips)


def is_synthetic(folder: Path) -> bool:
    """Whether `synthesize` wrote this folder: a scene, or scenes."""
    return any(_is_scene(each) for each in (folder, *(path for path in folder.iterdir() if path.is_dir())))


def _is_scene(place: Path) -> bool:
    try:
        made = (read_json(place / MANIFEST) or {}).get("made", {})
    except VideoError:
        return False
    return isinstance(made, dict) and made.get("task") == "synthesize"
