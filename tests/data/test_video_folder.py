"""Any folder of videos, and files unpacked for reading in any order."""

import numpy as np
import pytest

from small_data_sets import write_picture
from small_training_data import frame_folder, near, stored, video_file
from steadymask.data.video_folder import unlabeled_videos, unpacked
from steadymask.errors import InputError, VideoError

PICTURES = tuple(np.random.default_rng(0).integers(0, 256, (9, 16, 20, 3), np.uint8))


def test_files_and_folders_of_frames_are_videos(tmp_path):
    video_file(tmp_path / "selfie.mkv", PICTURES)
    frame_folder(tmp_path / "walk", 4)
    found = unlabeled_videos(tmp_path, fps=10.0)
    assert [(each.name, each.count, each.fps) for each in found] == [("selfie", 9, 15), ("walk", 4, 10)]
    for index in (7, 0, 8):
        assert found[0].frame(index).permute(1, 2, 0).numpy().tolist() == PICTURES[index].tolist()
    assert near(found[1].frame(2), stored(tmp_path / "walk/00002.jpg"))


def test_pictures_in_the_folder_itself_are_one_video(tmp_path):
    (found,) = unlabeled_videos(frame_folder(tmp_path / "walk", 4))
    assert (found.name, found.count) == ("walk", 4)


def test_a_file_can_be_unpacked_whole_or_for_the_frames_that_will_be_asked_for(tmp_path):
    video_file(tmp_path / "videos/selfie.mkv", PICTURES)
    frame_folder(tmp_path / "videos/walk", 4)
    selfie, walk = unlabeled_videos(tmp_path / "videos")
    cache = tmp_path / "cache"
    some = unpacked(selfie, cache, frames=(6, 2, 6))
    assert [path.name for path in sorted((cache / "selfie").iterdir())] == ["000002.png", "000006.png"]
    assert some.frame(6).equal(selfie.frame(6))
    with pytest.raises(VideoError, match=r"000003.png: no such file"):
        some.frame(3)
    written = (cache / "selfie/000002.png").stat().st_mtime_ns
    everything = unpacked(selfie, cache)
    assert all(everything.frame(index).equal(selfie.frame(index)) for index in range(9))
    assert (cache / "selfie/000002.png").stat().st_mtime_ns == written
    assert unpacked(walk, cache) is walk
    with pytest.raises(InputError, match=r"selfie: frames: wanted 0 to 8, got 9"):
        unpacked(selfie, cache, frames=(3, 9))


def test_what_is_missing_is_said_in_a_line(tmp_path):
    with pytest.raises(VideoError, match=r"videos: wanted a folder of videos, got no such folder"):
        unlabeled_videos(tmp_path / "videos")
    with pytest.raises(VideoError, match=r"wanted video files or folders of pictures, got none"):
        unlabeled_videos(tmp_path)
    frame_folder(tmp_path / "walk", 3)
    write_picture(tmp_path / "walk" / "00002.jpg", (4, 4))
    with pytest.raises(VideoError, match=r"00002.jpg: wanted height x width 8 x 10 .*, got 4 x 4"):
        unlabeled_videos(tmp_path)[0].frame(2)
