"""The frames of a video, read one by one in any order."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from steadymask.arrays import Picture
from steadymask.data.dataset import Source
from steadymask.data.label_files import PictureFile
from steadymask.data.training_data import UnlabeledVideo
from steadymask.io.video import Video, open_video


def video_at(source: Source, *, name: str, fps: float) -> UnlabeledVideo:
    """Open a folder of pictures, pictures in order, or a video file.

    Args:
        source: where it lies.
        name: what it is called.
        fps: frames a second; a video file knows its own.

    Raises:
        VideoError: nothing there, or it cannot be read.
    """
    if isinstance(source, tuple):
        return pictures_as_video(source, name=name, fps=fps)
    return as_unlabeled(open_video(source, fps=None if source.is_file() else fps), name=name)


def as_unlabeled(video: Video, *, name: str) -> UnlabeledVideo:
    """A video that is open, frame by frame in any order."""
    return UnlabeledVideo(name=name, count=video.count, fps=video.fps, frame=VideoFrames(video=video))


def pictures_as_video(files: Sequence[Path], *, name: str, fps: float) -> UnlabeledVideo:
    """A video of pictures; none is read before it is asked for.

    Raises:
        InputError: there are none.
    """
    return UnlabeledVideo(name=name, count=len(files), fps=fps, frame=PictureFrames(files=tuple(files)))


@dataclass(frozen=True, kw_only=True)
class PictureFrames:
    """Frames in files of their own."""

    files: tuple[Path, ...]

    def __call__(self, index: int) -> Picture:
        """Read frame `index`.

        Raises:
            VideoError: it cannot be read.
        """
        return PictureFile(path=self.files[index])()


@dataclass(frozen=True, kw_only=True)
class VideoFrames:
    """Frames of an open video, all of one size.

    A video file is decoded from its beginning each time: exact, but slow far into it; see `unpacked`.
    """

    video: Video

    def __call__(self, index: int) -> Picture:
        """Read frame `index`.

        Raises:
            VideoError: it cannot be read.
        """
        return next(self.video.frames(index)).picture


@dataclass(frozen=True, kw_only=True)
class FrameOf:
    """One frame of a video, read when called."""

    video: UnlabeledVideo
    index: int

    def __call__(self) -> Picture:
        """Read it.

        Raises:
            VideoError: it cannot be read.
        """
        return self.video.frame(self.index)
