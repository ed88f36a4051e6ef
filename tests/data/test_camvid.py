"""CamVid as the SegNet tutorial lays it out: clips side by side in one folder."""

from pathlib import Path

import numpy as np
import pytest
import torch

from small_data_sets import box, camvid
from small_training_data import stored
from steadymask.data.camvid import camvid as read
from steadymask.data.camvid import camvid_training
from steadymask.errors import VideoError

STEMS = ("0016E5_07959", "0016E5_07961", "Seq05VD_f00000")


def test_each_recording_is_a_clip(tmp_path: Path) -> None:
    root = camvid(tmp_path, dict.fromkeys(STEMS, box()))
    found = read(root, "val")
    assert [each.name for each in found.clips] == ["0016E5", "Seq05VD"]
    assert found.clips[0].video == tuple(root / "val" / f"{stem}.png" for stem in STEMS[:2])
    assert found.clips[0].truth == tuple(root / "valannot" / f"{stem}.png" for stem in STEMS[:2])
    assert all(each.flat for each in found.clips)
    assert found.classes is not None
    assert (found.classes.classes, found.classes.ids, found.classes.void) == (11, tuple(range(11)), (11,))
    assert found.fps == 15


def test_the_other_parts_show_a_frame_a_second(tmp_path: Path) -> None:
    assert read(camvid(tmp_path, {"a_0": box()}, subset="test"), "test").fps == 1


def test_what_is_missing_is_said_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"val: wanted the pictures of CamVid, got none"):
        read(tmp_path, "val")
    root = camvid(tmp_path, dict.fromkeys(STEMS, box()))
    (root / "valannot" / f"{STEMS[1]}.png").unlink()
    with pytest.raises(VideoError, match=r"valannot: wanted a truth for each .*, got none for 0016E5_07961"):
        read(root, "val")


TRAIN_STEMS = ("0016E5_07959", "0016E5_07961", "0006R0_f00930")


def test_labels_of_one_part_stand_beside_the_videos_of_another(tmp_path):
    labels = box((11, 0, 2, 0, 4), (8, 3, 5, 2, 6))
    root = camvid(tmp_path, dict.fromkeys(TRAIN_STEMS, labels), subset="train")
    camvid(root, dict.fromkeys(TRAIN_STEMS, box()), subset="val")
    found = camvid_training(root)
    assert (len(found.classes), found.classes[8], found.name) == (11, "car", "CamVid train")
    assert [each.name for each in found.labeled] == [TRAIN_STEMS[2], *TRAIN_STEMS[:2]]
    assert [each.video for each in found.labeled] == [None] * 3
    assert [(each.name, each.count, each.fps) for each in found.videos] == [
        ("0006R0", 1, 15),
        ("0016E5", 2, 15),
    ]
    picture, read = found.labeled[1].read()
    assert read.equal(torch.from_numpy(np.where(labels == 11, -1, labels.astype(np.int32))))
    assert picture.equal(stored(root / "train" / f"{TRAIN_STEMS[0]}.png"))
    assert found.videos[1].frame(1).equal(stored(root / "val" / f"{TRAIN_STEMS[1]}.png"))
    assert camvid_training(root, videos=None).videos == ()


def test_labels_of_a_dense_part_lie_in_its_video(tmp_path):
    root = camvid(tmp_path, dict.fromkeys(TRAIN_STEMS, box()), subset="val")
    found = camvid_training(root, "val")
    assert [(each.video.name, each.index) for each in found.labeled] == [
        ("0006R0", 0),
        ("0016E5", 0),
        ("0016E5", 1),
    ]


def test_what_is_missing_to_learn_from_is_said_in_a_line(tmp_path):
    root = camvid(tmp_path, dict.fromkeys(TRAIN_STEMS, box()), subset="train")
    with pytest.raises(VideoError, match=r"val: wanted the pictures of CamVid, got none"):
        camvid_training(root)


def test_the_pictures_at_hand_can_be_learned_from(data):
    found = camvid_training(data / "camvid")
    assert (len(found.labeled), len(found.videos), found.videos[0].count) == (367, 1, 101)
    picture, labels = found.labeled[0].read()
    assert picture.shape == (3, 360, 480)
    assert -1 <= labels.min() <= labels.max() <= 10
