"""Masks out: one file per frame as they come, or a whole clip from finished frames."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from steadymask.errors import InputError, VideoError, require
from steadymask.io.mask_format import JsonFormat, MaskFormat, NpzFormat, PngFormat, VideoFormat
from steadymask.io.mask_frame import MaskFrame, labels_of
from steadymask.io.mask_json import write_json_masks
from steadymask.io.mask_npz import stored_values
from steadymask.io.mask_png import write_mask_png
from steadymask.io.mask_video import write_mask_video
from steadymask.io.npz import write_npz


@dataclass(frozen=True, kw_only=True)
class MaskWriter:
    """Writes one file per frame into a folder; `open_mask_writer` makes it.

    Args:
        folder: where the files go.
        format: what they are.
        size: (h, w) that every frame must have.
    """

    folder: Path
    format: PngFormat | NpzFormat
    size: tuple[int, int]

    def path(self, stem: str) -> Path:
        """Where the frame `stem` goes."""
        return self.folder / f"{stem}{self.format.suffix}"

    def write(self, frame: MaskFrame) -> Path:
        """Write one frame under its stem; the file appears finished or not at all.

        Raises:
            InputError: the frame has another size, or the format cannot hold its ids.
            VideoError: the file cannot be written.
        """
        require(frame.size == self.size, f"{frame.stem}: wanted height x width {self.size}, got {frame.size}")
        path, stored = self.path(frame.stem), _with_stored_void(frame, self.format)
        if isinstance(self.format, PngFormat):
            write_mask_png(path, stored, self.format)
        else:
            values = stored_values(stored, self.format)
            write_npz(path, [values], key=self.format.key, count=None, compressed=self.format.compressed)
        return path


def open_mask_writer(folder: Path, format: MaskFormat, *, size: tuple[int, int]) -> MaskWriter:
    """A writer of one file per frame into `folder`, which is made if it is missing.

    Raises:
        InputError: `format` is one of a single file; take its `frame_format`, then `encode_masks`.
        VideoError: the folder cannot be made.
    """
    if isinstance(format, VideoFormat | JsonFormat) or format.single_file:
        raise InputError("format: wanted one file per frame, got a format of a single file")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise VideoError(f"{folder}: cannot be made: {error.strerror or error}") from error
    return MaskWriter(folder=folder, format=format, size=size)


def encode_masks(
    path: Path,
    frames: Iterable[MaskFrame],
    format: MaskFormat,
    *,
    count: int,
    fps: float = 24.0,
    seconds: Iterable[float] | None = None,
) -> None:
    """Write a clip as a single file from its frames, the same bytes every time.

    Args:
        path: the file; it appears finished or not at all.
        frames: the frames in order, read one at a time.
        format: an npz, video or JSON format.
        count: number of frames.
        fps: of a video, where `seconds` does not say when each frame is shown.
        seconds: of a video, when each frame is shown.

    Raises:
        InputError: `format` has one file per frame, or cannot hold the masks, or the frames do not fit.
        VideoError: the file cannot be written.
    """
    stored = (_with_stored_void(frame, format) for frame in frames)
    if isinstance(format, VideoFormat):
        write_mask_video(path, stored, format, fps=fps, seconds=seconds)
    elif isinstance(format, JsonFormat):
        write_json_masks(path, stored, format, count=count)
    elif isinstance(format, NpzFormat) and format.single_file:
        arrays = (stored_values(frame, format) for frame in stored)
        write_npz(path, arrays, key=format.key, count=count, compressed=format.compressed)
    else:
        raise InputError("format: wanted a format of a single file, got one of a file per frame")


def _with_stored_void(frame: MaskFrame, format: MaskFormat) -> MaskFrame:
    if format.soft or format.void is None:
        return frame
    labels = labels_of(frame)
    return replace(frame, labels=labels.masked_fill(labels == -1, format.void), probs=None)
