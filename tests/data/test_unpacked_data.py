"""Video files among data to learn from: what batches ask for lies as pictures, the same to the pixel."""

from pathlib import Path

import numpy as np
import pytest
import torch

from small_training_data import frame_folder, video_file
from steadymask.data.batches import BatchSettings
from steadymask.data.frame_files import FrameOf
from steadymask.data.training_data import LabeledImage, TrainingData
from steadymask.data.unpacked_data import unpacked_data
from steadymask.data.video_folder import unlabeled_videos

SIZE = (8, 10)
FRAMES = [np.full((*SIZE, 3), 20 * at, np.uint8) for at in range(10)]


@pytest.fixture
def data(tmp_path: Path) -> TrainingData:
    video_file(tmp_path / "videos" / "v.mkv", FRAMES)
    frame_folder(tmp_path / "videos" / "w", 3)
    file, folder = unlabeled_videos(tmp_path / "videos")
    image = LabeledImage(
        name="v/4",
        picture=FrameOf(video=file, index=4),
        labels=lambda: torch.zeros(SIZE, dtype=torch.int32),
        video=file,
        index=4,
    )
    return TrainingData(name="d", classes=("a", "b"), labeled=(image,), videos=(file, folder))


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        (BatchSettings(labeled=1), {4}),
        (BatchSettings(pairs=1, pairs_per_video=2), {0, 1, 4, 8, 9}),
        (BatchSettings(pairs=1, pairs_per_video=2, gaps=(-2, 3)), {0, 3, 4, 7, 9}),
        (BatchSettings(triplets=1, reach=2), {2, 3, 4, 5, 6}),
        (BatchSettings(pairs=1, pairs_per_video=None), {*range(10)}),
    ],
)
def test_what_batches_ask_for_is_unpacked_and_nothing_else(
    settings: BatchSettings, wanted: set[int], data: TrainingData, tmp_path: Path
) -> None:
    found = unpacked_data(data, tmp_path / "out", (settings,))
    file, folder = found.videos
    assert {int(each.stem) for each in (tmp_path / "out" / "v").iterdir()} == wanted
    for index in wanted:
        assert torch.equal(file.frame(index), data.videos[0].frame(index))
    assert folder is data.videos[1]  # pictures already
    image = found.labeled[0]
    assert image.video is file
    assert torch.equal(image.picture(), data.labeled[0].picture())
    written = {each: each.stat().st_mtime_ns for each in (tmp_path / "out").rglob("*.png")}
    unpacked_data(data, tmp_path / "out", (settings,))
    assert {each: each.stat().st_mtime_ns for each in (tmp_path / "out").rglob("*.png")} == written


def test_frames_that_will_get_labels_are_unpacked_too(data: TrainingData, tmp_path: Path) -> None:
    first = LabeledImage(
        name="p",
        picture=data.labeled[0].picture,
        labels=data.labeled[0].labels,
        video=data.videos[0],
        index=7,
    )
    settings = (BatchSettings(triplets=1, reach=1),)
    unpacked_data(data, tmp_path / "out", settings, labeled=(first,))
    assert {int(each.stem) for each in (tmp_path / "out" / "v").iterdir()} == {3, 4, 5, 6, 7, 8}
