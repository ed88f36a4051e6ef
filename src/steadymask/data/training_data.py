"""What a network learns from: labeled pictures and videos without labels; files are read when asked for."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from steadymask.arrays import Picture, PictureLabels, PictureProbs
from steadymask.errors import InputError, require


@dataclass(frozen=True, kw_only=True)
class UnlabeledVideo:
    """A video of which any frame can be read.

    Args:
        name: what messages and caches call it; no other video of the data has it.
        count: number of frames.
        fps: frames a second.
        frame: reads a frame by its index, RGB.
        cuts: the frames that begin a new scene; nothing is compared across them.
        masks: reads the masks that something gave a frame, as probabilities; None: it has none.
    """

    name: str
    count: int
    fps: float
    frame: Callable[[int], Picture]
    cuts: frozenset[int] = frozenset()
    masks: Callable[[int], PictureProbs] | None = None

    def __post_init__(self) -> None:
        """Check the settings."""
        require(self.count >= 1, f"{self.name}: wanted at least one frame, got {self.count}")
        require(self.fps > 0, f"{self.name}: fps: wanted a number above 0, got {self.fps}")

    def same_scene(self, i: int, j: int) -> bool:
        """Whether both frames are there, with no cut between them."""
        first, last = min(i, j), max(i, j)
        return first >= 0 and last < self.count and not any(first < cut <= last for cut in self.cuts)

    def between(self, start: int, stop: int) -> "UnlabeledVideo":
        """The frames from `start` up to, not including, `stop`, under a name of their own.

        Raises:
            InputError: there are no such frames.
        """
        wanted = f"{self.name}: wanted 0 <= start < stop <= {self.count}, got {start} and {stop}"
        require(0 <= start < stop <= self.count, wanted)
        return replace(
            self,
            name=f"{self.name}-{start}-{stop}",
            count=stop - start,
            frame=_Later(frame=self.frame, start=start),
            cuts=frozenset(cut - start for cut in self.cuts if start < cut < stop),
            masks=None if self.masks is None else _Later(frame=self.masks, start=start),
        )


@dataclass(frozen=True, kw_only=True)
class LabeledImage:
    """A picture that says of each pixel what it is.

    Args:
        name: what messages call it.
        picture: reads the picture, RGB.
        labels: reads the labels: classes from 0 on; −1 is void.
        video: the video that it is a frame of; None: it has none.
        index: which frame it is; None without a video.
    """

    name: str
    picture: Callable[[], Picture]
    labels: Callable[[], PictureLabels]
    video: UnlabeledVideo | None = None
    index: int | None = None

    def __post_init__(self) -> None:
        """Check the settings."""
        both = (self.video is None) == (self.index is None)
        require(both, f"{self.name}: wanted video and index, or neither, got one of them")
        if self.video is not None and self.index is not None:
            last = self.video.count - 1
            inside = 0 <= self.index <= last
            require(inside, f"{self.name}: index: wanted 0 to {last}, got {self.index}")

    def read(self) -> tuple[Picture, PictureLabels]:
        """Read both.

        Raises:
            InputError: they differ in size.
            VideoError: one cannot be read.
        """
        picture, labels = self.picture(), self.labels()
        (height, width), got = picture.shape[1:], tuple(labels.shape)
        require(
            got == (height, width),
            f"{self.name}: wanted labels of height x width {height} x {width} as the picture, "
            f"got {got[0]} x {got[1]}",
        )
        return picture, labels


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """All that a network learns from.

    Args:
        name: what reports call it.
        classes: what label 0 means, what label 1 means, and so on; void (−1) has no name.
        labeled: the labeled pictures.
        videos: the videos whose labels nobody knows, or nobody looks at.
    """

    name: str
    classes: tuple[str, ...]
    labeled: tuple[LabeledImage, ...] = ()
    videos: tuple[UnlabeledVideo, ...] = ()

    def __post_init__(self) -> None:
        """Check that there is something to learn."""
        require(len(self.classes) >= 2, f"{self.name}: wanted at least two classes, got {len(self.classes)}")
        something = bool(self.labeled or self.videos)
        require(something, f"{self.name}: wanted labeled pictures or videos, got none")
        names = [video.name for video in self.videos]
        if len({*names}) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError(f"{self.name}: wanted one video of each name, got two called {twice}")


def together(first: TrainingData, *others: TrainingData) -> TrainingData:
    """The data of several sources as one, in this order; the names of videos begin with that of their source.

    Raises:
        InputError: they do not have the same classes.
    """
    everything = (first, *others)
    for each in others:
        require(
            each.classes == first.classes,
            f"{each.name}: wanted the classes of {first.name} ({', '.join(first.classes)}), "
            f"got {', '.join(each.classes)}",
        )
    return TrainingData(
        name=" + ".join(each.name for each in everything),
        classes=first.classes,
        labeled=tuple(_image_of(each.name, image) for each in everything for image in each.labeled),
        videos=tuple(_video_of(each.name, video) for each in everything for video in each.videos),
    )


def _image_of(source: str, image: LabeledImage) -> LabeledImage:
    return image if image.video is None else replace(image, video=_video_of(source, image.video))


def _video_of(source: str, video: UnlabeledVideo) -> UnlabeledVideo:
    return replace(video, name=f"{source}/{video.name}")


def with_few_labels(
    data: TrainingData, count: int, *, seed: int = 0
) -> tuple[TrainingData, tuple[LabeledImage, ...]]:
    """Keep the labels of some pictures, drawn at random; the second result is all other pictures.

    Args:
        data: what there is.
        count: how many labels are kept.
        seed: of the draw. A larger count keeps those of a smaller one.

    Raises:
        InputError: there are not as many.
    """
    there = len(data.labeled)
    require(1 <= count <= there, f"count: wanted 1 to {there} labeled pictures, got {count}")
    kept = frozenset(np.random.default_rng(seed).permutation(there)[:count].tolist())
    labeled = tuple(image for at, image in enumerate(data.labeled) if at in kept)
    others = tuple(image for at, image in enumerate(data.labeled) if at not in kept)
    return replace(data, labeled=labeled), others


@dataclass(frozen=True, kw_only=True)
class _Later:
    """Frames, or their masks, counted from a later one on."""

    frame: Callable[[int], Tensor]
    start: int

    def __call__(self, index: int) -> Tensor:
        return self.frame(index + self.start)
