"""Small pictures for the page: masks drawn over a frame, flickering pixels, lines of pixels through time."""

import base64
from io import BytesIO
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int, UInt8
from PIL import Image
from torch import Tensor
from torch.nn.functional import adaptive_max_pool2d, interpolate, max_pool2d

from steadymask.arrays import Picture, PictureLabels
from steadymask.edges import label_edge

PALETTE = ((86, 180, 233), (230, 159, 0), (0, 158, 115), (240, 228, 66), (204, 121, 167), (0, 114, 178))
"""Colours of the objects, told apart by colour-blind people too (Okabe and Ito); ids go round."""

OCCLUDED = (200, 16, 32)
FLICKER = (255, 214, 10)


def with_masks(picture: Picture, labels: PictureLabels) -> Picture:
    """Draw each object's area and outline over a frame of the same size; void stays as it is.

    The outline lies in a dark one, so that it shows on any colour.
    """
    outline = max_pool2d(labels[None].float(), 3, stride=1, padding=1)[
        0
    ].long()  # the higher id of two that meet
    edge = max_pool2d(label_edge(labels)[None].float(), 2, stride=1, padding=1)[0, :-1, :-1] > 0
    halo = max_pool2d(edge[None].float(), 3, stride=1, padding=1)[0] > 0
    tinted = _tinted(picture, labels, share=0.3)
    tinted = torch.where(halo, 0.3 * tinted, tinted)
    return torch.where(edge & (outline > 0), _colors(outline), tinted).round().to(torch.uint8)


def with_flicker(picture: Picture, flicker: Bool[Tensor, "hh ww"]) -> Picture:
    """Draw the flickering pixels over a dim grey frame; none is lost where the picture is smaller."""
    grey = (picture.float().mean(0) * 0.4).expand(3, -1, -1)
    spots = adaptive_max_pool2d(flicker[None].float(), picture.shape[1:])[0] > 0
    return torch.where(spots, torch.tensor(FLICKER)[:, None, None], grey).round().to(torch.uint8)


def line_picture(
    picture: UInt8[Tensor, "3 n t"],
    labels: Int[Tensor, "n t"],
    occluded: Bool[Tensor, "n t"],
    *,
    height: int = 280,
) -> UInt8[Tensor, "3 m t"]:
    """Draw a line of pixels through time (time runs to the right) with its mask; red: occluded.

    Args:
        picture: the pixels of the line at each time.
        labels: their labels; −1 is void.
        occluded: where the line's point is not seen at that time.
        height: rows of the result.
    """
    size = (height, picture.shape[-1])
    ids = nearest(labels, size)
    drawn = _tinted(smaller(picture, size), ids, share=0.5)
    ends = torch.zeros_like(ids, dtype=torch.bool)
    ends[1:] = ids[1:] != ids[:-1]
    ends[:-1] |= ends[1:].clone()
    drawn = torch.where(ends & (ids > 0), _colors(ids), drawn)
    red = torch.tensor(OCCLUDED)[:, None, None]
    hidden = nearest(occluded.int(), size) > 0
    return torch.where(hidden, 0.35 * drawn + 0.65 * red, drawn).round().to(torch.uint8)


def smaller(picture: UInt8[Tensor, "3 h w"], size: tuple[int, int]) -> UInt8[Tensor, "3 *size"]:
    """Resize a picture to (rows, columns), averaging where it shrinks."""
    if tuple(picture.shape[1:]) == size:
        return picture
    return interpolate(picture[None], size, mode="bilinear", antialias=True, align_corners=False)[0]


def nearest(labels: Int[Tensor, "h w"], size: tuple[int, int]) -> Int[Tensor, "*size"]:
    """Resize a label map to (rows, columns) by the nearest neighbour."""
    rows, columns = (
        ((torch.arange(n) + 0.5) * old / n).long() for n, old in zip(size, labels.shape, strict=True)
    )
    return labels[rows][:, columns].long()


def encoded(picture: UInt8[Tensor, "3 h w"], kind: Literal["jpeg", "png"]) -> bytes:
    """The bytes of a JPEG (quality 82, colours at full resolution) or PNG file."""
    image = Image.fromarray(picture.permute(1, 2, 0).contiguous().numpy())
    file = BytesIO()
    if kind == "png":
        image.save(file, "PNG", optimize=True)
    else:
        image.save(file, "JPEG", quality=82, subsampling=0, optimize=True)
    return file.getvalue()


def data_uri(content: bytes) -> str:
    """A picture file as text that an `img` shows without any other file."""
    kind = "png" if content.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"


def size_within(picture: Picture, width: int) -> tuple[int, int]:
    """The size (rows, columns) of a picture when it is at most `width` wide."""
    rows, columns = picture.shape[1:]
    return (rows, columns) if columns <= width else (max(round(rows * width / columns), 1), width)


def _tinted(picture: Picture, labels: PictureLabels, *, share: float) -> Float[Tensor, "3 h w"]:
    """The objects' areas mixed with their colours."""
    return torch.where(labels > 0, (1 - share) * picture + share * _colors(labels), picture.float())


def _colors(labels: PictureLabels) -> Float[Tensor, "3 h w"]:
    return torch.tensor(PALETTE, dtype=torch.float32).T[:, (labels - 1) % len(PALETTE)]
