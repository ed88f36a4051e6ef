"""One clip of which the first frames are known: what a network is fitted to a clip by."""

from pathlib import Path

from steadymask.data.frame_files import FrameOf, as_unlabeled
from steadymask.data.reading import Reading
from steadymask.data.training_clips import OBJECT, MasksAt
from steadymask.data.training_data import LabeledImage, TrainingData
from steadymask.errors import InputError, require
from steadymask.io.place import full
from steadymask.io.video import open_video


def first_frame_training(
    video: Path, mask: Path, *, frame: int = 0, classes: tuple[str, ...] = OBJECT
) -> TrainingData:
    """A clip as a video, and one of its frames with its mask as the only labeled picture.

    Args:
        video: a video file or a folder of pictures.
        mask: of that frame: a PNG; or the first of a folder, or of any file that masks are read from.
        frame: which frame it belongs to.
        classes: what labels mean; of two, everything that is marked is the second.

    Raises:
        InputError: the mask has another size or ids of no class, or there is no such frame.
        VideoError: one cannot be read.
    """
    opened = open_video(video)
    if not 0 <= frame < opened.count:
        raise InputError(f"{video}: wanted frame 0 to {opened.count - 1}, got {frame}")
    clip = as_unlabeled(opened, name=full(video).stem if video.is_file() else full(video).name)
    reading = Reading(merge_objects=len(classes) == len(OBJECT))
    is_picture = mask.is_file() and mask.suffix.lower() == ".png"
    masks = reading.files((mask,)) if is_picture else reading.masks(mask, clip=clip.name)
    image = LabeledImage(
        name=f"{clip.name}/{mask.name}",
        picture=FrameOf(video=clip, index=frame),
        labels=MasksAt(masks=masks, index=0),
        video=clip,
        index=frame,
    )
    _, labels = image.read()
    require(
        int(labels.max()) < len(classes),
        f"{mask}: wanted ids of {len(classes)} classes, 0 to {len(classes) - 1}, got {int(labels.max())}",
    )
    return TrainingData(name=clip.name, classes=classes, labeled=(image,), videos=(clip,))
