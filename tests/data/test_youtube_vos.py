"""YouTube-VOS: annotations every five frames, and categories that training has seen or not."""

from pathlib import Path

import pytest

from small_data_sets import box, write_meta, youtube_vos
from steadymask.data.youtube_vos import youtube_vos as read
from steadymask.errors import VideoError

CLIPS = {"0a49f5265b": [box(), box()], "0062f687f1": [box()]}
CATEGORIES = {"0a49f5265b": {"1": "dog", "2": "zebra"}, "0062f687f1": {"1": "dog"}}


def test_clips_are_those_of_the_annotations(tmp_path: Path) -> None:
    root = youtube_vos(tmp_path / "valid", CLIPS, CATEGORIES)
    found = read(root, "val")
    assert {each.name for each in found.clips} == {*CLIPS}
    first = next(each for each in found.clips if each.name == "0a49f5265b")
    assert first.video == root / "JPEGImages" / "0a49f5265b"
    assert first.truth == root / "Annotations" / "0a49f5265b"
    assert found.fps == 6
    assert all(not each.seen for each in found.clips)  # no training part, nothing is known


def test_the_part_may_be_named_instead(tmp_path: Path) -> None:
    youtube_vos(tmp_path / "valid", CLIPS, CATEGORIES)
    assert read(tmp_path, "valid") == read(tmp_path / "valid", "")


def test_a_category_is_seen_if_training_has_it(tmp_path: Path) -> None:
    root = youtube_vos(tmp_path / "valid", CLIPS, CATEGORIES)
    write_meta(tmp_path / "train" / "meta.json", {"x": {"1": "cat"}, "y": {"1": "dog"}})
    seen = {each.name: each.seen for each in read(root, "val").clips}
    assert seen == {"0a49f5265b": {1: True, 2: False}, "0062f687f1": {1: True}}


def test_what_is_missing_or_damaged_is_said_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"meta.json: cannot be read"):
        read(tmp_path, "valid")
    root = youtube_vos(tmp_path / "valid", CLIPS, {"0062f687f1": {"1": "dog"}})
    with pytest.raises(VideoError, match=r"0a49f5265b: wanted a clip that meta.json lists, got one it does"):
        read(root, "valid")
    (root / "meta.json").write_text('{"videos": []}')
    with pytest.raises(VideoError, match=r"meta.json: wanted .*, got others"):
        read(root, "valid")
    write_meta(tmp_path / "empty" / "meta.json", {})
    with pytest.raises(VideoError, match=r"empty: wanted Annotations with a folder for each clip, got none"):
        read(tmp_path / "empty", "")
