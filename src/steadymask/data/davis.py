"""DAVIS 2016 and 2017: `JPEGImages`, `Annotations` and the lists in `ImageSets`."""

from pathlib import Path

from steadymask.data.clip_folders import clip_folders
from steadymask.data.dataset import Dataset, DatasetClip, named_clips, pictures_in
from steadymask.data.training_clips import training_on
from steadymask.data.training_data import TrainingData
from steadymask.errors import VideoError, require

_RESOLUTIONS = ("480p", "Full-Resolution", "1080p")


def davis_2016(folder: Path, subset: str) -> Dataset:
    """One object a clip: the union of all that is annotated. The lists of either year's package will do.

    Raises:
        VideoError: a list or folder is missing.
    """
    lists = [folder / "ImageSets" / each / f"{subset}.txt" for each in ("2016", *_RESOLUTIONS)]
    return _davis(folder, "DAVIS 2016", subset, lists, annotations="Annotations")


def davis_2017(folder: Path, subset: str) -> Dataset:
    """Several objects a clip, which the first frame shows.

    Raises:
        VideoError: a list or folder is missing.
    """
    lists = [folder / "ImageSets" / "2017" / f"{subset}.txt"]
    return _davis(folder, "DAVIS 2017", subset, lists, annotations="Annotations")


def davis_2017_unsupervised(folder: Path, subset: str) -> Dataset:
    """Several objects a clip, annotated for proposals; 255 is void.

    Raises:
        VideoError: a list or folder is missing.
    """
    lists = [folder / "ImageSets" / each / f"{subset}.txt" for each in ("2019", "2017")]
    unsupervised = folder / "Annotations_unsupervised"
    annotations = "Annotations_unsupervised" if unsupervised.is_dir() else "Annotations"
    return _davis(folder, "DAVIS 2017 unsupervised", subset, lists, annotations=annotations, void=255)


def davis_training(folder: Path, subset: str = "train", *, year: int = 2016) -> TrainingData:
    """Every frame with its truth, all that is marked being one object, and every clip as a video.

    Args:
        folder: the data set as published; or a plain folder of clips, `frames/CLIP` and `truth/CLIP`: that
            has no lists, so that all of it is taken.
        subset: which list, of a data set as published.
        year: 2016 or 2017, whose list it is.

    Raises:
        InputError: there is no such year, or a truth does not fit its frames.
        VideoError: a list, a folder, frames or truth are missing.
    """
    require(year in (2016, 2017), f"year: wanted 2016 or 2017, got {year}")
    if not (folder / "ImageSets").is_dir() and (folder / "frames").is_dir():
        return training_on(clip_folders(folder, subset))
    return training_on((davis_2016 if year == 2016 else davis_2017)(folder, subset))


def _davis(
    folder: Path, name: str, subset: str, lists: list[Path], *, annotations: str, void: int | None = None
) -> Dataset:
    listed = next((path for path in lists if path.is_file()), None)
    if listed is None:
        raise VideoError(
            f"{folder}: wanted the list {lists[0].relative_to(folder)} of {name}, got no such file"
        )
    resolution = next((each for each in _RESOLUTIONS if (folder / annotations / each).is_dir()), None)
    if resolution is None:
        raise VideoError(f"{folder}: wanted {annotations}/480p of {name}, got no such folder")
    clips = tuple(
        _clip(name, folder / annotations / resolution / name, folder / "JPEGImages" / resolution / name)
        for name in named_clips(listed)
    )
    return Dataset(name=f"{name} {subset}", clips=clips, void=void)


def _clip(name: str, truth: Path, pictures: Path) -> DatasetClip:
    if not pictures_in(truth):
        raise VideoError(f"{truth}: wanted the annotations of {name}, got none")
    return DatasetClip(name=name, video=pictures if pictures_in(pictures) else None, truth=truth)
