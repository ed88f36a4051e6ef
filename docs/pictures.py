"""Draws the pictures of the README: `python docs/pictures.py` (after `make demo`; real clips: STEADYMASK_DATA).

A picture is a strip: consecutive frames with the masks as they came above, and stabilized below.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from steadymask import stabilize
from steadymask.data.reading import Reading
from steadymask.io.mask_frame import labels_of
from steadymask.io.masks import open_masks
from steadymask.io.video import open_video
from steadymask.tasks.preview import painted

ROOT = Path(__file__).parent
DATA = Path(os.environ.get("STEADYMASK_DATA", ROOT / ".." / ".." / "shared" / "data"))
GAP, WHITE = 4, 255

Window = tuple[slice, slice]


def main() -> None:
    demo = Path("steadymask-demo") if len(sys.argv) < 2 else Path(sys.argv[1])
    window = slice(0, 360), slice(0, 420)
    draw("demo", demo / "clip.mp4", demo / "flickering", demo / "stable", range(26, 31), window)
    with TemporaryDirectory() as folder:
        video, masks = (DATA / "davis-dev-480p" / name / "libby" for name in ("frames", "osvos"))
        one = Reading(merge_objects=True)
        stable = Path(folder) / "stable"
        stabilize(video, masks, stable, reading=one)
        draw("libby", video, masks, stable, LIBBY, LIBBY_WINDOW)


def draw(
    name: str, video: Path, before: Path, after: Path, frames: Sequence[int], window: Window, width: int = 200
) -> None:
    rows = [strip(video, masks, frames, window, width) for masks in (before, after)]
    gap = np.full((GAP, rows[0].shape[1], 3), WHITE, np.uint8)
    path = ROOT / "images" / f"{name}.png"
    Image.fromarray(np.concatenate([rows[0], gap, rows[1]])).quantize(256).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size // 1024} KB")


def strip(video: Path, masks: Path, frames: Sequence[int], window: Window, width: int) -> np.ndarray:
    pictures = {each.index: each.picture for each in open_video(video).frames() if each.index in frames}
    opened = open_masks(masks, merge_objects=masks.name == "libby")
    labels = {each.index: labels_of(each) for each in opened.frames() if each.index in frames}
    tiles = [smaller(painted(pictures[t], labels[t])[:, *window], width) for t in frames]
    gap = np.full((tiles[0].shape[0], GAP, 3), WHITE, np.uint8)
    return np.concatenate([part for tile in tiles for part in (tile, gap)][:-1], axis=1)


def smaller(picture: Tensor, width: int) -> np.ndarray:
    image = Image.fromarray(picture.permute(1, 2, 0).numpy())
    return np.array(image.resize((width, round(width * image.height / image.width)), Image.Resampling.LANCZOS))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
