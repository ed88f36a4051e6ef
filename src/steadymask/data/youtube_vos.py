"""YouTube-VOS: `JPEGImages`, `Annotations` and `meta.json`, which knows the category of every object."""

import json
from pathlib import Path
from typing import Any

from steadymask.data.dataset import Dataset, DatasetClip, folders_in, pictures_in
from steadymask.errors import VideoError


def youtube_vos(folder: Path, subset: str) -> Dataset:
    """The clips of `Annotations`, with the objects that `meta.json` lists.

    A category is seen if the `meta.json` of the training part, in the folder `train` beside this one, has it;
    where there is none, nothing is known to be seen.

    Args:
        folder: the part (`valid`), or the data set with the part in it.
        subset: the part's name, where `folder` is the whole data set.

    Raises:
        VideoError: annotations or `meta.json` are missing or cannot be read.
    """
    root = folder if (folder / "Annotations").is_dir() else folder / subset
    objects = _categories(root / "meta.json")
    known = root.parent / "train" / "meta.json"
    seen = (
        {each for video in _categories(known).values() for each in video.values()}
        if known.is_file()
        else set()
    )
    clips = tuple(
        _clip(annotations, root / "JPEGImages" / annotations.name, objects, seen)
        for annotations in folders_in(root / "Annotations")
    )
    if not clips:
        raise VideoError(f"{root}: wanted Annotations with a folder for each clip, got none")
    return Dataset(name=f"YouTube-VOS {root.name}", clips=clips, part=root.name, fps=6.0)


def _clip(truth: Path, pictures: Path, objects: dict[str, dict[int, str]], seen: set[str]) -> DatasetClip:
    if truth.name not in objects:
        raise VideoError(f"{truth}: wanted a clip that meta.json lists, got one it does not")
    return DatasetClip(
        name=truth.name,
        video=pictures if pictures_in(pictures) else None,
        truth=truth,
        seen={id: category in seen for id, category in objects[truth.name].items()} if seen else {},
    )


def _categories(meta: Path) -> dict[str, dict[int, str]]:
    """By clip and object the category.

    Raises:
        VideoError: the file cannot be read, or is no such table.
    """
    try:
        videos: dict[str, Any] = json.loads(meta.read_text(encoding="utf-8"))["videos"]
        return {
            name: {int(id): str(each["category"]) for id, each in video["objects"].items()}
            for name, video in videos.items()
        }
    except OSError as error:
        raise VideoError(f"{meta}: cannot be read: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise VideoError(
            f'{meta}: wanted {{"videos": {{CLIP: {{"objects": {{ID: {{"category": …}}}}}}}}}}, got others'
        ) from error
