"""Cityscapes: snippets of 30 frames in `leftImg8bit_sequence`, of which `gtFine` annotates the 20th."""

from collections.abc import Iterator
from pathlib import Path

from steadymask.data.dataset import ClassIds, Dataset, DatasetClip, folders_in, pictures_in
from steadymask.data.training_clips import training_on
from steadymask.data.training_data import TrainingData
from steadymask.errors import VideoError

_FPS = 17.0
_SNIPPETS, _STILLS = "leftImg8bit_sequence", "leftImg8bit"
_NAMES = (
    "road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign", "vegetation",
    "terrain", "sky", "person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle",
)  # fmt: skip
_LABEL_IDS = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)
_TRAIN_IDS = tuple(range(19))
_OTHER_LABEL_IDS = tuple(each for each in range(34) if each not in _LABEL_IDS)


def cityscapes(folder: Path, subset: str) -> Dataset:
    """Predictions hold train ids (0 to 18, 255 void), under the names of the frames.

    Raises:
        VideoError: pictures are missing.
    """
    return _cityscapes(
        folder, subset, ClassIds(names=_NAMES, ids=_LABEL_IDS, predicted=_TRAIN_IDS, void=(255,))
    )


def cityscapes_label_ids(folder: Path, subset: str) -> Dataset:
    """The same for predictions that hold label ids, as the benchmark's server takes them.

    Raises:
        VideoError: pictures are missing.
    """
    return _cityscapes(folder, subset, ClassIds(names=_NAMES, ids=_LABEL_IDS, void=(*_OTHER_LABEL_IDS, 255)))


def cityscapes_training(folder: Path, subset: str = "train") -> TrainingData:
    """The annotated frames with their train ids, each within its snippet of 30 frames.

    Without `leftImg8bit_sequence`, the frames of `leftImg8bit` are taken, and there are no videos.

    Raises:
        VideoError: pictures are missing, or no frame is annotated.
    """
    classes = ClassIds(names=_NAMES, ids=_LABEL_IDS)
    motion = (folder / _SNIPPETS).is_dir() or not (folder / _STILLS).is_dir()
    dataset = _cityscapes(folder, subset, classes, pictures=_SNIPPETS if motion else _STILLS)
    data = training_on(dataset, motion=motion)
    if not data.labeled:
        raise VideoError(f"{folder / 'gtFine' / subset}: wanted CITY/FRAME_gtFine_labelIds.png, got none")
    return data


def _cityscapes(folder: Path, subset: str, classes: ClassIds, *, pictures: str = _SNIPPETS) -> Dataset:
    root = folder / pictures / subset
    clips = tuple(
        _clip(files, folder / "gtFine" / subset / city.name)
        for city in folders_in(root)
        for files in _snippets(pictures_in(city))
    )
    if not clips:
        raise VideoError(f"{root}: wanted folders of cities with the frames of snippets, got none")
    return Dataset(name=f"Cityscapes {subset}", clips=clips, classes=classes, fps=_FPS)


def _clip(pictures: tuple[Path, ...], truth: Path) -> DatasetClip:
    files = [truth / f"{_frame(picture)}_gtFine_labelIds.png" for picture in pictures]
    annotated = tuple(index for index, file in enumerate(files) if file.is_file())
    return DatasetClip(
        name=_frame(pictures[0]),
        video=pictures,
        truth=tuple(files[index] for index in annotated) or None,
        annotated=annotated,
        flat=True,
    )


def _snippets(pictures: tuple[Path, ...]) -> Iterator[tuple[Path, ...]]:
    """The runs of frames whose numbers follow each other."""
    run: list[Path] = []
    for path in pictures:
        if run and _place(path) != (_place(run[-1])[0], _place(run[-1])[1] + 1):
            yield tuple(run)
            run = []
        run.append(path)
    if run:
        yield tuple(run)


def _place(path: Path) -> tuple[str, int]:
    """The recording, and the number of the frame."""
    recording, _, number = _frame(path).rpartition("_")
    return recording, int(number) if number.isdecimal() else 0


def _frame(path: Path) -> str:
    return path.stem.removesuffix("_leftImg8bit")
