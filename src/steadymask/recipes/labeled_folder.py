"""A folder of the user's with labels, whichever of our layouts it has."""

from pathlib import Path

from steadymask.data.dataset import pictures_in
from steadymask.data.davis import davis_training
from steadymask.data.image_folder import image_folder_training
from steadymask.data.training_clips import OBJECT
from steadymask.data.training_data import TrainingData
from steadymask.errors import VideoError


def labeled_folder(folder: Path, classes: tuple[str, ...]) -> TrainingData:
    """A plain folder `images/` and `masks/` (and `videos/`); or clips, whose marks are one object.

    Args:
        folder: where they lie; clips as `frames/CLIP` and `truth/CLIP`, or DAVIS.
        classes: what the ids of masks mean; of two, all that is marked is the second.

    Raises:
        InputError: masks do not fit their pictures, or have other ids.
        VideoError: neither lies there, or something cannot be read.
    """
    if not pictures_in(folder / "images"):
        if not any((folder / each).is_dir() for each in ("frames", "ImageSets")):
            raise VideoError(f"{folder}: wanted images/ and masks/, or frames/ and truth/, got neither")
        return davis_training(folder)
    if len(classes) == len(OBJECT):
        return image_folder_training(folder, classes=classes, merge_objects=True)
    return image_folder_training(folder, classes=classes, read_as="labels")
