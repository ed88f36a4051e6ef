"""Cityscapes: snippets of consecutive frames, of which one is annotated; label ids and train ids."""

from pathlib import Path

import pytest
import torch

from small_data_sets import box, cityscapes
from steadymask.data.cityscapes import cityscapes as read
from steadymask.data.cityscapes import cityscapes_label_ids
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
