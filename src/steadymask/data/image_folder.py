"""A plain folder: `images/` with a mask of the same name in `masks/`, and videos, if any, in `videos/`."""

from pathlib import Path

from steadymask.data.label_files import MaskFile, PictureFile
from steadymask.data.training_clips import OBJECT
from steadymask.data.training_data import LabeledImage, TrainingData
from steadymask.data.video_folder import unlabeled_videos
from steadymask.errors import InputError, VideoError
from steadymask.io.folder import frame_files
from steadymask.io.mask_format import ReadAs
from steadymask.io.picture import SUFFIXES


def image_folder_training(
    folder: Path,
    *,
    classes: tuple[str, ...] = OBJECT,
    read_as: ReadAs | None = None,
    void: int | None = None,
    merge_objects: bool = False,
) -> TrainingData:
    """Pictures of any sizes with their masks, and videos of any kind.

    Args:
        folder: with `images/` and `masks/`, or `videos/`, or all of them.
        classes: what the ids mean, 0 first.
        read_as: what 8-bit grey masks hold other than 0 and 255: "labels" or "probability".
        void: the id that counts nowhere.
        merge_objects: every id but 0 is class 1.

    Raises:
        InputError: a picture has no mask.
        VideoError: there is neither `images/` nor `videos/`, or one cannot be read.
    """
    images, masks, videos = (folder / each for each in ("images", "masks", "videos"))
    if not images.is_dir() and not videos.is_dir():
        raise VideoError(f"{folder}: wanted images/ and masks/, or videos/, got neither")
    labeled = tuple(
        LabeledImage(
            name=picture.stem,
            picture=PictureFile(path=picture),
            labels=MaskFile(path=mask, classes=len(classes), read_as=read_as, void=void, merge=merge_objects),
        )
        for picture, mask in (paired(images, masks, mask_suffixes=(".png",)) if images.is_dir() else ())
    )
    return TrainingData(
        name=folder.resolve().name,
        classes=classes,
        labeled=labeled,
        videos=unlabeled_videos(videos) if videos.is_dir() else (),
    )


def paired(
    images: Path, masks: Path, *, mask_suffixes: tuple[str, ...] = SUFFIXES
) -> tuple[tuple[Path, Path], ...]:
    """The pictures of a folder, each with the mask of the same name; masks without a picture are left out.

    Args:
        images: the folder of pictures.
        masks: the folder of masks.
        mask_suffixes: of files that can be masks.

    Raises:
        InputError: a picture has no mask; the message names the first and how many there are.
        VideoError: a folder is missing or without pictures.
    """
    pictures = frame_files(images, SUFFIXES)
    if not pictures:
        raise VideoError(f"{images}: wanted pictures, got a folder without any")
    mask_of = {path.stem: path for path in frame_files(masks, mask_suffixes)}
    missing = [path.name for path in pictures if path.stem not in mask_of]
    if missing:
        raise InputError(
            f"{masks}: wanted a mask for each of {len(pictures)} pictures, "
            f"got none for {len(missing)}, the first {missing[0]}"
        )
    return tuple((path, mask_of[path.stem]) for path in pictures)
