"""Pictures to a video file: the same bytes every time, and the file appears finished or not at all."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.codec.context import Flags
from av.container import OutputContainer
from av.video.frame import VideoFrame as AVFrame
from av.video.reformatter import Colorspace, VideoReformatter
from av.video.stream import VideoStream
from jaxtyping import UInt8
from torch import Tensor

from steadymask.errors import InputError, VideoError, require
from steadymask.io.unfinished import unfinished

CLOCK = Fraction(1, 120000)
"""Ticks in which frames are timed: a frame of any usual rate (23.976 to 60) lasts a whole number of them."""


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """An encoder with its settings.

    Args:
        name: FFmpeg's name of it.
        pixel_format: FFmpeg's name of the pixel format.
        options: as FFmpeg calls them.
        threads: fixed, because the bytes that some encoders write depend on it.
    """

    name: str
    pixel_format: str
    options: dict[str, str] = field(default_factory=dict)
    threads: int = 1


# With its macroblock tree, x264 writes other bytes in about one of a hundred runs, even in a single thread.
_X264 = {"preset": "medium", "crf": "18", "mbtree": "0"}
_VP9 = {"crf": "20", "b": "0", "deadline": "good", "cpu-used": "4", "auto-alt-ref": "0"}

ENCODERS = {
    "h264": Encoder(name="libx264", pixel_format="yuv420p", options=_X264, threads=2),
    "prores4444": Encoder(
        name="prores_ks", pixel_format="yuva444p10le", options={"profile": "4", "alpha_bits": "16"}
    ),
    "vp9-alpha": Encoder(name="libvpx-vp9", pixel_format="yuva420p", options=_VP9),
    "ffv1": Encoder(name="ffv1", pixel_format="bgra", options={"level": "3", "slices": "4"}),
}
"""What `write_video` can write, by kind."""


def write_video(
    path: Path,
    pictures: Iterable[UInt8[Tensor, "channels h w"]],
    *,
    kind: str = "h264",
    fps: float = 24.0,
    seconds: Iterable[float] | None = None,
) -> None:
    """Write RGB pictures (or RGBA, where the kind has alpha).

    H.264 needs even sizes: an odd one repeats its last row or column.

    Args:
        path: the file; its suffix chooses the container.
        pictures: `3 h w` or `4 h w`, all of one size.
        kind: one of `ENCODERS`.
        fps: frames a second, where `seconds` does not say when each frame is shown.
        seconds: when each frame is shown, increasing.

    Raises:
        InputError: `kind` is not known, or pictures differ in size.
        VideoError: the file cannot be written, or FFmpeg comes without the encoder.
    """
    require(kind in ENCODERS, f"kind: wanted one of {', '.join(ENCODERS)}, got {kind!r}")
    encoder = ENCODERS[kind]
    reformatter = VideoReformatter()
    frames = (_frame(picture, encoder, reformatter) for picture in pictures)
    encode(path, frames, encoder=encoder, fps=fps, seconds=seconds)


def encode(
    path: Path,
    frames: Iterable[AVFrame],
    *,
    encoder: Encoder,
    fps: float = 24.0,
    seconds: Iterable[float] | None = None,
) -> None:
    """Write frames that have the encoder's pixel format already.

    Raises:
        InputError: `fps` is not positive, times do not increase, frames differ in size, or there are none.
        VideoError: the file cannot be written.
    """
    require(fps > 0, f"fps: wanted a positive number, got {fps}")
    rate = Fraction(fps).limit_denominator(1001)
    with unfinished(path) as temporary:
        try:
            # "+bitexact": no version, no date, no random ids in the file.
            with av.open(str(temporary), "w", container_options={"fflags": "+bitexact"}) as container:
                _encode(path, container, zip(frames, _ticks(rate, seconds), strict=False), encoder, rate)
        except av.error.FFmpegError as error:
            raise VideoError(f"{path}: cannot be written with {encoder.name} ({error.strerror})") from error


def _ticks(rate: Fraction, seconds: Iterable[float] | None) -> Iterator[int]:
    if seconds is None:
        return (round(index / rate / CLOCK) for index in count())
    return (round(time / CLOCK) for time in seconds)


def _encode(
    path: Path,
    container: OutputContainer,
    timed: Iterable[tuple[AVFrame, int]],
    encoder: Encoder,
    rate: Fraction,
) -> None:
    stream: VideoStream | None = None
    last = None
    for index, (frame, tick) in enumerate(timed):
        if stream is None:
            stream = _stream(container, frame, encoder, rate)
        context = stream.codec_context
        if (frame.width, frame.height) != (context.width, context.height):
            raise InputError(
                f"{path}: frame {index}: wanted {context.width} x {context.height} as in the first, "
                f"got {frame.width} x {frame.height}"
            )
        if last is not None and tick <= last:
            raise InputError(f"{path}: frame {index}: wanted a time after {last * CLOCK}, got {tick * CLOCK}")
        frame.pts, frame.time_base, last = tick, CLOCK, tick
        container.mux(stream.encode(frame))
    if stream is None:
        raise InputError(f"{path}: wanted frames to write, got none")
    container.mux(stream.encode(None))


def _stream(container: OutputContainer, frame: AVFrame, encoder: Encoder, rate: Fraction) -> VideoStream:
    try:
        stream = cast(
            "VideoStream", container.add_stream(encoder.name, rate=rate, options=dict(encoder.options))
        )
    except (av.error.FFmpegError, ValueError) as error:
        raise VideoError(
            f"{encoder.name}: wanted FFmpeg with this encoder, got one without it ({error})"
        ) from error
    stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, encoder.pixel_format
    context = stream.codec_context
    context.time_base = CLOCK
    context.flags |= Flags.bitexact
    context.thread_count = encoder.threads
    context.colorspace, context.color_range = frame.colorspace, frame.color_range
    if encoder.name == "libvpx-vp9":
        stream.metadata["alpha_mode"] = "1"
    return stream


def _frame(
    picture: UInt8[Tensor, "channels h w"], encoder: Encoder, reformatter: VideoReformatter
) -> AVFrame:
    pixels = np.ascontiguousarray(picture.permute(1, 2, 0).numpy())
    if encoder.name == "libx264":
        height, width = pixels.shape[:2]
        pixels = np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    frame = AVFrame.from_ndarray(pixels, format="rgba" if pixels.shape[2] == 4 else "rgb24")
    return reformatter.reformat(frame, format=encoder.pixel_format, dst_colorspace=Colorspace.ITU709)
