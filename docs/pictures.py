"""Draws the pictures of README and docs; needs the package, `make demo`, and real clips (STEADYMASK_DATA).

    python docs/pictures.py steadymask-demo

A strip shows consecutive frames: the masks as they came above, stabilized below, sometimes with the truth.
"""

import os
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from steadymask import stabilize, stabilize_frames
from steadymask.arrays import Picture, PictureLabels
from steadymask.data.objects import objects_of
from steadymask.data.perturbation import SEVERITIES
from steadymask.data.reading import Reading
from steadymask.data.rendered import render_world
from steadymask.data.synthetic import Synthesis, synthesize_sequence
from steadymask.edges import label_edge
from steadymask.filters.motion import MotionFusion
from steadymask.filters.neighborhood import Neighborhoods, neighborhood_side
from steadymask.filters.tracks import as_rows, follow, sure_labels, undecided
from steadymask.io.mask_frame import labels_of
from steadymask.io.video import open_video
from steadymask.most_probable import most_probable
from steadymask.tasks.methods import flow_of

IMAGES = Path(__file__).parent / "images"
DATA = Path(os.environ.get("STEADYMASK_DATA", Path(__file__).parents[2] / "shared" / "data"))
COLORS = torch.tensor([[0, 0, 0], [230, 85, 40], [245, 185, 20], [30, 150, 210]]).float()
GAP = 4

Pixels = NDArray[np.uint8]
Shares = NDArray[np.floating[Any]]
Window = tuple[slice, slice]


def main(demo: Path) -> None:
    """Draw all of them."""
    both = demo / "flickering", demo / "stable"
    draw("demo", demo / "clip.mp4", both, Reading(), frames=range(26, 31), window=DEMO)
    steps(demo / "clip.mp4", demo / "flickering", t=28, j=29)
    severities()
    video, masks = (DATA / "davis-dev-480p" / kind / "libby" for kind in ("frames", "osvos"))
    one = Reading(merge_objects=True)
    with TemporaryDirectory() as folder:
        stable = Path(folder) / "stable"
        stabilize(video, masks, stable, reading=one)
        draw("libby", video, (masks, stable), one, frames=range(2, 7), window=LIBBY)
    limits()


DEMO = slice(90, 330), slice(0, 360)
LIBBY = slice(0, 480), slice(0, 854)
DOG = slice(215, 435), slice(210, 540)


def limits() -> None:
    """Draw a mistake that lasts and then goes: the masks, stabilized, and the truth."""
    video, masks, truth = (DATA / "davis-dev-480p" / kind / "dog" for kind in ("frames", "rvos", "truth"))
    first = Reading(objects=(1,))
    with TemporaryDirectory() as folder:
        stable = Path(folder) / "stable"
        stabilize(video, masks, stable, reading=first)
        draw("limits", video, (masks, stable, truth), first, frames=range(4, 9), window=DOG)


def draw(
    name: str, video: Path, masks: Sequence[Path], reading: Reading, *, frames: Sequence[int], window: Window
) -> None:
    """Draw a strip with a row for each of the masks."""
    rows = [strip(video, each, reading, frames=frames, window=window) for each in masks]
    write(name, stacked(rows, axis=0))


def strip(
    video: Path, masks: Path, reading: Reading, *, frames: Sequence[int], window: Window, width: int = 196
) -> Pixels:
    """Frames in a row."""
    pictures = {each.index: each.picture for each in open_video(video).frames() if each.index in frames}
    labels = {each.index: labels_of(each) for each in reading.masks(masks).frames() if each.index in frames}
    return stacked([tile(pictures[t], labels[t], window, width) for t in frames], axis=1)


def tile(picture: Picture, labels: PictureLabels, window: Window, width: int) -> Pixels:
    """A pale grey picture with its objects in color."""
    grey = (0.55 * picture.float().mean(0) + 95).expand(3, -1, -1)
    color = COLORS[labels.clamp(min=0).long() % len(COLORS)].permute(2, 0, 1)
    painted = torch.where(labels > 0, 0.35 * picture + 0.65 * color, grey)
    painted = torch.where(label_edge(labels), 0.6 * color, painted)
    return resized(painted[:, *window], width)


