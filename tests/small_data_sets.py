"""Tiny data sets on disk, in the layouts in which the real ones are published."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

SIZE = (8, 10)
Maps = Sequence[ArrayLike]
Clips = Mapping[str, Maps]


def box(
    *corners: tuple[int, int, int, int, int], size: tuple[int, int] = SIZE, ground: int = 0
) -> np.ndarray:
    """A label map with boxes (id, top, bottom, left, right), the later on top."""
    labels = np.full(size, ground, np.uint8)
    for id, top, bottom, left, right in corners:
        labels[top:bottom, left:right] = id
    return labels


def write_labels(path: Path, labels: ArrayLike, *, palette: bool = True) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(np.asarray(labels, np.uint8))
    if palette:
        picture.putpalette([value for n in range(256) for value in (n, 255 - n, n // 2)])
    picture.save(path)


def write_picture(path: Path, size: tuple[int, int] = SIZE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)).save(path)


def write_clips(root: Path, clips: Clips, *, palette: bool = True) -> Path:
    """CLIP/00000.png and so on, as predictions are."""
    for name, maps in clips.items():
        for index, each in enumerate(maps):
            write_labels(root / name / f"{index:05d}.png", each, palette=palette)
    return root


def davis(
    root: Path, clips: Clips, *, lists: str = "2016", annotations: str = "Annotations", subset: str = "val"
) -> Path:
    write_clips(root / annotations / "480p", clips)
    for name, maps in clips.items():
        for index, each in enumerate(maps):
            write_picture(root / "JPEGImages" / "480p" / name / f"{index:05d}.jpg", np.shape(each))
    place = root / "ImageSets" / lists / f"{subset}.txt"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("".join(f"{name}\n" for name in clips))
    return root


def camvid(root: Path, frames: Mapping[str, ArrayLike], *, subset: str = "val") -> Path:
    for stem, labels in frames.items():
        write_picture(root / subset / f"{stem}.png", np.shape(labels))
        write_labels(root / f"{subset}annot" / f"{stem}.png", labels, palette=False)
    return root


def cityscapes(
    root: Path,
    frames: Sequence[str],
    truth: Mapping[str, ArrayLike],
    *,
    subset: str = "val",
    pictures: str = "leftImg8bit_sequence",
) -> Path:
    """Frames and truth by names such as frankfurt_000000_000275."""
    for name in frames:
        city = name.split("_")[0]
        write_picture(root / pictures / subset / city / f"{name}_leftImg8bit.png")
    for name, labels in truth.items():
        city = name.split("_")[0]
        path = root / "gtFine" / subset / city / f"{name}_gtFine_labelIds.png"
        write_labels(path, labels, palette=False)
    return root


def vspw(root: Path, clips: Clips, names: Mapping[str, int] | None = None) -> Path:
    for name, maps in clips.items():
        for index, each in enumerate(maps):
            write_picture(root / "data" / name / "origin" / f"{index:08d}.jpg", np.shape(each))
            write_labels(root / "data" / name / "mask" / f"{index:08d}.png", each, palette=False)
    (root / "val.txt").write_text("\n".join(clips))
    if names is not None:
        (root / "label_num_dic_final.json").write_text(json.dumps(names))
    return root


def youtube_vos(root: Path, clips: Clips, categories: Mapping[str, Mapping[str, str]]) -> Path:
    """A part of the data set; an annotation every five frames."""
    for name, maps in clips.items():
        for index, each in enumerate(maps):
            write_picture(root / "JPEGImages" / name / f"{5 * index:05d}.jpg", np.shape(each))
            write_labels(root / "Annotations" / name / f"{5 * index:05d}.png", each)
    write_meta(root / "meta.json", categories)
    return root


def write_meta(path: Path, categories: Mapping[str, Mapping[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    videos = {
        name: {"objects": {id: {"category": each, "frames": ["00000"]} for id, each in objects.items()}}
        for name, objects in categories.items()
    }
    path.write_text(json.dumps({"videos": videos}))
