"""CamVid as the SegNet tutorial lays it out: clips side by side in one folder."""

from pathlib import Path

import pytest

from small_data_sets import box, camvid
from steadymask.data.camvid import camvid as read
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
