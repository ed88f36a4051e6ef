"""DAVIS as published: lists of either year, annotations for either task."""

from pathlib import Path

import pytest

from small_data_sets import box, davis, write_clips
from steadymask.data.davis import davis_2016, davis_2017, davis_2017_unsupervised
from steadymask.errors import VideoError

CLIPS = {"dog": [box(), box()], "bear": [box()]}


def test_clips_come_in_the_order_of_the_list_with_frames_and_truth(tmp_path: Path) -> None:
    root = davis(tmp_path, CLIPS, lists="2017")
    found = davis_2017(root, "val")
    assert [each.name for each in found.clips] == ["dog", "bear"]
    assert found.clips[0].video == root / "JPEGImages" / "480p" / "dog"
    assert found.clips[0].truth == root / "Annotations" / "480p" / "dog"
    assert (found.name, found.void, found.classes, found.fps) == ("DAVIS 2017 val", None, None, 24.0)


@pytest.mark.parametrize("lists", ["2016", "480p"])
def test_2016_takes_the_lists_of_either_package(tmp_path: Path, lists: str) -> None:
    assert len(davis_2016(davis(tmp_path, CLIPS, lists=lists), "val").clips) == 2


def test_unsupervised_annotations_come_first_and_255_is_void(tmp_path: Path) -> None:
    root = davis(tmp_path, CLIPS, lists="2017")
    assert davis_2017_unsupervised(root, "val").clips[0].truth == root / "Annotations" / "480p" / "dog"
    davis(tmp_path, CLIPS, lists="2019", annotations="Annotations_unsupervised")
    found = davis_2017_unsupervised(root, "val")
    assert found.clips[0].truth == root / "Annotations_unsupervised" / "480p" / "dog"
    assert found.void == 255


def test_without_pictures_only_the_masks_are_there(tmp_path: Path) -> None:
    write_clips(tmp_path / "Annotations" / "480p", CLIPS)
    (tmp_path / "ImageSets" / "2017").mkdir(parents=True)
    (tmp_path / "ImageSets" / "2017" / "val.txt").write_text("dog\n")
    assert davis_2017(tmp_path, "val").clips[0].video is None


def test_what_is_missing_is_said_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"wanted the list ImageSets/2017/val.txt of DAVIS 2017, got no"):
        davis_2017(tmp_path, "val")
    root = davis(tmp_path, {"dog": [box()]})
    (root / "ImageSets" / "2016" / "val.txt").write_text("dog\ncat\n")
    with pytest.raises(VideoError, match=r"480p/cat: wanted the annotations of cat, got none"):
        davis_2016(root, "val")
    (root / "Annotations").rename(root / "else")
    with pytest.raises(VideoError, match=r"wanted Annotations/480p of DAVIS 2016, got no such folder"):
        davis_2016(root, "val")
