"""A plain folder of pictures, masks and videos."""

import numpy as np
import pytest
import torch

from small_data_sets import box
from small_training_data import TWO, UNION, frame_folder, image_folder, write_alpha
from steadymask.data.image_folder import image_folder_training
from steadymask.errors import InputError, VideoError


def test_pictures_of_any_size_are_paired_by_name(tmp_path):
    root = image_folder(tmp_path, {"b": TWO, "a": box((1, 0, 1, 0, 1), size=(3, 4))})
    found = image_folder_training(root, classes=("sea", "fish", "crab"))
    assert [each.name for each in found.labeled] == ["a", "b"]
    assert found.labeled[1].read()[1].equal(torch.from_numpy(TWO.astype(np.int32)))
    assert found.videos == ()
    assert image_folder_training(root, merge_objects=True).labeled[1].read()[1].equal(UNION)


def test_videos_may_lie_beside_them_or_alone(tmp_path):
    frame_folder(image_folder(tmp_path, {"a": TWO}) / "videos" / "walk", 3)
    assert [each.name for each in image_folder_training(tmp_path).videos] == ["walk"]
    frame_folder(tmp_path / "alone" / "videos" / "walk", 3)
    assert image_folder_training(tmp_path / "alone").labeled == ()


def test_grey_masks_are_binary_or_what_they_are_said_to_be(tmp_path):
    binary = image_folder(tmp_path / "1", {"a": 255 * (TWO > 0)}, palette=False)
    assert image_folder_training(binary).labeled[0].labels().equal(UNION)
    ids = image_folder(tmp_path / "2", {"a": np.where(TWO == 2, 255, TWO)}, palette=False)
    with pytest.raises(InputError, match=r"a.png: wanted only the grey levels 0 and 255, got 1; say how to"):
        image_folder_training(ids).labeled[0].labels()
    found = image_folder_training(ids, read_as="labels", void=255).labeled[0].labels()
    assert sorted(found.unique().tolist()) == [-1, 0, 1]
    with pytest.raises(InputError, match=r"a.png: wanted ids of 2 classes, 0 to 1, got 255"):
        image_folder_training(ids, read_as="labels").labeled[0].labels()
    soft = image_folder(tmp_path / "3", {"a": [[0, 127, 128, 255]]}, palette=False)
    assert image_folder_training(soft, read_as="probability").labeled[0].labels().tolist() == [[0, 0, 1, 1]]


def test_what_is_missing_is_said_in_a_line(tmp_path):
    with pytest.raises(VideoError, match=r"wanted images/ and masks/, or videos/, got neither"):
        image_folder_training(tmp_path)
    root = image_folder(tmp_path, {"a": TWO, "b": TWO})
    write_alpha(root / "masks/b.png", TWO)
    with pytest.raises(InputError, match=r"b.png: wanted labels without alpha channel, got rgb with alpha"):
        image_folder_training(root).labeled[1].labels()
    (root / "masks/b.png").unlink()
    with pytest.raises(InputError, match=r"masks: wanted a mask for each of 2 pictures, .* the first b.jpg"):
        image_folder_training(root)
    (root / "masks/a.png").unlink()
    (root / "masks").rmdir()
    with pytest.raises(VideoError, match=r"masks: cannot be read: No such file"):
        image_folder_training(root)
