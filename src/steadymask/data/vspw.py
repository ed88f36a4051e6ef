"""VSPW: `data/CLIP/origin` and `data/CLIP/mask`, the clips in `val.txt`."""

import json
from pathlib import Path

from steadymask.data.dataset import ClassIds, Dataset, DatasetClip, named_clips, pictures_in
from steadymask.errors import VideoError

_CLASSES = 124


def vspw(folder: Path, subset: str) -> Dataset:
    """Ids 1 to 124 are classes, 0 and 255 void, in predictions as in the truth; 15 frames a second.

    Raises:
        VideoError: a list or folder is missing.
    """
    return _vspw(folder, subset, ())


def vspw_from_0(folder: Path, subset: str) -> Dataset:
    """The same for predictions that count classes from 0, as networks do.

    Raises:
        VideoError: a list or folder is missing.
    """
    return _vspw(folder, subset, tuple(range(_CLASSES)))


def _vspw(folder: Path, subset: str, predicted: tuple[int, ...]) -> Dataset:
    ids = tuple(range(1, _CLASSES + 1))
    classes = ClassIds(names=_names(folder), ids=ids, predicted=predicted, void=(0, 255))
    clips = tuple(_clip(folder / "data" / name) for name in named_clips(folder / f"{subset}.txt"))
    return Dataset(name=f"VSPW {subset}", clips=clips, classes=classes, fps=15.0)


def _clip(folder: Path) -> DatasetClip:
    truth = pictures_in(folder / "mask")
    if not truth:
        raise VideoError(f"{folder / 'mask'}: wanted the annotations of a clip of VSPW, got none")
    video = folder / "origin"
    return DatasetClip(name=folder.name, video=video if pictures_in(video) else None, truth=folder / "mask")


def _names(folder: Path) -> tuple[str, ...]:
    """From the data set's own table where it is there; else the ids."""
    try:
        table = json.loads((folder / "label_num_dic_final.json").read_text(encoding="utf-8"))
        by_id = {int(number): str(name) for name, number in table.items()}
    except (OSError, ValueError, AttributeError):
        by_id = {}
    return tuple(by_id.get(number, str(number)) for number in range(1, _CLASSES + 1))
