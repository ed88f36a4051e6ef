"""The frames of a video file as PyAV decodes them, counted beforehand and checked to be all there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeVar, cast

import av
import numpy as np
from av.buffer import Buffer
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame as AVFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from steadymask.errors import VideoError
from steadymask.io.picture import check_size

# FFmpeg also opens texts as terminal animations, karaoke discs or subtitles, and single pictures as streams
# of one frame. These are its names of what holds videos.
_CONTAINERS = {
    "mov", "mp4", "matroska", "webm", "avi", "mpegts", "mpeg", "mpegvideo", "m4v", "h263", "h264", "hevc",
    "vvc", "av1", "obu", "ivf", "gif", "apng", "webp", "jpegxl_anim", "flv", "asf", "mxf", "gxf", "lxf",
    "ogg", "nut", "nuv", "nsv", "yuv4mpegpipe", "dv", "mjpeg", "mjpeg_2000", "rm", "wtv", "swf", "dirac",
    "vc1", "vc1test", "cavsvideo", "dnxhd", "flic", "bink", "smk", "cine", "ser", "mlv", "r3d", "dhav",
}  # fmt: skip
_KINDS = {
    "tty": "text",
    "cdg": "text or other",
    "mp3": "sound",
    "wav": "sound",
    "flac": "sound",
    "aac": "sound",
}

# Codecs whose packets are exactly the frames that are shown; others are counted by decoding them.
_ONE_PACKET_ONE_FRAME = {
    "h264",
    "hevc",
    "vp9",
    "av1",
    "prores",
    "ffv1",
    "mjpeg",
    "png",
    "rawvideo",
    "qtrle",
    "dnxhd",
}


Pixel = TypeVar("Pixel", bound=np.generic)


@dataclass(frozen=True, kw_only=True)
class VideoFacts:
    """What is known of a video file once it is open.

    Args:
        size: (h, w) of the frames, turned upright.
        fps: frames a second on average.
        count: number of frames.
        codec: FFmpeg's name of the codec.
        pixel_format: FFmpeg's name of the pixel format.
        decoder: what has to decode it: the codec's own decoder, or `libvpx-vp9` where VP9 carries alpha.
    """

    size: tuple[int, int]
    fps: Fraction
    count: int
    codec: str
    pixel_format: str
    decoder: str


def probe(path: Path) -> VideoFacts:
    """Open a video file, count its frames without decoding them, and decode the first.

    Raises:
        VideoError: missing, a folder, empty, not a video, without a video stream, truncated, or too large.
    """
    with _opened(path) as (container, stream):
        context = stream.codec_context
        check_size(path, context.width, context.height)
        has_alpha = context.name == "vp9" and _tag(stream, "alpha_mode") == "1"
        decoder = "libvpx-vp9" if has_alpha else context.name
        packets = _count_packets(path, container, stream)
        fps = stream.average_rate or stream.guessed_rate or Fraction(24)
        codec = context.codec.canonical_name
    first = next(decoded(path, decoder), None)
    if first is None:
        raise VideoError(f"{path}: frame 0 cannot be decoded: wanted {packets.count} frames, got 0")
    height, width = turned(np.empty((first.height, first.width), np.uint8), first).shape
    is_plain = codec in _ONE_PACKET_ONE_FRAME and not first.interlaced_frame
    return VideoFacts(
        size=(height, width),
        fps=fps,
        count=packets.count
        if is_plain and first.pts == packets.first_pts
        else sum(1 for _ in decoded(path, decoder)),
        pixel_format=first.format.name,
        codec=codec,
        decoder=decoder,
    )


def decoded(path: Path, decoder: str) -> Iterator[AVFrame]:
    """Decode the frames in order of presentation.

    Raises:
        VideoError: the file cannot be opened, or a frame cannot be decoded.
    """
    with _opened(path) as (container, stream):
        context = stream.codec_context
        if decoder == "libvpx-vp9":  # it alone knows VP9's alpha, and PyAV opens streams with FFmpeg's own
            context = cast("VideoCodecContext", VideoCodecContext.create(decoder, "r"))
            context.extradata = stream.codec_context.extradata
        context.thread_type = "AUTO"
        index = 0
        try:
            for packet in container.demux(stream):
                for frame in context.decode(packet if packet.size else None):
                    if frame.time_base is None:
                        frame.time_base = stream.time_base
                    yield frame
                    index += 1
        except av.error.FFmpegError as error:
            raise VideoError(f"{path}: frame {index} cannot be decoded ({error.strerror})") from error


def turned(picture: NDArray[Pixel], frame: AVFrame) -> NDArray[Pixel]:
    """Turn or mirror a picture, `h w …`, as the frame's display matrix says; quarter turns only."""
    matrix = frame.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return picture
    a, b, _, c, d = np.frombuffer(bytes(cast("Buffer", matrix)), np.int32)[:5].tolist()
    # A point (x, y) is shown at (a x + c y, b x + d y).
    if abs(b) > abs(a):
        picture = picture.swapaxes(0, 1)
        right, down = c, b
    else:
        right, down = a, d
    return picture[:: -1 if down < 0 else 1, :: -1 if right < 0 else 1]


