"""VSPW: classes from 1 in the truth, from 1 or from 0 in predictions."""

from pathlib import Path

import pytest
import torch

from small_data_sets import box, vspw, write_labels
from steadymask.data.dataset import ReadDataset
from steadymask.data.vspw import vspw as read
from steadymask.data.vspw import vspw_from_0
from steadymask.errors import VideoError
from steadymask.io.mask_frame import MaskFrame
from steadymask.io.masks import open_masks

CLIPS = {"127_a": [box(ground=1)] * 2, "3_b": [box(ground=2)]}


def test_clips_come_from_the_list_with_frames_and_truth(tmp_path: Path) -> None:
    found = read(vspw(tmp_path, CLIPS), "val")
    assert [each.name for each in found.clips] == ["127_a", "3_b"]
    assert found.clips[0].video == tmp_path / "data" / "127_a" / "origin"
    assert found.clips[0].truth == tmp_path / "data" / "127_a" / "mask"
    assert found.fps == 15


@pytest.mark.parametrize("reader", [read, vspw_from_0])
def test_the_truth_counts_from_1(tmp_path: Path, reader: ReadDataset) -> None:
    classes = reader(vspw(tmp_path, CLIPS), "val").classes
    assert classes is not None
    assert classes.of_truth(torch.tensor([[0, 1, 124, 125, 255]])).tolist() == [[-1, 0, 123, -1, -1]]


@pytest.mark.parametrize(
    ("reader", "ids", "expected"),
    [(read, [0, 1, 124, 255], [124, 0, 123, 124]), (vspw_from_0, [0, 1, 123, 255], [0, 1, 123, 124])],
)
def test_predictions_count_from_1_or_from_0(
    tmp_path: Path, reader: ReadDataset, ids: list[int], expected: list[int]
) -> None:
    classes = reader(vspw(tmp_path, CLIPS), "val").classes
    write_labels(tmp_path / "m" / "0.png", box())
    frame = MaskFrame(index=0, stem="0", labels=torch.tensor([ids], dtype=torch.int32))
    assert classes is not None
    assert classes.of_prediction(frame, open_masks(tmp_path / "m")).tolist() == [expected]


def test_names_come_from_the_table_of_the_data_set(tmp_path: Path) -> None:
    classes = read(vspw(tmp_path, CLIPS, names={"wall": 1, "person": 61}), "val").classes
    assert classes is not None
    assert (classes.names[0], classes.names[1], classes.names[60]) == ("wall", "2", "person")


def test_what_is_missing_is_said_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"val.txt: wanted a list of clips, got no such file"):
        read(tmp_path, "val")
    vspw(tmp_path, {"a": []})
    with pytest.raises(VideoError, match=r"a/mask: wanted the annotations of a clip of VSPW, got none"):
        read(tmp_path, "val")
