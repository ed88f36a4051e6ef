"""A video that shows masks before and after, side by side."""

from collections.abc import Iterator
from pathlib import Path

import torch
from jaxtyping import Bool, UInt8
from torch import Tensor

from steadymask.arrays import Picture, PictureLabels
from steadymask.data.clip import Clip
from steadymask.edges import label_edge
from steadymask.io.encode import write_video
from steadymask.io.mask_format import color_map
from steadymask.io.mask_frame import labels_of
from steadymask.io.masks import Masks
from steadymask.tasks.progress import Progress

_OPACITY = 0.45


def write_preview(path: Path, clip: Clip, after: Masks, progress: Progress) -> None:
    """Write an MP4 with the masks of `clip` on the left and `after` on the right, at the video's own times.

    Raises:
        VideoError: the file cannot be written.
    """
    seconds = (frame.seconds for frame in clip.video.frames())
    write_video(path, _side_by_side(clip, after, progress), fps=clip.video.fps, seconds=seconds)


def _side_by_side(clip: Clip, after: Masks, progress: Progress) -> Iterator[UInt8[Tensor, "3 h w"]]:
    frames = zip(clip.video.frames(), clip.masks.frames(), after.frames(), strict=True)
    for frame, before, stable in frames:
        yield torch.cat([painted(frame.picture, labels_of(each)) for each in (before, stable)], dim=2)
        progress("preview", frame.index + 1, clip.video.count)


def painted(picture: Picture, labels: PictureLabels) -> UInt8[Tensor, "3 h w"]:
    """A frame with its objects tinted and outlined, each in its color."""
    colors = torch.frombuffer(bytearray(color_map()), dtype=torch.uint8).view(256, 3)
    ids = labels.clamp(min=0).long()
    tint = colors[torch.where(ids > 0, (ids - 1) % 255 + 1, 0)].permute(2, 0, 1).float()
    mixed = torch.where(ids > 0, (1 - _OPACITY) * picture + _OPACITY * tint, picture.float())
    return torch.where(_outline(labels), tint.clamp(min=90), mixed).round().to(torch.uint8)


def _outline(labels: PictureLabels) -> Bool[Tensor, "h w"]:
    return label_edge(labels.clamp(min=0))
