"""A data set of clips, taken as something to learn from."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from steadymask.arrays import PictureLabels
from steadymask.data.clip import pair_sparse
from steadymask.data.dataset import ClassIds, Dataset, DatasetClip, Source, pictures_in
from steadymask.data.frame_files import FrameOf, as_unlabeled, pictures_as_video
from steadymask.data.label_files import ClassFile, PictureFile
from steadymask.data.reading import Reading
from steadymask.data.training_data import LabeledImage, TrainingData, UnlabeledVideo
from steadymask.errors import VideoError
from steadymask.io.mask_frame import labels_of
from steadymask.io.masks import Masks
from steadymask.io.video import Video, open_pictures, open_video

OBJECT = ("background", "object")
"""The classes where everything that is marked is one object."""


def training_on(dataset: Dataset, *, motion: bool = True) -> TrainingData:
    """Every frame with a truth is a labeled picture, every clip a video.

    Where ids are objects, all of them are one class, as networks that see one frame cannot tell them apart.

    Args:
        dataset: where frames and truth lie.
        motion: whether frames are near enough to each other to be a video; if not, there are only pictures.

    Raises:
        InputError: a truth does not fit its frames.
        VideoError: frames are missing, or something cannot be read.
    """
    labeled: list[LabeledImage] = []
    videos: list[UnlabeledVideo] = []
    for clip in dataset.clips:
        video, images = _clip(clip, dataset, motion)
        videos += [video] if motion else []
        labeled += images
    return TrainingData(
        name=dataset.name,
        classes=dataset.classes.names if dataset.classes else OBJECT,
        labeled=tuple(labeled),
        videos=tuple(videos),
    )


def _clip(
    clip: DatasetClip, dataset: Dataset, motion: bool
) -> tuple[UnlabeledVideo, tuple[LabeledImage, ...]]:
    if clip.video is None:
        raise VideoError(f"{clip.truth}: wanted the frames of {clip.name} to learn from, got only a truth")
    if dataset.classes is not None:
        return _with_classes(clip, clip.video, dataset.classes, dataset.fps, motion)
    return _with_objects(clip, clip.video, Reading(merge_objects=True, void=dataset.void), dataset.fps)


def _with_classes(
    clip: DatasetClip, source: Source, classes: ClassIds, fps: float, motion: bool
) -> tuple[UnlabeledVideo, tuple[LabeledImage, ...]]:
    files = source if isinstance(source, tuple) else pictures_in(source)
    truth = clip.truth if isinstance(clip.truth, tuple) else pictures_in(clip.truth) if clip.truth else ()
    indices = range(len(truth)) if clip.annotated is None else clip.annotated
    video = pictures_as_video(files, name=clip.name, fps=fps)
    images = (
        LabeledImage(
            name=files[index].stem,
            picture=PictureFile(path=files[index]),
            labels=ClassFile(path=file, classes=classes),
            video=video if motion else None,
            index=index if motion else None,
        )
        for index, file in zip(indices, truth, strict=True)
    )
    return video, tuple(images)


def _with_objects(
    clip: DatasetClip, source: Source, reading: Reading, fps: float
) -> tuple[UnlabeledVideo, tuple[LabeledImage, ...]]:
    opened = _opened(source, fps)
    video = as_unlabeled(opened, name=clip.name)
    if clip.truth is None:
        return video, ()
    if isinstance(clip.truth, Path):
        masks = reading.masks(clip.truth, clip=clip.name)
    else:
        masks = reading.files(clip.truth)
    return video, tuple(_frames(video, masks, pair_sparse(opened, masks)))


def _opened(source: Source, fps: float) -> Video:
    if isinstance(source, tuple):
        return open_pictures(source, fps=fps)
    return open_video(source, fps=None if source.is_file() else fps)


def _frames(video: UnlabeledVideo, masks: Masks, indices: tuple[int, ...]) -> Iterator[LabeledImage]:
    for at, index in enumerate(indices):
        yield LabeledImage(
            name=f"{video.name}/{masks.names[at]}",
            picture=FrameOf(video=video, index=index),
            labels=MasksAt(masks=masks, index=at),
            video=video,
            index=index,
        )


@dataclass(frozen=True, kw_only=True)
class MasksAt:
    """The masks of one frame, read when called."""

    masks: Masks
    index: int

    def __call__(self) -> PictureLabels:
        """Read them as labels.

        Raises:
            InputError: they are not what the other masks are.
            VideoError: they cannot be read.
        """
        return labels_of(next(self.masks.frames(self.index)))
