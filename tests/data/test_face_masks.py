"""300VW-Mask: faces cut out of videos, in runs of consecutive frames."""

import numpy as np
import pytest
import torch
from PIL import Image

from small_data_sets import box
from small_training_data import face_masks, near, stored
from steadymask.data.face_masks import face_masks_training
from steadymask.errors import InputError, VideoError


def test_runs_of_consecutive_frames_are_videos_of_the_size_of_their_first(tmp_path):
    small, large = box((1, 0, 4, 0, 5), (4, 4, 8, 5, 10)), box((2, 0, 8, 0, 10), size=(16, 20))
    frames = {"001_000001": small, "001_000002": large, "001_000040": large, "005_000041": small}
    found = face_masks_training(face_masks(tmp_path, frames))
    assert found.classes == ("background", "facial skin", "eyes", "outer mouth", "inner mouth")
    assert [(each.name, each.count, each.fps) for each in found.videos] == [
        ("001_000001", 2, 30),
        ("001_000040", 1, 30),
        ("005_000041", 1, 30),
    ]
    assert [(each.name, each.index) for each in found.labeled] == [
        ("001_000001", 0), ("001_000002", 1), ("001_000040", 0), ("005_000041", 0),
    ]  # fmt: skip
    picture, labels = found.labeled[0].read()
    assert labels.equal(torch.from_numpy(small.astype(np.int32)))
    assert near(picture, stored(tmp_path / "images_orig/001_000001.jpg"))
    picture, labels = found.labeled[1].read()
    assert picture.shape == (3, 8, 10)
    assert labels.tolist() == [[2] * 5 + [0] * 5] * 4 + [[0] * 10] * 4
    assert found.labeled[2].read()[0].shape == (3, 16, 20)


def test_labels_may_have_the_colors_of_the_published_script(tmp_path):
    root = face_masks(tmp_path, {"001_000001": box()})
    colors = [[(0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 255, 255), (0, 0, 255)] * 2] * 8
    Image.fromarray(np.array(colors, np.uint8)).save(root / "labels_orig/001_000001.png")
    assert face_masks_training(root).labeled[0].read()[1][0].tolist() == [0, 1, 2, 3, 4] * 2


def test_what_is_wrong_is_said_in_a_line(tmp_path):
    with pytest.raises(VideoError, match=r"split_1/train_per10.txt: cannot be read as a list: No such file"):
        face_masks_training(tmp_path)
    root = face_masks(tmp_path, {"001_000001": box()}, split="split_2/A")
    (root / "data_splits/split_2/A.txt").write_text("/images_orig/001_000001.jpg\n")
    with pytest.raises(
        InputError, match=r"A.txt: line 1: wanted /images_orig/NAME.jpg .*, got /images_orig/0"
    ):
        face_masks_training(root, "split_2/A")
    (root / "data_splits/split_2/A.txt").write_text("\n")
    with pytest.raises(VideoError, match=r"A.txt: wanted pictures with their labels, .*, got none"):
        face_masks_training(root, "split_2/A")
