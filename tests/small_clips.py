"""Tiny clips on disk: the synthetic world, and masks of it."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

from world import World

FRAMES = 8


def write_frames(folder: Path, world: World, frames: int = FRAMES) -> Path:
    folder.mkdir(parents=True)
    for t in range(frames):
        Image.fromarray(world.picture(t).permute(1, 2, 0).numpy()).save(folder / f"{t:05d}.png")
    return folder


def write_masks(folder: Path, labels: Iterable[Tensor], indices: Iterable[int] | None = None) -> Path:
    """Palette PNGs, named for the frames."""
    folder.mkdir(parents=True)
    maps = list(labels)
    for t, each in zip(indices or range(len(maps)), maps, strict=True):
        picture = Image.fromarray(each.numpy().astype(np.uint8), mode=None)
        picture = picture.convert("P")
        picture.putdata(each.flatten().tolist())
        picture.putpalette([value for n in range(256) for value in (n, 255 - n, n // 2)])
        picture.save(folder / f"{t:05d}.png")
    return folder


def true_labels(world: World, frames: int = FRAMES) -> list[Tensor]:
    return [world.labels(t) for t in range(frames)]


def flickering(labels: list[Tensor]) -> list[Tensor]:
    """Every other frame loses the left half of what it has."""
    result = [each.clone() for each in labels]
    for each in result[1::2]:
        each[:, :24] = 0
    return result
