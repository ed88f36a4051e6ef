"""A video to read: a video file, or a folder of pictures; the same stream of frames either way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import torch
from av.video.frame import VideoFrame as AVFrame
from av.video.reformatter import Colorspace, VideoReformatter
from numpy.typing import NDArray

from steadymask.arrays import Picture
from steadymask.errors import VideoError, require
from steadymask.io.folder import frame_files, numbered
from steadymask.io.picture import SUFFIXES, read_picture
from steadymask.io.video_file import VideoFacts, decoded, probe, turned

FOLDER_FPS = 24.0
"""Frames a second of a folder that nobody gave a rate."""

_FASTEST = 1000.0  # frames a second; kernels over time grow with the rate, and so does their memory


@dataclass(frozen=True, kw_only=True)
class VideoFrame:
    """One frame of a video.

    Args:
        index: position in the video, from 0.
        seconds: when it is shown, by the file's own time stamp (folders: index / fps).
        picture: RGB, 0 to 255; `picture.permute(1, 2, 0)` is contiguous.
    """

    index: int
    seconds: float
    picture: Picture


@dataclass(frozen=True, kw_only=True)
class Video:
    """A video that can be read any number of times; `open_video` makes it.

    Args:
        path: the file or folder.
        size: (h, w) in pixels, upright.
        fps: frames a second (files of variable rate: on average).
        count: number of frames.
        stems: the names of a folder's pictures without suffix; None for a file.
        files: the pictures of a folder; empty for a file.
        facts: what the video file says of itself; None for a folder.
    """

    path: Path
    size: tuple[int, int]
    fps: float
    count: int
    stems: tuple[str, ...] | None
    files: tuple[Path, ...] = ()
    facts: VideoFacts | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """One name per frame: the stems, or numbers with five digits."""
        return numbered(self.count) if self.stems is None else self.stems

    def frames(self, start: int = 0) -> Iterator[VideoFrame]:
        """Read the frames from `start` on, one at a time; the same frames as a read from the beginning gives.

        Raises:
            VideoError: a frame cannot be read, is of another size, or the video ends early.
        """
        require(0 <= start <= self.count, f"start: wanted 0 to {self.count}, got {start}")
        return _file_frames(self, self.facts, start) if self.facts else _folder_frames(self, start)


def open_video(path: Path | str, *, fps: float | None = None) -> Video:
    """Open a video file or a folder of pictures (jpg, png, bmp, tif, webp; in natural order of their names).

    Args:
        path: the file or folder.
        fps: frames a second, for a folder (default 24); a file knows its own.

    Raises:
        VideoError: nothing there, nothing in it, or it cannot be read; the message says which.
        InputError: `fps` is no rate, or given for a file.
    """
    path = Path(path)
    require(
        fps is None or 0 < fps <= _FASTEST, f"fps: wanted a number above 0, at most {_FASTEST:g}, got {fps}"
    )
    if not path.exists():
        raise VideoError(f"{path}: wanted a video file or a folder of pictures, got no such file or folder")
    if path.is_dir():
        return _open_folder(path, fps or FOLDER_FPS)
    require(fps is None, f"fps: wanted a folder of pictures, got the file {path}, which knows its own")
    facts = probe(path)
    return Video(path=path, size=facts.size, fps=float(facts.fps), count=facts.count, stems=None, facts=facts)


def _open_folder(path: Path, fps: float) -> Video:
    files = frame_files(path, SUFFIXES)
    if not files:
        raise VideoError(
            f"{path}: wanted pictures ({', '.join(s[1:] for s in SUFFIXES)}), got a folder without any"
        )
    return open_pictures(files, fps=fps)


def open_pictures(files: Sequence[Path], *, fps: float = FOLDER_FPS) -> Video:
    """Open pictures of one folder, in the order given; others may lie beside them.

    Args:
        files: at least one.
        fps: frames a second.

    Raises:
        VideoError: the first cannot be read.
    """
    height, width = read_picture(files[0]).shape[:2]
    stems = tuple(file.stem for file in files)
    path, size = files[0].parent, (height, width)
    return Video(path=path, size=size, fps=fps, count=len(files), stems=stems, files=tuple(files))


def _folder_frames(video: Video, start: int) -> Iterator[VideoFrame]:
    for index, file in enumerate(video.files[start:], start):
        pixels = read_picture(file)
        _check_size(str(file), pixels, video.size)
        yield _frame(index, index / video.fps, pixels)


def _file_frames(video: Video, facts: VideoFacts, start: int) -> Iterator[VideoFrame]:
    # Decoding from the beginning costs a fraction of what is done with a frame, and is exact; seeking is not.
    reformatter = VideoReformatter()
    index = 0
    for index, frame in enumerate(decoded(video.path, facts.decoder), 1):
        if index > video.count:
            break
        if index <= start:
            continue
        pixels = np.ascontiguousarray(turned(_rgb(frame, reformatter), frame))
        _check_size(f"{video.path}: frame {index - 1}", pixels, video.size)
        yield _frame(index - 1, _seconds(frame, index - 1, facts), pixels)
    if index < video.count:
        raise VideoError(
            f"{video.path}: frame {index} cannot be decoded: wanted {video.count} frames, got {index}"
        )


def _frame(index: int, seconds: float, pixels: NDArray[np.uint8]) -> VideoFrame:
    return VideoFrame(index=index, seconds=seconds, picture=torch.from_numpy(pixels).permute(2, 0, 1))


def _check_size(name: str, pixels: NDArray[np.uint8], size: tuple[int, int]) -> None:
    if pixels.shape[:2] != size:
        wanted, got = (f"{h} x {w}" for h, w in (size, pixels.shape[:2]))
        raise VideoError(f"{name}: wanted height x width {wanted} as in the first frame, got {got}")


def _seconds(frame: AVFrame, index: int, facts: VideoFacts) -> float:
    if frame.pts is None or frame.time_base is None:
        return float(index / facts.fps)
    return float(Fraction(frame.pts) * frame.time_base)


def _rgb(frame: AVFrame, reformatter: VideoReformatter) -> NDArray[np.uint8]:
    unspecified = frame.colorspace not in _KNOWN_MATRICES
    # Files that name no matrix follow the custom of players: BT.601 for standard definition, BT.709 above.
    matrix = (Colorspace.ITU709 if frame.height > 576 else Colorspace.ITU601) if unspecified else None
    try:
        rgb = reformatter.reformat(frame, format="rgb24", src_colorspace=matrix)
        return rgb.to_ndarray()  # type: ignore[return-value]  # "rgb24" has 8 bits
    except av.error.FFmpegError as error:
        raise VideoError(
            f"pixel format {frame.format.name}: cannot be turned into RGB ({error.strerror})"
        ) from error


_KNOWN_MATRICES = {
    1,
    4,
    5,
    6,
    7,
    9,
    10,
}  # FFmpeg's AVColorSpace: BT.709, FCC, BT.601 (two), SMPTE 240M, BT.2020 (two)
