"""Tiny data to learn from on disk, in the layouts in which the real ones come."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import torch
from numpy.typing import ArrayLike
from PIL import Image

from small_data_sets import SIZE, box, write_labels, write_picture

TWO = box((1, 1, 3, 1, 3), (2, 5, 7, 5, 8))
UNION = torch.from_numpy((TWO > 0).astype(np.int32))


def stored(path: Path) -> torch.Tensor:
    """A picture as Pillow reads it."""
    with Image.open(path) as image:
        return torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1)


def near(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Decoders of JPEG may differ by a grey level or two."""
    return one.shape == other.shape and bool((one.int() - other.int()).abs().max() <= 3)


def plain_clips(root: Path, clips: Mapping[str, Sequence[ArrayLike]]) -> Path:
    """frames/CLIP and truth/CLIP, as the clips of DAVIS are stored for development."""
    for name, maps in clips.items():
        for index, each in enumerate(maps):
            write_picture(root / "frames" / name / f"{index:05d}.jpg", np.shape(each))
            write_labels(root / "truth" / name / f"{index:05d}.png", each)
    return root


def write_grey(path: Path, grey: ArrayLike) -> None:
    write_labels(path, grey, palette=False)


def write_alpha(path: Path, alpha: ArrayLike) -> None:
    """A colored PNG whose alpha is a matte, as AISegment has them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    colors = np.full((*np.shape(alpha), 3), 200, np.uint8)
    Image.fromarray(np.dstack([colors, np.asarray(alpha, np.uint8)])).save(path)


def image_folder(root: Path, masks: Mapping[str, ArrayLike], *, palette: bool = True) -> Path:
    """images/NAME.jpg and masks/NAME.png."""
    for name, each in masks.items():
        write_picture(root / "images" / f"{name}.jpg", np.shape(each))
        write_labels(root / "masks" / f"{name}.png", each, palette=palette)
    return root


def frame_folder(folder: Path, frames: int, size: tuple[int, int] = SIZE) -> Path:
    for index in range(frames):
        write_picture(folder / f"{index:05d}.jpg", size)
    return folder


def video_file(path: Path, pictures: Sequence[np.ndarray], *, fps: int = 15) -> Path:
    """A lossless video, so that frames can be told apart exactly."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=fps)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "bgr0"
        for each in pictures:
            container.mux(
                stream.encode(av.VideoFrame.from_ndarray(each, format="rgb24").reformat(format="bgr0"))
            )
        container.mux(stream.encode())
    return path


def vhs(root: Path, pictures: Mapping[str, tuple[int, int]]) -> Path:
    """images/SOURCE/NAME.jpg by SOURCE/NAME; the masks are for the test to write."""
    for name, size in pictures.items():
        write_picture(root / "images" / f"{name}.jpg", size)
    return root


def face_masks(root: Path, frames: Mapping[str, ArrayLike], *, split: str = "split_1/train_per10") -> Path:
    """300VW-Mask as it is unpacked: images_orig, labels_orig, and a list of some frames."""
    for name, labels in frames.items():
        write_picture(root / "images_orig" / f"{name}.jpg", np.shape(labels)[:2])
        write_grey(root / "labels_orig" / f"{name}.png", labels)
    path = root / "data_splits" / f"{split}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"/images_orig/{name}.jpg /labels_orig/{name}.png\n" for name in frames))
    return root


def coco(
    root: Path,
    images: Sequence[Mapping[str, Any]],
    annotations: Sequence[Mapping[str, Any]],
    *,
    subset: str = "train2017",
    categories: Mapping[int, str] | None = None,
) -> Path:
    """SUBSET/FILE and annotations/instances_SUBSET.json; `images` have id, file_name, height and width."""
    for each in images:
        write_picture(root / subset / each["file_name"], (each["height"], each["width"]))
    names = categories or {1: "person", 18: "dog"}
    content = {
        "images": [dict(each) for each in images],
        "annotations": [{"id": at, "iscrowd": 0} | dict(each) for at, each in enumerate(annotations, 1)],
        "categories": [{"id": id, "name": name} for id, name in names.items()],
    }
    path = root / "annotations" / f"instances_{subset}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return root