def resized(picture: Tensor, width: int) -> Pixels:
    """A picture `3 h w`, 0 to 255, brought to a width."""
    image = Image.fromarray(picture.permute(1, 2, 0).round().to(torch.uint8).numpy())
    height = round(width * image.height / image.width)
    return np.asarray(image.resize((width, height), Image.Resampling.LANCZOS))


def steps(video: Path, masks: Path, *, t: int, j: int) -> None:
    """Draw how the motion filter comes to its result, in frame t and for its neighbor j.

    A mask; its pixels in doubt; the trust in the neighbor there; the same where shapes agree; the result.
    """
    indices = range(t - 6, t + 7)
    pictures = {each.index: each.picture for each in open_video(video).frames() if each.index in indices}
    opened = Reading().masks(masks)
    objects = objects_of([opened])
    probs = {each.index: objects.probs(each) for each in opened.frames() if each.index in indices}
    sure = {each: sure_labels(probs[each]) for each in indices}
    flow = flow_of(opened.size)
    there = {each: as_rows(flow(pictures[t], pictures[each])) for each in indices}
    pixels = undecided(sure[t], [(sure[each], there[each]) for each in indices if each != t], grow=2)
    back, settings = as_rows(flow(pictures[j], pictures[t])), MotionFusion()
    places, trust = follow(
        pixels, there[j], back, as_rows(pictures[t]), as_rows(pictures[j]), gain=settings.gain
    )
    own = probs[t][1:].flatten(1)[:, torch.from_numpy(pixels).long()].numpy()
    votes = np.stack([places.sample(each.numpy(), len(pixels)) for each in probs[j][1:]])
    side = neighborhood_side(settings.neighborhood, opened.size)
    alike = Neighborhoods(pixels, opened.size, side).alike(votes, own, settings.tolerance)
    maps = np.ones_like(alike), trust / 255, trust / 255 * alike
    stable = stabilize_frames(pictures.values(), [most_probable(probs[each]) for each in indices], cuts=[])
    result = next(islice(stable, t - indices[0], None))
    tiles = [
        tile(pictures[t], most_probable(probs[t]), DEMO, 196),
        *(heat(pictures[t], pixels, values, DEMO, 196) for values in maps),
        tile(pictures[t], result, DEMO, 196),
    ]
    write("steps", stacked(tiles, axis=1))


def severities(frame: int = 28, seed: int = 1, shown: Sequence[int] = (0, 1, 4, 7, 10)) -> None:
    """Draw frames of the synthetic sequences of a drawn picture, a row for each severity."""
    first = next(islice(render_world(frames=frame + 1), frame, None))
    how, rows = Synthesis(seed=seed), []
    for severity in range(1, len(SEVERITIES) + 1):
        frames = synthesize_sequence(first.picture, first.labels, severity=severity, settings=how)
        tiles = [tinted(each.picture, each.labels, 160) for each in frames if each.index in shown]
        rows.append(stacked(tiles, axis=1))
    write("synthesize", stacked(rows, axis=0))


def tinted(picture: Picture, labels: PictureLabels, width: int) -> Pixels:
    """A picture in its own colors, its objects tinted."""
    color = COLORS[labels.clamp(min=0).long() % len(COLORS)].permute(2, 0, 1)
    return resized(torch.where(labels > 0, 0.45 * picture + 0.55 * color, picture.float()), width)


def heat(picture: Picture, pixels: NDArray[np.int32], values: Shares, window: Window, width: int) -> Pixels:
    """A dark grey picture with the values (0 to 1) of some pixels from dark red to yellow."""
    painted = (0.3 * picture.float().mean(0)).expand(3, -1, -1).flatten(1).numpy().copy()
    painted[:, pixels] = np.stack([90 + 165 * values, 225 * values, 40 * values])
    shape = (3, *picture.shape[1:])
    return resized(torch.from_numpy(painted.reshape(shape))[:, *window], width)


def stacked(parts: Sequence[Pixels], axis: int) -> Pixels:
    """Pictures beside or below each other, with white gaps."""
    shape: list[Any] = list(parts[0].shape)
    shape[axis] = GAP
    gap = np.full(shape, 255, np.uint8)
    return np.concatenate([each for part in parts for each in (part, gap)][:-1], axis=axis)


def write(name: str, pixels: Pixels) -> None:
    """Write a PNG with 256 colors."""
    path = IMAGES / f"{name}.png"
    Image.fromarray(pixels).quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path}: {pixels.shape[1]} x {pixels.shape[0]}, {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
