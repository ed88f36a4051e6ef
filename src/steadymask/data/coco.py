"""COCO: the instances of a picture as one label map: a category against all else, or a class for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Bool
from pycocotools import mask as coco
from torch import Tensor

from steadymask.arrays import PictureLabels
from steadymask.data.label_files import PictureFile
from steadymask.data.training_data import LabeledImage, TrainingData
from steadymask.errors import InputError, VideoError
from steadymask.io.json_file import Entry, entries, entry, load, name_in, whole
from steadymask.io.json_tracks import mask_in
from steadymask.track import Packed


def coco_training(
    folder: Path,
    subset: str = "train2017",
    *,
    categories: Sequence[str] | None = ("person",),
    instances: Path | None = None,
) -> TrainingData:
    """The pictures that show any of some categories: 0 is the background, the categories follow in order.

    Where instances overlap, the smaller has the pixels. What is annotated as a crowd, which is drawn roughly,
    is void where no other instance lies.

    Args:
        folder: with the pictures in `SUBSET/` and the annotations in `annotations/instances_SUBSET.json`.
        subset: such as train2017 or val2017.
        categories: their names; None: all, in the order of their ids.
        instances: the annotations, where they are elsewhere.

    Raises:
        InputError: the JSON is not as COCO's, or has no such category.
        VideoError: the JSON or the folder of pictures is missing, or no picture shows any of them.

    Source: Lin et al., Microsoft COCO: common objects in context (2014).
    """
    path = instances or folder / "annotations" / f"instances_{subset}.json"
    content = entry(load(path), str(path))
    chosen = _chosen(content, path, categories)
    class_of = {id: at for at, id in enumerate(chosen, 1)}
    shown = _annotations(content, path, class_of)
    if not (folder / subset).is_dir():
        raise VideoError(f"{folder / subset}: wanted the pictures of COCO, got no such folder")
    labeled = tuple(
        _image(each, shown, folder / subset, path)
        for each in entries(content, "images", str(path))
        if each.get("id") in shown
    )
    if not labeled:
        raise VideoError(f"{path}: wanted pictures that show {', '.join(chosen.values())}, got none")
    return TrainingData(name=f"COCO {subset}", classes=("background", *chosen.values()), labeled=labeled)


@dataclass(frozen=True, kw_only=True)
class InstanceLabels:
    """Instances of one picture, drawn into a label map when called.

    Args:
        where: what messages call it.
        size: (h, w) in pixels.
        instances: the class of each, whether it is a crowd, and its mask as the JSON has it.
    """

    where: str
    size: tuple[int, int]
    instances: tuple[tuple[int, bool, object], ...]

    def __call__(self) -> PictureLabels:
        """Draw them.

        Raises:
            InputError: a mask cannot be read, or has another size.
        """
        masks = [
            (label, crowd, mask_in(each, self.size, self.where)) for label, crowd, each in self.instances
        ]
        drawn = [(label, crowd, each) for label, crowd, each in masks if each is not None]
        # Crowds first, then the larger before the smaller.
        drawn.sort(key=lambda each: (not each[1], -int(coco.area(each[2]))))
        labels = torch.zeros(self.size, dtype=torch.int32)
        for label, crowd, each in drawn:
            labels[_unpacked(each)] = -1 if crowd else label
        return labels


def _unpacked(mask: Packed) -> Bool[Tensor, "h w"]:
    return torch.from_numpy(coco.decode(mask)).bool()


def _chosen(content: Entry, path: Path, categories: Sequence[str] | None) -> dict[int, str]:
    """The ids of the categories with their names, in the order of the classes."""
    where = f"{path}: categories"
    known = {
        whole(each, "id", where): str(name_in(each, "name", where))
        for each in entries(content, "categories", str(path))
    }
    if categories is None:
        return dict(sorted(known.items()))
    id_of = {name: id for id, name in known.items()}
    missing = [each for each in categories if each not in id_of]
    if missing:
        raise InputError(f"categories: wanted names that {path} has, got {', '.join(missing)}")
    return {id_of[name]: name for name in categories}


def _annotations(
    content: Entry, path: Path, class_of: Mapping[int, int]
) -> dict[int | str, list[tuple[int, bool, object]]]:
    """Of each picture the instances of the categories."""
    found: dict[int | str, list[tuple[int, bool, object]]] = {}
    for at, each in enumerate(entries(content, "annotations", str(path))):
        where = f"{path}: annotation {each.get('id', at)!s:.40}"
        label = class_of.get(whole(each, "category_id", where))
        if label is not None:
            instance = (label, bool(each.get("iscrowd")), each.get("segmentation"))
            found.setdefault(name_in(each, "image_id", where), []).append(instance)
    return found


def _image(
    image: Entry, shown: Mapping[int | str, list[tuple[int, bool, object]]], pictures: Path, path: Path
) -> LabeledImage:
    id = name_in(image, "id", f"{path}: images")
    where = f"{path}: image {id!s:.40}"
    file = str(name_in(image, "file_name", where))
    size = (whole(image, "height", where, least=1), whole(image, "width", where, least=1))
    return LabeledImage(
        name=Path(file).stem,
        picture=PictureFile(path=pictures / file),
        labels=InstanceLabels(where=where, size=size, instances=tuple(shown[id])),
    )
