"""Masks of several people and networks, lined up frame by frame."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from small_data_sets import SIZE, box, write_labels, write_picture
from steadymask.data.dataset import DatasetClip
from steadymask.data.lineup import Lineup, lined_up
from steadymask.data.reading import Reading
from steadymask.errors import InputError


def written(folder: Path, ids: Sequence[int], stems: Sequence[str] | None = None) -> Path:
    """Masks that are all one id, so that each can be told."""
    for id, stem in zip(ids, stems or [f"{index:05d}" for index in range(len(ids))], strict=True):
        write_labels(folder / f"{stem}.png", box(ground=id))
    return folder


def clip(root: Path, frames: int, truth: Path | None, **more: tuple[int, ...]) -> DatasetClip:
    for index in range(frames):
        write_picture(root / "video" / f"{index:05d}.jpg")
    return DatasetClip(name="dog", video=root / "video", truth=truth, **more)


def ids(lineup: Lineup) -> list[dict[str, int]]:
    return [
        {role: int(each.labels.max()) for role, each in masks.items() if each.labels is not None}
        for _, masks in lineup.frames(pictures=False)
    ]


def test_masks_and_a_sparse_truth_pair_by_name(tmp_path: Path) -> None:
    truth = written(tmp_path / "truth", (7, 9), ("00001", "00003"))
    masks = written(tmp_path / "masks", (1, 2, 3, 4))
    found = lined_up(clip(tmp_path, 4, truth), {"ours": masks}, Reading(), fps=6.0)
    assert ids(found) == [{"ours": 1}, {"ours": 2, "truth": 7}, {"ours": 3}, {"ours": 4, "truth": 9}]
    assert (found.annotated, found.is_dense, found.fps, found.size) == ((1, 3), False, 6.0, SIZE)
    assert sum(picture is not None for picture, _ in found.frames(pictures=True)) == 4


def test_other_names_pair_by_order(tmp_path: Path) -> None:
    truth = written(tmp_path / "truth", (7, 8), ("t1", "t10"))
    masks = written(tmp_path / "masks", (1, 2), ("m2", "m11"))
    found = lined_up(clip(tmp_path, 2, truth), {"ours": masks}, Reading(), fps=6.0)
    assert ids(found) == [{"ours": 1, "truth": 7}, {"ours": 2, "truth": 8}]
    assert found.is_dense


def test_masks_of_the_annotated_frames_alone_make_the_clip_these_frames_without_motion(
    tmp_path: Path,
) -> None:
    truth = written(tmp_path / "truth", (7, 9), ("00001", "00003"))
    few = written(tmp_path / "few", (5, 6), ("00001", "00003"))
    many = written(tmp_path / "many", (1, 2, 3, 4))
    found = lined_up(clip(tmp_path, 4, truth), {"few": few, "many": many}, Reading(), fps=6.0)
    assert ids(found) == [{"few": 5, "many": 2, "truth": 7}, {"few": 6, "many": 4, "truth": 9}]
    assert found.video is None
    assert not found.is_dense  # a window of eight of these is no window of eight frames


def test_a_missing_mask_is_named_with_both_counts(tmp_path: Path) -> None:
    truth = written(tmp_path / "truth", (7,) * 4)
    masks = written(tmp_path / "masks", (1, 2, 4), ("00000", "00001", "00003"))
    expected = (
        r"masks: wanted a mask for each of 4 frames of dog, got 3; the first .* without a mask is 00002"
    )
    with pytest.raises(InputError, match=expected):
        lined_up(clip(tmp_path, 4, truth), {"ours": masks}, Reading(), fps=6.0)


def test_a_mask_missing_beside_a_sparse_truth_does_not_hide_the_motion(tmp_path: Path) -> None:
    truth = written(tmp_path / "truth", (7,), ("00001",))
    masks = written(tmp_path / "masks", (1, 2, 4), ("00000", "00001", "00003"))
    with pytest.raises(InputError, match=r"each of 4 frames of dog, got 3; .* is 00002"):
        lined_up(clip(tmp_path, 4, truth), {"ours": masks}, Reading(), fps=6.0)


def test_another_size_is_refused_with_both(tmp_path: Path) -> None:
    write_labels(tmp_path / "masks" / "00000.png", np.zeros((8, 9)))
    with pytest.raises(InputError, match=r"masks: wanted height x width 8 x 10 as dog, got 8 x 9"):
        lined_up(clip(tmp_path, 1, None), {"ours": tmp_path / "masks"}, Reading(), fps=6.0)


def test_a_truth_that_fits_neither_by_name_nor_by_order_is_refused(tmp_path: Path) -> None:
    truth = written(tmp_path / "truth", (7,), ("t1",))
    masks = written(tmp_path / "masks", (1, 2))
    with pytest.raises(
        InputError, match=r"truth: wanted masks named like frames, or one for each of 2, got 1"
    ):
        lined_up(clip(tmp_path, 2, truth), {"ours": masks}, Reading(), fps=6.0)


def test_a_clip_has_frames_or_a_truth(tmp_path: Path) -> None:
    masks = written(tmp_path / "masks", (1,))
    with pytest.raises(InputError, match="dog: wanted frames or a truth, got neither"):
        lined_up(DatasetClip(name="dog"), {"ours": masks}, Reading(), fps=6.0)


def test_soft_masks_stand_beside_a_truth_with_a_palette(tmp_path: Path) -> None:
    truth = written(tmp_path / "truth", (1,))
    write_labels(tmp_path / "soft" / "00000.png", box(ground=200), palette=False)
    reading = Reading(read_as="probability")
    found = lined_up(clip(tmp_path, 1, truth), {"ours": tmp_path / "soft"}, reading, fps=6.0)
    assert found.masks["ours"].soft
    assert not found.masks["truth"].soft
