"""Humans in videos: masks of every kind, beside raw videos."""

import numpy as np
import pytest

from small_data_sets import box, write_labels
from small_training_data import frame_folder, vhs, video_file, write_alpha, write_grey
from steadymask.data.vhs import vhs_training
from steadymask.errors import InputError, VideoError


def test_mattes_above_a_tenth_are_human_as_are_all_body_parts(tmp_path):
    sizes = {"AISegment/a": (2, 3), "ATR/b": (4, 5), "LIP/c": (2, 3), "SPD/d": (2, 3)}
    root = vhs(tmp_path, sizes)
    write_alpha(root / "masks/AISegment/a.png", [[0, 25, 26], [255, 100, 0]])
    write_labels(root / "masks/ATR/b.png", box((17, 0, 4, 0, 2), size=(4, 5)))
    write_grey(root / "masks/LIP/c.png", [[0, 1, 19], [0, 0, 5]])
    write_grey(root / "masks/SPD/d.png", [[0, 255, 26], [25, 0, 0]])
    video_file(root / "videos/selfie.mkv", [np.zeros((8, 10, 3), np.uint8)] * 3)
    frame_folder(root / "videos/walk", 4)
    found = vhs_training(root, parts=("LIP",))
    assert found.classes == ("background", "human")
    assert {each.name: each.read()[1].tolist() for each in found.labeled} == {
        "AISegment/a": [[0, 0, 1], [1, 1, 0]],
        "ATR/b": [[1, 1, 0, 0, 0]] * 4,
        "LIP/c": [[0, 1, 1], [0, 0, 1]],
        "SPD/d": [[0, 1, 1], [0, 0, 0]],
    }
    assert [(each.name, each.count) for each in found.videos] == [("selfie", 3), ("walk", 4)]


def test_what_is_missing_is_said_in_a_line(tmp_path):
    with pytest.raises(VideoError, match=r"images: wanted a folder of pictures for each source, got none"):
        vhs_training(tmp_path)
    root = vhs(tmp_path, {"ATR/a": (2, 3), "ATR/b": (2, 3)})
    write_grey(root / "masks/ATR/a.png", [[0, 1, 1], [0, 0, 1]])
    with pytest.raises(InputError, match=r"masks/ATR: wanted a mask for each of 2 .* for 1, the first b.jpg"):
        vhs_training(root)
    with pytest.raises(InputError, match=r"parts: wanted sources of .*images, got LIP"):
        vhs_training(root, parts=("LIP",))
