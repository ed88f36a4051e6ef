"""A plain folder of clips, sorted by kind or by clip."""

from pathlib import Path

import pytest

from small_data_sets import box, write_labels, write_picture
from steadymask.data.clip_folders import clip_folders
from steadymask.errors import VideoError


def test_clips_lie_in_folders_of_frames_and_truth(tmp_path: Path) -> None:
    for name in ("clip10", "clip2"):
        write_picture(tmp_path / "frames" / name / "0.png")
        write_labels(tmp_path / "truth" / name / "0.png", box())
    write_picture(tmp_path / "frames" / "no truth" / "0.png")
    found = clip_folders(tmp_path, "val")
    assert [each.name for each in found.clips] == ["clip2", "clip10", "no truth"]
    assert found.clips[0].video == tmp_path / "frames" / "clip2"
    assert found.clips[0].truth == tmp_path / "truth" / "clip2"
    assert found.clips[2].truth is None
    assert found.name == tmp_path.name


def test_frames_and_truth_lie_in_folders_of_clips(tmp_path: Path) -> None:
    write_picture(tmp_path / "dog" / "images" / "0.png")
    write_labels(tmp_path / "dog" / "masks" / "0.png", box())
    (tmp_path / "else").mkdir()
    (found,) = clip_folders(tmp_path, "val").clips
    assert (found.name, found.video, found.truth) == (
        "dog",
        tmp_path / "dog" / "images",
        tmp_path / "dog" / "masks",
    )


def test_videos_may_be_files_and_have_no_truth(tmp_path: Path) -> None:
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "dog.mp4").write_bytes(b"")
    (found,) = clip_folders(tmp_path, "val").clips
    assert (found.name, found.video, found.truth) == ("dog", tmp_path / "videos" / "dog.mp4", None)


def test_truth_alone_makes_clips_too(tmp_path: Path) -> None:
    write_labels(tmp_path / "truth" / "dog" / "0.png", box())
    (found,) = clip_folders(tmp_path, "val").clips
    assert (found.name, found.video, found.truth) == ("dog", None, tmp_path / "truth" / "dog")


def test_a_folder_without_clips_is_an_error(tmp_path: Path) -> None:
    write_picture(tmp_path / "frames" / "0.png")
    with pytest.raises(VideoError, match=r"wanted clips as frames/CLIP and truth/CLIP or .*, got none"):
        clip_folders(tmp_path, "val")
