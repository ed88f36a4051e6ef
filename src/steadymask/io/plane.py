"""The one plane of a decoded frame that is a mask: its alpha, or its grey."""

from typing import Any

import av
import numpy as np
from av.video.frame import VideoFrame as AVFrame
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from steadymask.errors import InputError
from steadymask.io.png import Samples, as_samples

_COLORED = 0.01  # share of pixels with color from which a video is no matte


def has_alpha(pixel_format: str) -> bool:
    """Whether frames of this pixel format have an alpha plane."""
    return any(component.is_alpha for component in _components(pixel_format))


def depth_of(pixel_format: str) -> int:
    """Bits per sample."""
    return int(_components(pixel_format)[0].bits)


def is_planar(pixel_format: str) -> bool:
    """Whether the mask is a plane of its own, so that `frame_with_plane` can write it at any depth."""
    return pixel_format.startswith(("gray", "yuv"))


def is_full_range(frame: AVFrame) -> bool:
    """Whether grey runs over all values of its type.

    Where the file does not say: luma beside chroma does not, grey alone and RGB do.
    """
    if frame.format.name.startswith("yuvj"):
        return True
    if frame.color_range in (ColorRange.MPEG, ColorRange.JPEG):
        return bool(frame.color_range == ColorRange.JPEG)
    return not frame.format.name.startswith("yuv")


def levels(depth: int, full_range: bool) -> tuple[int, int]:
    """The values that mean probability 0 and 1.

    >>> levels(8, full_range=False)
    (16, 235)
    """
    return (0, 2**depth - 1) if full_range else (16 << (depth - 8), 235 << (depth - 8))


def mask_plane(frame: AVFrame, name: str) -> Samples:
    """The alpha of a frame that has one, else its grey levels, `h w`, as stored.

    Raises:
        InputError: the frame has no alpha, but colors.
    """
    pixel_format = frame.format.name
    if not is_planar(pixel_format):
        return _packed_plane(frame, name)
    if has_alpha(pixel_format):
        return _plane(frame, 3)
    chroma = [_plane(frame, index) for index in range(1, len(frame.planes))]
    middle = 1 << (depth_of(pixel_format) - 1)
    if any(_share(np.abs(plane.astype(np.int32) - middle) > middle // 8) > _COLORED for plane in chroma):
        raise _colored(name)
    return _plane(frame, 0)


def frame_with_plane(samples: Samples, pixel_format: str, full_range: bool) -> AVFrame:
    """A frame whose alpha (and luma), or else grey, is `samples`; without color."""
    height, width = samples.shape
    frame = AVFrame(width, height, pixel_format)
    depth = depth_of(pixel_format)
    alpha = has_alpha(pixel_format)
    for index, plane in enumerate(frame.planes):
        if index in (1, 2):
            fill: Samples | int = 1 << (depth - 1)
        elif index == 0 and alpha:
            black, white = levels(depth, full_range=False)
            fill = (black + samples.astype(np.float64) * ((white - black) / (2**depth - 1))).round()
        else:
            fill = samples
        _fill(plane, fill, depth)
    frame.colorspace = Colorspace.ITU709
    frame.color_range = ColorRange.JPEG if full_range and not alpha else ColorRange.MPEG
    return frame


def _components(pixel_format: str) -> Any:  # noqa: ANN401  # PyAV's components have no public type
    return av.VideoFormat(pixel_format).components


def _plane(frame: AVFrame, index: int) -> Samples:
    plane = frame.planes[index]
    depth = depth_of(frame.format.name)
    dtype = np.dtype(np.uint8) if depth == 8 else np.dtype(_type16(frame.format.name))
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height]
    return as_samples(rows[:, : plane.width * dtype.itemsize].copy().view(dtype), depth)


def _type16(pixel_format: str) -> str:
    return ">u2" if pixel_format.endswith("be") else "<u2"


def _packed_plane(frame: AVFrame, name: str) -> Samples:
    wide = depth_of(frame.format.name) > 8
    pixels = frame.reformat(format="rgba64le" if wide else "rgba").to_ndarray()
    if has_alpha(frame.format.name):
        return as_samples(pixels[..., 3], 16 if wide else 8)
    limit = 32 << 8 if wide else 32
    if _share(np.ptp(pixels[..., :3].astype(np.int32), axis=2) > limit) > _COLORED:
        raise _colored(name)
    return as_samples(pixels[..., 1], 16 if wide else 8)


def _fill(plane: Any, fill: NDArray[Any] | int, depth: int) -> None:  # noqa: ANN401  # PyAV's plane has no public type
    item = np.dtype(np.uint8) if depth == 8 else np.dtype("<u2")
    rows = np.zeros((plane.buffer_size // plane.line_size, plane.line_size // item.itemsize), item)
    rows[: plane.height, : plane.width] = fill
    plane.update(rows.tobytes())


def _share(chosen: NDArray[np.bool_]) -> float:
    return float(chosen.mean())


def _colored(name: str) -> InputError:
    return InputError(f"{name}: wanted masks (alpha, or grey levels), got a color video without alpha")