@contextmanager
def _opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    if not path.is_file():
        got = "a folder" if path.is_dir() else "no such file"
        raise VideoError(f"{path}: wanted a video file, got {got}")
    if not path.stat().st_size:
        raise VideoError(f"{path}: wanted a video, got an empty file")
    try:
        # "file:" and the whitelist: a name is never taken for an address, no play list leads elsewhere.
        container = av.open(f"file:{path.resolve()}", options={"protocol_whitelist": "file"})
    except (av.error.FFmpegError, OSError) as error:
        raise VideoError(f"{path}: cannot be opened as a video ({error.strerror})") from error
    with container:
        name = container.format.name
        if not _CONTAINERS.intersection(name.split(",")):
            kind = (
                f"single {name.removesuffix('_pipe')}" if name.endswith("_pipe") else _KINDS.get(name, name)
            )
            raise VideoError(f"{path}: wanted a video or a folder of pictures, got a {kind} file")
        streams = [s for s in container.streams.video if not s.disposition & s.disposition.attached_pic]
        if not streams:
            raise VideoError(f"{path}: wanted a video stream, got none")
        yield container, streams[0]


@dataclass(frozen=True, kw_only=True)
class _Packets:
    count: int
    first_pts: int | None


def _count_packets(path: Path, container: InputContainer, stream: VideoStream) -> _Packets:
    """Count the frames to come; refuse a file that ends before it says it would."""
    times: list[int] = []
    count = total = end = 0
    first_pts: int | None = None
    try:
        for packet in container.demux(stream):
            if not packet.size:
                continue
            if packet.is_corrupt:
                wanted = _wanted(container, stream)
                raise VideoError(f"{path}: frame {total} is cut off: wanted {wanted} frames, got {total}")
            total += 1
            count += not packet.is_discard
            if packet.pts is not None:
                times.append(packet.pts)
                end = max(end, packet.pts + (packet.duration or 0))
                if not packet.is_discard:
                    first_pts = packet.pts if first_pts is None else min(first_pts, packet.pts)
    except av.error.FFmpegError as error:
        raise VideoError(f"{path}: frame {total} cannot be read ({error.strerror})") from error
    if not total or (times and _ends_early(container, stream, np.sort(times), end, total)):
        wanted = _wanted(container, stream)
        raise VideoError(f"{path}: frame {total} is missing: wanted {wanted} frames, got {total}")
    return _Packets(count=count, first_pts=first_pts)


def _ends_early(
    container: InputContainer, stream: VideoStream, times: NDArray[np.int64], end: int, total: int
) -> bool:
    duration = _duration(container, stream)
    if duration is None:
        return False
    rate, tick = stream.average_rate or Fraction(24), stream.time_base or Fraction(1)
    gap = float(np.diff(times).max()) if len(times) > 1 else float(1 / rate / tick)
    is_matroska = "matroska" in container.format.name
    # Matroska's length runs from zero, even where the first frame is shown later; others' from that frame.
    missing = duration - (end if is_matroska else end - int(times[0]))
    # Matroska knows how long the last frame lasts, MP4 how many there are; elsewhere one frame is a doubt.
    is_exact = is_matroska or ("mp4" in container.format.name and total < stream.frames)
    return missing > (0.75 if is_exact else 1.5) * gap


def _duration(container: InputContainer, stream: VideoStream) -> float | None:
    """The stream's length as the container states it, in the stream's ticks; None where it does not."""
    if stream.duration is not None:
        return float(stream.duration)
    tick = stream.time_base or Fraction(1)
    stated = _tag(stream, "duration")  # Matroska, as hours:minutes:seconds
    if stated is not None:
        hours, minutes, seconds = stated.split(":")
        return float((int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds)) / tick)
    if container.duration is not None and len(container.streams) == 1:
        return float(Fraction(container.duration, av.time_base) / tick)
    return None


def _tag(stream: VideoStream, name: str) -> str | None:
    """A tag of the stream; Matroska writes names in capitals or not, as the muxer pleased."""
    return next((value for key, value in stream.metadata.items() if key.lower() == name), None)


def _wanted(container: InputContainer, stream: VideoStream) -> str:
    if stream.frames:
        return str(stream.frames)
    duration = _duration(container, stream)
    if duration is None or not stream.average_rate or not stream.time_base:
        return "more"
    return f"about {round(duration * stream.time_base * stream.average_rate)}"
