"""300VW-Mask: faces cut out of the 300 Videos in the Wild, with a mask of skin, eyes and mouth."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import torch

from steadymask.arrays import Picture, PictureLabels
from steadymask.data.augmentation import Transform
from steadymask.data.augmented import apply_labels, apply_picture
from steadymask.data.dataset import ClassIds
from steadymask.data.frame_files import FrameOf
from steadymask.data.label_files import ClassFile, PictureFile
from steadymask.data.training_data import LabeledImage, TrainingData, UnlabeledVideo
from steadymask.errors import InputError, VideoError
from steadymask.io.picture import read_picture

CLASSES = ClassIds(
    names=("background", "facial skin", "eyes", "outer mouth", "inner mouth"),
    ids=tuple(range(5)),
    void=(255,),
)
_COLORS = ((0, 0, 0, 0), (1, 255, 0, 0), (2, 0, 255, 0), (3, 0, 255, 255), (4, 0, 0, 255))
_FPS = 30.0
_LINE = re.compile(r"/?(images_orig/((\d+)_(\d+))\.\w+)\s+/?(labels_orig/\S+\.png)")


def face_masks_training(folder: Path, split: str = "split_1/train_per10") -> TrainingData:
    """The pictures of a list, every one with its labels, and as videos the runs of consecutive frames.

    Each frame is cut out by itself, so that sizes differ; those of a run are brought to the size of its first
    frame (pictures bilinearly, labels to the nearest).

    Args:
        folder: the data set: `images_orig/001_000001.jpg`, `labels_orig/001_000001.png`, `data_splits`.
        split: the list in `data_splits`: of `split_1` train_per10, val_per10 or test_per10, of `split_2` A,
            B or C.

    Raises:
        InputError: a line of the list does not name a picture and its labels.
        VideoError: the list is missing, or is empty.

    Source: Wang et al., Face mask extraction in video sequence (2019); layout, lists and colors: the README
        and the scripts of github.com/mapleandfire/300VW-Mask.
    Deviates: what numbers the classes have in the files is not documented; labels are read as 0 background,
        1 skin, 2 eyes, 3 outer and 4 inner mouth, or by the colors of the scripts.
    """
    path = folder / "data_splits" / f"{split}.txt"
    runs = [(_video(folder, run), run) for run in _runs(_listed(path))]
    return TrainingData(
        name=f"300VW-Mask {split}",
        classes=CLASSES.names,
        labeled=tuple(_image(folder, video, index, run) for video, run in runs for index in range(len(run))),
        videos=tuple(video for video, _ in runs),
    )


@dataclass(frozen=True, kw_only=True)
class _Listed:
    """One line: the frame's name, number and clip, and where picture and labels lie."""

    name: str
    clip: str
    number: int
    picture: str
    labels: str


def _listed(path: Path) -> list[_Listed]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise VideoError(f"{path}: cannot be read as a list: {getattr(error, 'strerror', error)}") from error
    found = []
    for number, line in enumerate(lines, 1):
        match = _LINE.fullmatch(line.strip())
        if line.strip() and match is None:
            raise InputError(
                f"{path}: line {number}: wanted /images_orig/NAME.jpg /labels_orig/NAME.png, got {line:.60}"
            )
        if match is not None:
            picture, name, clip, at, labels = match.groups()
            found.append(_Listed(name=name, clip=clip, number=int(at), picture=picture, labels=labels))
    if not found:
        raise VideoError(f"{path}: wanted pictures with their labels, one pair a line, got none")
    return sorted(found, key=lambda each: (each.clip, each.number))


def _runs(frames: Sequence[_Listed]) -> Iterator[tuple[_Listed, ...]]:
    """Consecutive frames of one clip."""
    starts = [0]
    for at, (before, after) in enumerate(pairwise(frames), 1):
        if (after.clip, after.number) != (before.clip, before.number + 1):
            starts.append(at)
    for start, stop in pairwise([*starts, len(frames)]):
        yield tuple(frames[start:stop])


def _video(folder: Path, run: Sequence[_Listed]) -> UnlabeledVideo:
    files = tuple(folder / each.picture for each in run)
    return UnlabeledVideo(name=run[0].name, count=len(run), fps=_FPS, frame=_Faces(files=files))


def _image(folder: Path, video: UnlabeledVideo, index: int, run: Sequence[_Listed]) -> LabeledImage:
    file = ClassFile(path=folder / run[index].labels, classes=CLASSES, colors=_COLORS)
    return LabeledImage(
        name=run[index].name,
        picture=FrameOf(video=video, index=index),
        labels=_FaceLabels(file=file, first=folder / run[0].picture),
        video=video,
        index=index,
    )


@dataclass(frozen=True, kw_only=True)
class _Faces:
    """The frames of a run, all of the size of the first."""

    files: tuple[Path, ...]

    def __call__(self, index: int) -> Picture:
        picture = PictureFile(path=self.files[index])()
        to_first = _scaling((picture.shape[1], picture.shape[2]), self.files[0])
        return (apply_picture(picture[None] / 255, to_first)[0] * 255).round().to(torch.uint8)


@dataclass(frozen=True, kw_only=True)
class _FaceLabels:
    """The labels of a frame, of the size of its run's first picture."""

    file: ClassFile
    first: Path

    def __call__(self) -> PictureLabels:
        labels = self.file()
        return apply_labels(labels[None], _scaling((labels.shape[0], labels.shape[1]), self.first))[0]


def _scaling(own: tuple[int, int], like: Path) -> Transform:
    height, width = read_picture(like).shape[:2]
    return Transform(own=own, scaled=(height, width), corner=(0, 0), size=(height, width))
