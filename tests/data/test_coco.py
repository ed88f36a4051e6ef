"""COCO: instances drawn into label maps."""

from pathlib import Path

import numpy as np
import pytest
import torch
from pycocotools import mask as rle

from small_data_sets import box
from small_training_data import coco, near, stored
from steadymask.data.coco import coco_training
from steadymask.errors import InputError, VideoError

IMAGES = (
    {"id": 9, "file_name": "000000000009.jpg", "height": 8, "width": 10},
    {"id": 25, "file_name": "000000000025.jpg", "height": 8, "width": 10},
    {"id": 30, "file_name": "000000000030.jpg", "height": 6, "width": 6},
)


def counts(labels: np.ndarray) -> dict[str, object]:
    packed = rle.encode(np.asfortranarray(labels > 0, np.uint8))
    return {"size": list(labels.shape), "counts": packed["counts"].decode()}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    polygon = [[1, 1, 9, 1, 9, 6, 1, 6]]
    annotations = [
        {"image_id": 9, "category_id": 18, "segmentation": counts(box((1, 2, 4, 2, 4)))},
        {"image_id": 9, "category_id": 1, "segmentation": polygon},
        {
            "image_id": 9,
            "category_id": 1,
            "iscrowd": 1,
            "segmentation": counts(box((1, 0, 8, 0, 3))),
        },
        {
            "image_id": 30,
            "category_id": 18,
            "segmentation": counts(box((1, 0, 2, 0, 2), size=(6, 6))),
        },
    ]
    return coco(tmp_path, IMAGES, annotations)


def test_one_category_stands_against_all_else(root):
    found = coco_training(root)
    assert found.classes == ("background", "person")
    (image,) = found.labeled
    picture, labels = image.read()
    expected = box((1, 1, 6, 1, 9)).astype(np.int32)
    expected[(expected == 0) & (box((1, 0, 8, 0, 3)) > 0)] = -1
    assert labels.equal(torch.from_numpy(expected))
    assert near(picture, stored(root / "train2017/000000000009.jpg"))


def test_with_several_categories_the_smaller_instance_has_the_pixels(root):
    for chosen, (person, dog) in {
        ("person", "dog"): (1, 2),
        None: (1, 2),
        ("dog", "person"): (2, 1),
    }.items():
        found = coco_training(root, categories=chosen)
        assert [each.name for each in found.labeled] == ["000000000009", "000000000030"]
        labels = found.labeled[0].read()[1]
        assert [int(labels[at]) for at in ((3, 3), (5, 8), (7, 1), (7, 9))] == [dog, person, -1, 0]


def test_what_is_wrong_is_said_in_a_line(root, tmp_path):
    with pytest.raises(InputError, match=r"categories: wanted names that .*json has, got cat"):
        coco_training(root, categories=("person", "cat"))
    with pytest.raises(VideoError, match=r"instances_val2017.json: cannot be read: No such file"):
        coco_training(root, "val2017")
    (root / "train2017").rename(root / "pictures")
    with pytest.raises(VideoError, match=r"train2017: wanted the pictures of COCO, got no such folder"):
        coco_training(root)
    bad = coco(tmp_path / "bad", IMAGES, [{"image_id": 9, "category_id": 1, "segmentation": [[1, 2]]}])
    with pytest.raises(InputError, match=r"image 9: polygon: wanted numbers x, y of three points or more"):
        coco_training(bad).labeled[0].labels()
    none = coco(tmp_path / "none", IMAGES, [])
    with pytest.raises(VideoError, match=r"json: wanted pictures that show person, got none"):
        coco_training(none)
