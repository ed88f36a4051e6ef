"""Masks that something has made of the frames of videos, beside these videos."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from steadymask.arrays import PictureProbs
from steadymask.data.clip import mask_entries, require_order
from steadymask.data.frame_files import PictureFrames, VideoFrames
from steadymask.data.reading import Reading
from steadymask.data.training_data import TrainingData, UnlabeledVideo
from steadymask.errors import InputError, require
from steadymask.io.mask_frame import probs_of
from steadymask.io.masks import Masks


def with_masks(data: TrainingData, folder: Path, *, reading: Reading | None = None) -> TrainingData:
    """The same data, whose videos have the masks of a folder; those without any are left out.

    Args:
        data: with videos.
        folder: the masks of a clip in each entry, by its name, in any format that `stabilize` reads.
        reading: how they are read, where the files do not tell.

    Raises:
        InputError: masks do not fit their video, or have none.
        VideoError: they cannot be read.
    """
    there = mask_entries(folder)
    require(bool(there), f"{folder}: wanted a folder with the masks of a clip in each entry, got none")
    known = {video.name: video for video in data.videos}
    missing = [name for name in there if name not in known]
    if missing:
        raise InputError(f"{folder}: wanted masks of videos of {data.name}, got masks of {missing[0]}")
    reading = reading or Reading()
    videos = (masked(known[name], reading.masks(path, clip=name)) for name, path in there.items())
    return replace(data, videos=tuple(videos))


def masked(video: UnlabeledVideo, masks: Masks) -> UnlabeledVideo:
    """The same video with a mask for each frame, by order.

    Raises:
        InputError: there are more or fewer masks than frames, or names say that they are of other frames.
    """
    require(
        masks.count == video.count,
        f"{masks.path}: wanted a mask for each of {video.count} frames, got {masks.count} masks",
    )
    require_order(_stems(video), masks)
    return replace(video, masks=ProbsAt(masks=masks))


@dataclass(frozen=True, kw_only=True)
class ProbsAt:
    """The masks of any frame, read when called."""

    masks: Masks

    def __call__(self, index: int) -> PictureProbs:
        """Read those of frame `index` as probabilities; void is background.

        Raises:
            InputError: they are not what the other masks are.
            VideoError: they cannot be read.
        """
        return probs_of(next(self.masks.frames(index)))


def _stems(video: UnlabeledVideo) -> Sequence[str] | None:
    if isinstance(video.frame, VideoFrames):
        return video.frame.video.stems
    if isinstance(video.frame, PictureFrames):
        return tuple(file.stem for file in video.frame.files)
    return None
