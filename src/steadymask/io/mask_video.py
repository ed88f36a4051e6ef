"""Masks in videos: an alpha plane, or a grey matte."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import av
import numpy as np
import torch
from av.video.frame import VideoFrame as AVFrame

from steadymask.errors import InputError, VideoError, require
from steadymask.io.encode import Encoder, encode
from steadymask.io.mask_format import ReadAs, VideoFormat, refuse_soft
from steadymask.io.mask_frame import MaskFrame, labels_of, probs_of, two_classes
from steadymask.io.plane import (
    depth_of,
    frame_with_plane,
    has_alpha,
    is_full_range,
    is_planar,
    levels,
    mask_plane,
)
from steadymask.io.png import Samples, as_samples
from steadymask.io.video_file import VideoFacts, decoded, probe, turned

_ENCODERS = {
    "h264": Encoder(
        name="libx264", pixel_format="yuv420p", options={"preset": "medium", "crf": "8"}, threads=2
    ),
    "prores": Encoder(
        name="prores_ks", pixel_format="yuva444p10le", options={"profile": "4", "alpha_bits": "16"}
    ),
    "vp9": Encoder(
        name="libvpx-vp9",
        pixel_format="yuva420p",
        options={"lossless": "1", "deadline": "good", "cpu-used": "4", "auto-alt-ref": "0"},
    ),
    "ffv1": Encoder(name="ffv1", pixel_format="gray16le", options={"level": "3", "slices": "4"}),
}


@dataclass(frozen=True, kw_only=True)
class MaskVideo:
    """A video whose frames are masks.

    Args:
        path: the file.
        facts: what the file says of itself.
        is_full_range: whether its grey runs over all values.
        format: how a writer writes the like of it.
        decision: how it is read, in a sentence.
    """

    path: Path
    facts: VideoFacts
    is_full_range: bool
    format: VideoFormat
    decision: str

    @property
    def size(self) -> tuple[int, int]:
        """(h, w) in pixels."""
        return self.facts.size

    @property
    def count(self) -> int:
        """Number of frames."""
        return self.facts.count

    @property
    def stems(self) -> None:
        """Frames of a video have no names."""
        return

    def frames(self, start: int = 0) -> Iterator[MaskFrame]:
        """Read the frames from `start` on; void is not told apart yet."""
        index = 0
        for index, frame in enumerate(decoded(self.path, self.facts.decoder), 1):
            if index > self.count:
                break
            if index > start:
                yield self._frame(index - 1, frame)
        if index < self.count:
            raise VideoError(
                f"{self.path}: frame {index} cannot be decoded: wanted {self.count} frames, got {index}"
            )

    def _frame(self, index: int, frame: AVFrame) -> MaskFrame:
        name, stem = f"{self.path}: frame {index}", f"{index:05d}"
        samples = turned(mask_plane(frame, name), frame)
        if samples.shape != self.size:
            raise VideoError(
                f"{name}: wanted height x width {self.size} as in the first frame, got {samples.shape}"
            )
        if not self.format.soft:
            return MaskFrame(index=index, stem=stem, labels=torch.from_numpy(samples.astype(np.int32)))
        black, white = levels(depth_of(frame.format.name), self.is_full_range)
        probability = (torch.from_numpy(samples.astype(np.float32)) - black) / (white - black)
        return MaskFrame(index=index, stem=stem, probs=two_classes(probability.clamp(0, 1)))


def open_mask_video(path: Path, *, read_as: ReadAs | None = None, void: int | None = None) -> MaskVideo:
    """Open a video as masks: its alpha where it has one, otherwise its grey levels.

    Raises:
        InputError: it is a color video, or labels were asked of a codec that does not keep them.
        VideoError: the file cannot be read.
    """
    facts = probe(path)
    first = next(decoded(path, facts.decoder))
    mask_plane(first, f"{path}: frame 0")
    alpha, soft = has_alpha(facts.pixel_format), read_as != "labels"
    if not soft and (facts.codec != "ffv1" or not facts.pixel_format.startswith("gray")):
        raise InputError(
            f"read_as: {path}: wanted grey FFV1 for labels, got {facts.codec} {facts.pixel_format}"
        )
    format = VideoFormat(
        codec=facts.codec,
        pixel_format=facts.pixel_format,
        suffix=path.suffix,
        alpha=alpha,
        soft=soft,
        full_range=alpha or is_full_range(first),
        void=void,
    )
    decision = (
        f"{facts.codec} video, {facts.pixel_format}: {'probabilities' if soft else 'ids'} "
        f"from its {'alpha' if alpha else 'grey levels'}"
    )
    full_range = format.full_range
    if not _is_written(format):
        format = _replacement(format)
        decision += f"; masks like it are written as {format.codec} {format.pixel_format}"
    return MaskVideo(path=path, facts=facts, is_full_range=full_range, format=format, decision=decision)


def write_mask_video(
    path: Path,
    frames: Iterable[MaskFrame],
    format: VideoFormat,
    *,
    fps: float = 24.0,
    seconds: Iterable[float] | None = None,
) -> None:
    """Write masks as a video; the same bytes every time.

    A video with alpha also shows the mask in its luma, white on black.

    Args:
        path: the file; it appears finished or not at all. Its suffix chooses the container.
        frames: their void is the id `format.void` already.
        format: codec, pixel format and where the mask goes.
        fps: frames a second, where `seconds` does not say when each frame is shown.
        seconds: when each frame is shown.

    Raises:
        InputError: the format cannot hold the masks.
        VideoError: the file cannot be written.
    """
    require(_is_written(format), f"format: wanted a kind of video that is written, got {format.codec}")
    stream = iter(frames)
    first = next(stream, None)
    if first is None:
        raise InputError(f"{path}: wanted frames to write, got none")
    odd = first.size[0] % 2 or first.size[1] % 2
    # H.264 halves the color planes of even sizes only; a mask has no color to halve.
    pixel_format = (
        format.pixel_format.replace("420", "444") if odd and format.codec == "h264" else format.pixel_format
    )
    filled = (
        frame_with_plane(_samples(frame, format), pixel_format, format.full_range)
        for frame in chain([first], stream)
    )
    encode(
        path,
        filled,
        encoder=replace(_ENCODERS[format.codec], pixel_format=pixel_format),
        fps=fps,
        seconds=seconds,
    )


def _samples(frame: MaskFrame, format: VideoFormat) -> Samples:
    depth = depth_of(format.pixel_format)
    if format.soft:
        probs = probs_of(frame)
        refuse_soft(format, len(probs))
        black, white = levels(depth, format.full_range)
        return as_samples((probs[1] * (white - black) + black).round().numpy(), depth)
    ids = labels_of(frame).numpy()
    least, most = int(ids.min()), int(ids.max())
    if least < 0 or most >= 2**depth:
        wrong = least if least < 0 else most
        raise InputError(f"{frame.stem}: wanted ids from 0 to {2**depth - 1} for this format, got {wrong}")
    return as_samples(ids, depth)


def _is_written(format: VideoFormat) -> bool:
    if format.codec not in _ENCODERS or not is_planar(format.pixel_format):
        return False
    encodable = av.Codec(_ENCODERS[format.codec].name, "w").video_formats or []
    return format.pixel_format in {each.name for each in encodable}


def _replacement(format: VideoFormat) -> VideoFormat:
    """The nearest kind that is written; without loss."""
    depth = depth_of(format.pixel_format)
    if format.codec == "prores":
        return replace(format, pixel_format="yuva444p10le")
    written = f"{'yuva444p' if format.alpha else 'gray'}{'16le' if depth > 8 else ''}"
    return replace(format, codec="ffv1", pixel_format=written, suffix=".mkv", full_range=True)
