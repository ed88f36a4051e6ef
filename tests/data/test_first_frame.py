"""One clip with its first mask as data to learn from."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from small_data_sets import SIZE, box, write_labels
from small_training_data import frame_folder, stored, video_file, write_grey
from steadymask.data.first_frame import first_frame_training
from steadymask.errors import InputError, SteadymaskError, VideoError

TWO = box((1, 1, 3, 1, 3), (2, 5, 7, 5, 8))


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    frame_folder(tmp_path / "clip", 3)
    write_labels(tmp_path / "masks" / "00000.png", TWO)
    write_labels(tmp_path / "masks" / "00001.png", np.zeros(SIZE))
    return tmp_path


def test_the_masked_frame_is_the_only_label_and_the_whole_clip_the_video(clip: Path) -> None:
    for mask in (clip / "masks" / "00000.png", clip / "masks"):
        data = first_frame_training(clip / "clip", mask)
        assert (data.name, data.classes) == ("clip", ("background", "object"))
        (image,), (video,) = data.labeled, data.videos
        picture, labels = image.read()
        assert torch.equal(picture, stored(clip / "clip" / "00000.jpg"))
        assert torch.equal(labels, torch.from_numpy((TWO > 0).astype(np.int32)))
        assert (video.count, image.index) == (3, 0)
        assert image.video is video


def test_objects_may_be_classes_of_their_own_on_any_frame(clip: Path) -> None:
    mask = clip / "masks" / "00000.png"
    Image.fromarray(np.zeros((*SIZE, 3), np.uint8)).save(clip / "clip" / "00002.jpg")
    data = first_frame_training(clip / "clip", mask, frame=2, classes=("none", "a", "b"))
    assert torch.equal(data.labeled[0].labels(), torch.from_numpy(TWO.astype(np.int32)))
    assert data.labeled[0].index == 2
    assert not data.labeled[0].picture().any()
    write_labels(mask, TWO + 1)
    with pytest.raises(InputError, match=r"00000\.png: wanted ids of 3 classes, 0 to 2, got 3"):
        first_frame_training(clip / "clip", mask, classes=("none", "a", "b"))


def test_a_video_file_and_a_binary_mask_will_do(tmp_path: Path) -> None:
    frames = [np.full((*SIZE, 3), 40 * at, np.uint8) for at in range(3)]
    video = video_file(tmp_path / "a clip.mkv", frames)
    write_grey(tmp_path / "m.png", (TWO > 0) * 255)
    data = first_frame_training(video, tmp_path / "m.png")
    assert data.name == "a clip"
    assert data.labeled[0].labels().unique().tolist() == [0, 1]


def test_a_clip_in_the_folder_one_stands_in_has_a_name(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clip / "clip")
    assert first_frame_training(Path(), clip / "masks").name == "clip"


def test_what_does_not_fit_is_said_at_once(clip: Path) -> None:
    mask = clip / "masks" / "00000.png"
    with pytest.raises(InputError, match="clip: wanted frame 0 to 2, got 3"):
        first_frame_training(clip / "clip", mask, frame=3)
    with pytest.raises(VideoError, match="nowhere"):
        first_frame_training(clip / "nowhere", mask)
    with pytest.raises(VideoError, match="nowhere"):
        first_frame_training(clip / "clip", clip / "nowhere")
    write_labels(mask, np.zeros((5, 5)))
    with pytest.raises(InputError, match="wanted labels of height x width 8 x 10 as the picture, got 5 x 5"):
        first_frame_training(clip / "clip", mask)
    for name in ("m.jpg", "m.txt"):
        Image.fromarray(np.zeros(SIZE, np.uint8)).save(clip / "m.jpg")
        (clip / "m.txt").write_text("a")
        with pytest.raises(SteadymaskError, match=name):
            first_frame_training(clip / "clip", clip / name)
