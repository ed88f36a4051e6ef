"""Small JSON of tracks, made with pycocotools itself and not with the package."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools import mask as coco

SIZE = (12, 16)
COUNT = 4


def box(y: int, x: int, height: int = 4, width: int = 5) -> np.ndarray:
    mask = np.zeros(SIZE, np.uint8)
    mask[y : y + height, x : x + width] = 1
    return mask


def rle(mask: np.ndarray) -> dict[str, Any]:
    found = coco.encode(np.asfortranarray(mask))
    return {"size": list(SIZE), "counts": found["counts"].decode()}


def numbers(mask: np.ndarray) -> dict[str, Any]:
    """The runs as numbers."""
    flat = mask.ravel(order="F")
    ends = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff([0, *ends, flat.size]).tolist()
    return {"size": list(SIZE), "counts": runs if flat[0] == 0 else [0, *runs]}


def tracks() -> list[list[np.ndarray | None]]:
    """Two that do not overlap; the first is out of sight in frame 2."""
    one = [None if t == 2 else box(1, t) for t in range(COUNT)]
    return [one, [box(7, 3) for _ in range(COUNT)]]


def labels(ids: tuple[int, ...] = (1, 2)) -> np.ndarray:
    """What `tracks` are as `t h w`."""
    found = np.zeros((COUNT, *SIZE), np.int32)
    for id, track in zip(ids, tracks(), strict=True):
        for t, mask in enumerate(track):
            if mask is not None:
                found[t][mask == 1] = id
    return found


def annotations(ids: tuple[int, ...] = (1, 2), video: int | str = 1) -> list[dict[str, Any]]:
    pairs = zip(ids, tracks(), strict=True)
    return [
        {
            "occlusion": "slight",
            "id": id,
            "video_id": video,
            "category_id": 3,
            "iscrowd": 0,
            "segmentations": [None if mask is None else rle(mask) for mask in track],
            "areas": None,
            "bboxes": None,
        }
        for id, track in pairs
    ]


def video(id: int | str = 1, folder: str = "dog", **more: Any) -> dict[str, Any]:
    names = [f"{folder}/{5 * t:05d}.jpg" for t in range(COUNT)]
    return {"id": id, "height": SIZE[0], "width": SIZE[1], "length": COUNT, "file_names": names} | more


def youtube_vis(ids: tuple[int, ...] = (1, 2)) -> dict[str, Any]:
    return {
        "info": {"year": 2019},
        "videos": [video()],
        "annotations": annotations(ids),
        "categories": [{"id": 3, "name": "dog"}],
    }


def youtube_vis_results() -> list[dict[str, Any]]:
    keys = ("video_id", "category_id", "segmentations")
    scores = (0.75, 0.5)
    return [
        {key: each[key] for key in keys} | {"score": score}
        for each, score in zip(annotations(), scores, strict=True)
    ]


def coco_annotations(key: str = "track_id", ids: tuple[int, ...] = (1, 2)) -> list[dict[str, Any]]:
    """Of images 100, 101, …; annotations 500, 501, …"""
    found: list[dict[str, Any]] = []
    for id, track in zip(ids, tracks(), strict=True):
        for t, mask in enumerate(track):
            if mask is not None:
                place = {"id": 500 + len(found), "image_id": 100 + t, "category_id": 10 * id}
                found.append(place | ({key: id} if key else {}) | {"segmentation": rle(mask), "iscrowd": 0})
    return found


def coco_json(key: str = "track_id", ids: tuple[int, ...] = (1, 2)) -> dict[str, Any]:
    images = [
        {"id": 100 + t, "file_name": f"{t:05d}.jpg", "height": SIZE[0], "width": SIZE[1]}
        for t in range(COUNT)
    ]
    return {
        "images": images,
        "annotations": coco_annotations(key, ids),
        "categories": [{"id": 10, "name": "dog"}, {"id": 20, "name": "cat"}],
    }


def coco_results(key: str = "track_id") -> list[dict[str, Any]]:
    keys = ("image_id", "category_id", key, "segmentation")
    return [{k: each[k] for k in keys if k in each} | {"score": 0.5} for each in coco_annotations(key)]


def write(path: Path, content: object) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path
