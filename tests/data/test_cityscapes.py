"""Cityscapes: snippets of consecutive frames, of which one is annotated; label ids and train ids."""

from pathlib import Path

import pytest
import torch

from small_data_sets import box, cityscapes
from small_training_data import stored
from steadymask.data.cityscapes import cityscapes as read
from steadymask.data.cityscapes import cityscapes_label_ids, cityscapes_training
from steadymask.data.dataset import ReadDataset
from steadymask.errors import VideoError

FRAMES = [f"frankfurt_000000_0002{number}" for number in (75, 76, 77, 94, 95)]
FRAMES += ["lindau_000001_000019", "lindau_000002_000020"]
TRUTH = {"frankfurt_000000_000276": box(), "lindau_000001_000019": box()}

PUBLISHED = {
    "road": (7, 0), "sidewalk": (8, 1), "building": (11, 2), "wall": (12, 3), "fence": (13, 4),
    "pole": (17, 5), "traffic light": (19, 6), "traffic sign": (20, 7), "vegetation": (21, 8),
    "terrain": (22, 9), "sky": (23, 10), "person": (24, 11), "rider": (25, 12), "car": (26, 13),
    "truck": (27, 14), "bus": (28, 15), "train": (31, 16), "motorcycle": (32, 17), "bicycle": (33, 18),
}  # fmt: skip
"""Name, label id and train id, as cityscapesScripts has them in helpers/labels.py."""


def test_snippets_are_runs_of_numbers(tmp_path: Path) -> None:
    clips = read(cityscapes(tmp_path, FRAMES, TRUTH), "val").clips
    assert [(each.name, len(each.video or ())) for each in clips] == [
        (FRAMES[0], 3),
        (FRAMES[3], 2),
        (FRAMES[5], 1),
        (FRAMES[6], 1),
    ]
    assert [each.annotated for each in clips] == [(1,), (), (0,), ()]
    assert clips[0].truth == (
        tmp_path / "gtFine" / "val" / "frankfurt" / "frankfurt_000000_000276_gtFine_labelIds.png",
    )
    assert clips[1].truth is None


@pytest.mark.parametrize("reader", [read, cityscapes_label_ids])
def test_label_ids_of_the_truth_become_train_ids(tmp_path: Path, reader: ReadDataset) -> None:
    classes = reader(cityscapes(tmp_path, FRAMES, TRUTH), "val").classes
    assert classes is not None
    assert classes.names == tuple(PUBLISHED)
    ids = torch.arange(-1, 35, dtype=torch.int32)
    train = dict(PUBLISHED.values())
    assert classes.of_truth(ids[None])[0].tolist() == [train.get(int(id), -1) for id in ids]


def test_predictions_hold_train_ids_or_label_ids(tmp_path: Path) -> None:
    root = cityscapes(tmp_path, FRAMES, TRUTH)
    train, label = read(root, "val").classes, cityscapes_label_ids(root, "val").classes
    assert train is not None
    assert label is not None
    assert train.predicted == tuple(range(19))
    assert train.void == (255,)
    assert label.predicted == ()
    assert {*label.void} == {*range(34), 255} - {id for id, _ in PUBLISHED.values()}


def test_what_is_missing_is_said_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"leftImg8bit_sequence/val: wanted folders of cities .*, got none"):
        read(tmp_path, "val")


TRAIN_FRAMES = tuple(f"aachen_000003_0000{number}" for number in range(10, 40))
TRAIN_LABELS = box((7, 0, 3, 0, 5), (26, 3, 6, 2, 7), (4, 6, 8, 0, 3))


def test_the_20th_frame_of_a_snippet_is_labeled(tmp_path):
    root = cityscapes(tmp_path, TRAIN_FRAMES, {TRAIN_FRAMES[19]: TRAIN_LABELS}, subset="train")
    found = cityscapes_training(root)
    assert (len(found.classes), found.classes[13]) == (19, "car")
    assert [(each.name, each.count, each.fps) for each in found.videos] == [(TRAIN_FRAMES[0], 30, 17)]
    (image,) = found.labeled
    assert (image.video, image.index) == (found.videos[0], 19)
    picture, labels = image.read()
    assert [int(labels[at]) for at in ((0, 0), (4, 3), (7, 0), (7, 9))] == [0, 13, -1, -1]
    path = root / "leftImg8bit_sequence/train/aachen" / f"{TRAIN_FRAMES[19]}_leftImg8bit.png"
    assert picture.equal(stored(path))


def test_without_snippets_the_annotated_frames_alone_are_learned(tmp_path):
    names = ("aachen_000003_000019", "bochum_000001_000019")
    truth = dict.fromkeys(names, TRAIN_LABELS)
    root = cityscapes(tmp_path, names, truth, subset="train", pictures="leftImg8bit")
    found = cityscapes_training(root)
    assert [(each.name, each.video) for each in found.labeled] == [
        (f"{name}_leftImg8bit", None) for name in names
    ]
    assert found.videos == ()


def test_what_is_missing_to_learn_from_is_said_in_a_line(tmp_path):
    with pytest.raises(VideoError, match=r"leftImg8bit_sequence/train: wanted folders of cities .*, got"):
        cityscapes_training(tmp_path)
    root = cityscapes(tmp_path, TRAIN_FRAMES, {}, subset="train")
    with pytest.raises(VideoError, match=r"gtFine/train: wanted CITY/FRAME_gtFine_labelIds.png, got none"):
        cityscapes_training(root)
