"""DAVIS as published: lists of either year, annotations for either task."""

from pathlib import Path

import pytest

from small_data_sets import box, davis, write_clips
from small_training_data import TWO, UNION, near, plain_clips, stored
from steadymask.data.davis import davis_2016, davis_2017, davis_2017_unsupervised, davis_training
from steadymask.errors import InputError, VideoError

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


def test_every_frame_of_the_list_is_labeled_in_its_video_and_all_objects_are_one(tmp_path):
    root = davis(tmp_path, {"dog": [box(), TWO], "bear": [TWO]}, subset="train")
    found = davis_training(root)
    assert (found.name, found.classes) == ("DAVIS 2016 train", ("background", "object"))
    assert [each.name for each in found.labeled] == ["dog/00000", "dog/00001", "bear/00000"]
    assert [(each.name, each.count, each.fps) for each in found.videos] == [
        ("dog", 2, 24),
        ("bear", 1, 24),
    ]
    second = found.labeled[1]
    picture, labels = second.read()
    assert labels.equal(UNION)
    assert near(picture, stored(root / "JPEGImages/480p/dog/00001.jpg"))
    assert (second.video, second.index) == (found.videos[0], 1)
    assert found.videos[0].frame(1).equal(picture)


def test_the_list_of_2017_is_another(tmp_path):
    davis(tmp_path, {"dog": [TWO]}, subset="train")
    root = davis(tmp_path, {"dog": [TWO], "cat": [TWO]}, lists="2017", subset="train")
    assert [each.name for each in davis_training(root, year=2017).videos] == ["dog", "cat"]
    assert [each.name for each in davis_training(root).videos] == ["dog"]
    with pytest.raises(InputError, match="year: wanted 2016 or 2017, got 2019"):
        davis_training(root, year=2019)


def test_plain_clips_need_no_list(tmp_path):
    found = davis_training(plain_clips(tmp_path, {"bear": [box(), TWO], "cow": [TWO]}))
    assert [each.name for each in found.labeled] == ["bear/00000", "bear/00001", "cow/00000"]
    assert found.labeled[2].read()[1].equal(UNION)


def test_what_is_missing_to_learn_from_is_said_in_a_line(tmp_path):
    with pytest.raises(VideoError, match=r"wanted the list ImageSets/2016/train.txt of DAVIS 2016, got no"):
        davis_training(tmp_path)
    root = davis(tmp_path, {"dog": [TWO, TWO, TWO, TWO]}, subset="train")
    (root / "JPEGImages/480p/dog/00003.jpg").unlink()
    with pytest.raises(InputError, match=r"dog: wanted masks named like frames, .* 3 frames, got 4 masks"):
        davis_training(root)
    for path in (root / "JPEGImages/480p/dog").iterdir():
        path.unlink()
    with pytest.raises(VideoError, match=r"480p/dog: wanted the frames of dog to learn from, got only a"):
        davis_training(root)


def test_the_clips_at_hand_can_be_learned_from(data):
    found = davis_training(data / "davis-train-240p")
    assert (len(found.labeled), len(found.videos)) == (2079, 30)
    picture, labels = found.labeled[-1].read()
    assert picture.shape == (3, 240, 427)
    assert sorted(labels.unique().tolist()) == [0, 1]
    assert len(davis_training(data / "davis-dev-480p").videos) == 10
