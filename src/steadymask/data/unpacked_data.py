"""Data whose video files are unpacked: the frames that batches ask for, as pictures on disk."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from steadymask.data.batches import BatchSettings
from steadymask.data.frame_files import FrameOf
from steadymask.data.sampling import equally_spaced_pairs, group_starts, possible_gaps
from steadymask.data.training_data import LabeledImage, TrainingData, UnlabeledVideo
from steadymask.data.video_folder import unpacked


def unpacked_data(
    data: TrainingData,
    folder: Path,
    settings: Sequence[BatchSettings],
    *,
    labeled: Iterable[LabeledImage] = (),
) -> TrainingData:
    """The same data; video files, which are slow to read out of order, lie as pictures in a folder.

    What is there already is not written again.

    Args:
        data: any.
        folder: for the pictures, of this data alone.
        settings: of the batches that will be asked for.
        labeled: frames that will get labels beside those of the data.

    Raises:
        VideoError: a video cannot be read, or a file cannot be written.
    """
    images = (*data.labeled, *labeled)
    made: dict[int, UnlabeledVideo] = {}
    for video in data.videos:
        wanted = {index for each in settings for index in _wanted(video, each, images)}
        made[id(video)] = unpacked(video, folder, frames=wanted)
    return replace(
        data,
        labeled=tuple(_image(image, made) for image in data.labeled),
        videos=tuple(made[id(video)] for video in data.videos),
    )


def _wanted(video: UnlabeledVideo, settings: BatchSettings, images: Sequence[LabeledImage]) -> set[int]:
    """The frames of a video that batches may ask for."""
    own = [image.index for image in images if image.video is video and image.index is not None]
    found = {*own}
    if settings.pairs:
        for first in equally_spaced_pairs(video, settings.pairs_per_video, gaps=settings.gaps):
            found |= {first, *(first + gap for gap in possible_gaps(video, first, settings.gaps))}
    if settings.groups:
        for first in group_starts(video, settings.group_frames):
            found |= {*range(first, first + settings.group_frames)}
    if settings.triplets:
        reach = range(-settings.reach, settings.reach + 1)
        found |= {index + gap for index in own for gap in possible_gaps(video, index, reach)}
    return found


def _image(image: LabeledImage, made: dict[int, UnlabeledVideo]) -> LabeledImage:
    video = made.get(id(image.video))
    if video is None or image.index is None:
        return image
    read = image.picture
    is_frame = isinstance(read, FrameOf) and read.video is image.video
    return replace(image, video=video, picture=FrameOf(video=video, index=image.index) if is_frame else read)
