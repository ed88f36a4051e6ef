"""Labels that a teacher gives to frames that nobody labeled, kept as pictures on disk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from steadymask.arrays import Picture, PictureLabels
from steadymask.data.dataset import ClassIds
from steadymask.data.frame_files import FrameOf
from steadymask.data.label_files import ClassFile
from steadymask.data.sampling import equally_spaced_pairs
from steadymask.data.training_data import LabeledImage, TrainingData, UnlabeledVideo
from steadymask.errors import require
from steadymask.io.png import PngHeader, write_png
from steadymask.training.test_time_augmentation import TestTimeAugmentation, averaged_probs

_VOID = 255


@dataclass(frozen=True, kw_only=True)
class PseudoLabels:
    """What a teacher labels, and how its labels are mixed with the truth.

    Args:
        frames_per_video: of each video without labels, equally far from each other; None: all.
        images: further pictures to label; the labels they have are not looked at.
        share: of pseudo labels among all labeled pictures, in (0, 1).
        threshold: pixels of which the teacher is less sure are void, in [0, 1).
        augmentation: the variations the teacher sees.
    """

    frames_per_video: int | None = None
    images: tuple[LabeledImage, ...] = ()
    share: float = 0.5
    threshold: float = 0.0
    augmentation: TestTimeAugmentation = TestTimeAugmentation()  # noqa: RUF009  # frozen

    def __post_init__(self) -> None:
        """Check the settings."""
        require(0 < self.share < 1, f"share: wanted a number in (0, 1), got {self.share}")
        require(0 <= self.threshold < 1, f"threshold: wanted a number in [0, 1), got {self.threshold}")


def with_pseudo_labels(
    data: TrainingData,
    settings: PseudoLabels,
    teacher: nn.Module,
    folder: Path,
    *,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> TrainingData:
    """The same data with a teacher's labels among the truth.

    Labels that lie in the folder already are not made again, so that this can be stopped and repeated.

    Args:
        data: truth, and the videos whose frames are labeled.
        settings: which frames, and how they are mixed.
        teacher: in evaluation mode, on the device to compute on.
        folder: for the labels, of this teacher alone.
        progress: told of every frame.

    Raises:
        InputError: there is nothing to label, or the teacher has other classes.
        VideoError: a frame cannot be read or a label written.

    Source: Liu et al., Efficient video segmentation models with per-frame inference, algorithm 1.
    """
    wanted = (*settings.images, *frames_to_label(data.videos, settings.frames_per_video))
    require(bool(wanted), f"{data.name}: wanted videos or pictures to label, got none")
    count = len(data.classes)
    require(count <= _VOID, f"{data.name}: wanted at most {_VOID} classes to label, got {count}")
    classes = ClassIds(names=data.classes, ids=tuple(range(count)), void=(_VOID,))
    found = []
    for done, image in enumerate(wanted, start=1):
        path = folder / f"{done:06d}-{image.name.replace('/', '-')}.png"  # names alone may come twice
        if not path.exists():
            _write(path, pseudo_label(teacher, image.picture(), settings, classes=count))
        found.append(replace(image, labels=ClassFile(path=path, classes=classes)))
        progress("pseudo labels", done, len(wanted))
    return replace(data, labeled=mixed(data.labeled, tuple(found), share=settings.share))


def pseudo_label(
    teacher: nn.Module, picture: Picture, settings: PseudoLabels, *, classes: int
) -> PictureLabels:
    """The teacher's labels of one picture; −1 where it is less sure than the threshold.

    Raises:
        InputError: the teacher has another number of classes.
    """
    device = next(teacher.parameters()).device
    frames = picture[None].to(device).float() / 255
    probs = averaged_probs(teacher, frames, settings.augmentation)[0]
    require(len(probs) == classes, f"teacher: wanted {classes} classes as the data has, got {len(probs)}")
    surest, labels = probs.max(0)
    return torch.where(surest >= settings.threshold, labels, -1).to(torch.int32).cpu()


def mixed(
    truth: Sequence[LabeledImage], pseudo: Sequence[LabeledImage], *, share: float
) -> tuple[LabeledImage, ...]:
    """Both in one list in which the pseudo-labeled make up a share; what is fewer comes again and again.

    All that there is comes at least once.
    """
    if not truth:
        return tuple(pseudo)
    wanted = round(len(truth) * share / (1 - share))
    if wanted >= len(pseudo):
        return (*truth, *_repeated(pseudo, wanted))
    return (*_repeated(truth, round(len(pseudo) * (1 - share) / share)), *pseudo)


def _repeated(images: Sequence[LabeledImage], count: int) -> tuple[LabeledImage, ...]:
    return tuple(images[at % len(images)] for at in range(max(count, len(images))))


def frames_to_label(videos: Sequence[UnlabeledVideo], count: int | None) -> tuple[LabeledImage, ...]:
    """Frames that have another after them; their labels are still to come.

    Args:
        videos: whose.
        count: of each video, equally far from each other; None: all.
    """
    return tuple(
        LabeledImage(
            name=f"{video.name}/{index:06d}",
            picture=FrameOf(video=video, index=index),
            labels=_nobody_knows,
            video=video,
            index=index,
        )
        for video in videos
        for index in equally_spaced_pairs(video, count)
    )


def _nobody_knows() -> PictureLabels:
    raise NotImplementedError


def _write(path: Path, labels: PictureLabels) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = labels.shape
    pixels = labels.masked_fill(labels < 0, _VOID).to(torch.uint8).numpy()
    write_png(path, pixels, PngHeader(size=(height, width), color="grey", depth=8), smooth=False)
