"""CamVid as the SegNet tutorial lays it out: `val/`, `valannot/`, and so on, the clips side by side."""

from dataclasses import replace
from itertools import groupby
from pathlib import Path

from steadymask.data.dataset import ClassIds, Dataset, DatasetClip, pictures_in
from steadymask.data.training_clips import training_on
from steadymask.data.training_data import TrainingData
from steadymask.errors import VideoError

CLASSES = ClassIds(
    names=(
        "sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car", "pedestrian",
        "bicyclist",
    ),
    ids=tuple(range(11)),
    void=(11,),
)  # fmt: skip
_FPS = {"val": 15.0}
_MOVING = 5.0  # frames a second that are near enough to each other for motion


def camvid(folder: Path, subset: str) -> Dataset:
    """The pictures of one recording (the name up to the last underscore) are a clip; 11 is void.

    `val` is one clip at 15 Hz; the others show a frame a second, which is too far apart for motion.

    Raises:
        VideoError: pictures or annotations are missing.
    """
    pictures, truth = pictures_in(folder / subset), pictures_in(folder / f"{subset}annot")
    if not pictures:
        raise VideoError(f"{folder / subset}: wanted the pictures of CamVid, got none")
    stems = {path.stem: path for path in truth}
    missing = [path.name for path in pictures if path.stem not in stems]
    if missing:
        raise VideoError(
            f"{folder / subset}annot: wanted a truth for each picture, got none for {missing[0]}"
        )
    clips = tuple(_clip(name, tuple(files), stems) for name, files in groupby(pictures, key=_recording))
    return Dataset(name=f"CamVid {subset}", clips=clips, classes=CLASSES, fps=_FPS.get(subset, 1.0))


def camvid_training(folder: Path, subset: str = "train", *, videos: str | None = "val") -> TrainingData:
    """The labeled pictures of one part and the recordings of another as videos.

    Args:
        folder: the data set.
        subset: whose labels are learned. At a frame a second its pictures have no neighbors in time.
        videos: the part that is taken as videos, its labels unseen; None: none is.

    Raises:
        VideoError: pictures or annotations are missing.
    """
    labeled = camvid(folder, subset)
    data = replace(training_on(labeled, motion=labeled.fps > _MOVING), videos=())
    return data if videos is None else replace(data, videos=training_on(camvid(folder, videos)).videos)


def _clip(name: str, pictures: tuple[Path, ...], truth: dict[str, Path]) -> DatasetClip:
    return DatasetClip(
        name=name, video=pictures, truth=tuple(truth[path.stem] for path in pictures), flat=True
    )


def _recording(path: Path) -> str:
    return path.stem.rpartition("_")[0] or path.stem
