"""Groups: frames in a row with masks, varied alike, spoiled for the network alone; flow of all pairs."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from small_data_sets import box, write_clips
from small_training_data import frame_folder, video_file
from steadymask.data.augmentation import Augmentation
from steadymask.data.batches import Batches, BatchSettings
from steadymask.data.cached_flow import cache_flow
from steadymask.data.corruption import Corruption
from steadymask.data.given_masks import masked, with_masks
from steadymask.data.sampling import group_starts
from steadymask.data.training_data import TrainingData, UnlabeledVideo
from steadymask.data.unpacked_data import unpacked_data
from steadymask.data.video_folder import unlabeled_videos
from steadymask.errors import InputError
from steadymask.flow.dis import DIS
from steadymask.io.masks import open_masks
from steadymask.warp import warp
from world import World

WORLD = World()
GROUPS = BatchSettings(labeled=0, groups=2, group_frames=5, seed=3)
CUT = Augmentation(size=(36, 52), scales=(0.8, 1.3), hue=0.1)
WHOLE = Augmentation(size=(48, 64), scales=(1.0, 1.0), flip=0.0, brightness=0.0, contrast=0.0, saturation=0.0)


def probs(index: int) -> torch.Tensor:
    """Of the two disks, not quite sure."""
    sure = torch.nn.functional.one_hot(WORLD.labels(index).long(), 3).permute(2, 0, 1).float()
    return 0.1 / 3 + 0.9 * sure


def left(index: int) -> torch.Tensor:
    """Of the left disk alone."""
    inside = (WORLD.labels(index) == 1).float()
    return torch.stack((1 - inside, inside))


VIDEO = UnlabeledVideo(name="world", count=12, fps=24.0, frame=WORLD.picture, masks=probs)


def exact(picture_i: torch.Tensor, picture_j: torch.Tensor) -> torch.Tensor:
    i, j = (next(at for at in range(12) if WORLD.picture(at).equal(each)) for each in (picture_i, picture_j))
    return WORLD.flow(i, j)


def batches(video: UnlabeledVideo = VIDEO, **changed: object) -> Batches:
    data = TrainingData(name="world", classes=("background", "object"), videos=(video,))
    usual = {"data": data, "settings": GROUPS, "augmentation": CUT, "flows": exact}
    return Batches(**(usual | changed))


def test_a_group_is_stacked_as_training_takes_it() -> None:
    batch = batches()(0)
    groups = batch.groups
    assert (batch.labeled, batch.pairs, batch.triplets) == (None, None, None)
    assert groups.pictures.shape == (2, 5, 3, 36, 52)
    assert groups.masks.shape == groups.labels.shape == (2, 5, 36, 52)
    assert groups.flow.shape == (2, 5, 5, 2, 36, 52) and groups.visible.shape == (2, 5, 5, 36, 52)
    assert groups.labels.dtype == torch.int64 and {*groups.labels.unique().tolist()} <= {-1, 0, 1}
    alone = batches(flows=None)(0).groups
    assert (alone.flow, alone.visible) == (None, None)


def test_frames_of_a_group_lie_on_each_other_along_the_flow_of_their_pair() -> None:
    groups = batches(augmentation=replace(CUT, scales=(1.0, 1.0)))(1).groups
    for i in range(5):
        for j in range(5):
            seen = groups.visible[:, i, j]
            moved = warp(groups.pictures[:, j], groups.flow[:, i, j])
            assert (moved - groups.pictures[:, i]).abs().amax(1)[seen].max() < 1e-4
            masks = warp(groups.masks[:, j, None], groups.flow[:, i, j])[:, 0]
            assert (masks - groups.masks[:, i]).abs()[seen].max() < 1e-4
            assert seen.float().mean() > 0.4


def test_masks_and_labels_are_those_of_the_frames() -> None:
    groups = batches(replace(VIDEO, masks=left), augmentation=WHOLE, settings=replace(GROUPS, groups=8))(
        0
    ).groups
    for at, group in enumerate(groups.groups):
        for t, index in enumerate(group.indices):
            assert groups.pictures[at, t].equal(WORLD.picture(index) / 255)
            assert groups.masks[at, t].equal(left(index)[1])
            assert groups.labels[at, t].equal((WORLD.labels(index) == 1).long())


def test_of_several_objects_each_is_drawn_in_turn_and_stays_over_the_group() -> None:
    groups = batches(augmentation=WHOLE, settings=replace(GROUPS, groups=8), flows=None)(0).groups
    drawn = set()
    for at, group in enumerate(groups.groups):
        [found] = [
            n
            for n in (1, 2)
            if all(groups.masks[at, t].equal(probs(index)[n]) for t, index in enumerate(group.indices))
        ]
        drawn.add(found)
    assert drawn == {1, 2}


def test_frames_without_any_object_have_an_empty_mask() -> None:
    for classes in (1, 2):
        nothing = torch.zeros(classes, 48, 64)
        groups = batches(replace(VIDEO, masks=lambda index, given=nothing: given))(0).groups
        assert not groups.masks.any() and not (groups.labels == 1).any()


def test_spoiled_masks_fail_and_labels_do_not() -> None:
    lone = replace(GROUPS, groups=6, seed=1)
    spoiled = replace(lone, corruption=Corruption(dropout=9.0))
    right, wrong = (
        batches(settings=each, augmentation=WHOLE, flows=None)(0).groups for each in (lone, spoiled)
    )
    assert wrong.labels.equal(right.labels) and wrong.pictures.equal(right.pictures)
    differ = wrong.masks != right.masks
    assert 0.005 < differ.float().mean() < 0.5
    assert {*wrong.masks[differ].unique().tolist()} <= {0.0, 1.0}
    vanished = (wrong.masks < 0.5).flatten(2).all(2) & right.labels.flatten(2).any(2)
    assert vanished.any()


def test_a_share_of_the_groups_is_spoiled() -> None:
    some = replace(GROUPS, groups=16, corruption=Corruption(), corrupted=0.5)
    right = batches(settings=replace(some, corruption=None), augmentation=WHOLE, flows=None)(0).groups.masks
    spoiled = (
        (batches(settings=some, augmentation=WHOLE, flows=None)(0).groups.masks != right).flatten(1).any(1)
    )
    assert 3 <= int(spoiled.sum()) <= 13
    none = replace(some, corrupted=0.0)
    assert batches(settings=none, augmentation=WHOLE, flows=None)(0).groups.masks.equal(right)


def test_a_step_gives_the_same_groups_in_any_run() -> None:
    spoiled = replace(GROUPS, corruption=Corruption())
    first, second = (batches(settings=replace(spoiled, groups=1))(5).groups for _ in range(2))
    other = batches(settings=replace(spoiled, groups=1))(6).groups
    for name in ("pictures", "masks", "labels", "flow", "visible"):
        assert getattr(first, name).equal(getattr(second, name))
    assert not first.masks.equal(other.masks)


def test_processes_share_groups_out_among_them() -> None:
    whole = batches()(2).groups
    for rank in (0, 1):
        share = batches(rank=rank, processes=2)(2).groups
        assert share.masks.equal(whole.masks[rank::2]) and share.flow.equal(whole.flow[rank::2])


@given(st.integers(1, 30), st.sampled_from([1, 3, 5, 7, 9]), st.frozensets(st.integers(1, 29), max_size=4))
@settings(deadline=None, derandomize=True)
def test_no_group_reaches_across_a_cut_and_none_is_left_out(
    count: int, frames: int, cuts: frozenset[int]
) -> None:
    video = UnlabeledVideo(name="v", count=count, fps=1.0, frame=WORLD.picture, cuts=cuts, masks=probs)
    starts = group_starts(video, frames)
    scenes = [sum(cut <= at for cut in cuts) for at in range(count)]
    runs = [scenes[at : at + frames] for at in range(count - frames + 1)]
    assert [*starts] == [at for at, run in enumerate(runs) if len({*run}) == 1]
    assert group_starts(replace(video, masks=None), frames) == ()


def test_every_group_comes_once_before_any_comes_again() -> None:
    each = batches(settings=replace(GROUPS, groups=8), flows=None)(0).groups.groups
    assert sorted(group.first for group in each) == [*range(8)]


def test_flow_further_than_three_frames_apart_is_not_kept(tmp_path: Path) -> None:
    flows = cache_flow(tmp_path, DIS(), half=True)
    groups = batches(settings=replace(GROUPS, groups=1, group_frames=7), flows=flows)(0).groups
    assert groups.flow.shape == (1, 7, 7, 2, 36, 52)
    assert len([*flows.folder.glob("*.npz")]) == 2 * (6 + 5 + 4)
    assert groups.flow[0, 0, 6].abs().max() > 1


def test_flow_that_is_not_kept_is_the_same(tmp_path: Path) -> None:
    flows = cache_flow(tmp_path, DIS(), half=True)
    pair = WORLD.picture(0), WORLD.picture(2)
    assert flows.fresh(*pair).equal(flows(*pair)) and flows.fresh(*pair).equal(flows(*pair))


def test_masks_of_a_folder_go_with_the_videos_of_their_names(tmp_path: Path) -> None:
    for name in ("a", "b"):
        frame_folder(tmp_path / "videos" / name, 3)
    maps = [box((1, 1, 4, 2, 5), (2, 5, 7, 5, 8))] * 3
    write_clips(tmp_path / "masks", {"b": maps})
    data = TrainingData(name="two", classes=("x", "y"), videos=unlabeled_videos(tmp_path / "videos"))
    [video] = with_masks(data, tmp_path / "masks").videos
    assert (video.name, tuple(video.masks(2).shape)) == ("b", (3, 8, 10))
    assert video.masks(1).argmax(0).equal(torch.from_numpy(maps[1]).long())
    later = video.between(1, 3)
    assert later.masks(0).equal(video.masks(1))
    write_clips(tmp_path / "few", {"b": maps[:2]})
    write_clips(tmp_path / "odd", {"c": maps})
    write_clips(tmp_path / "other", {"a": [*maps[:2]]})
    (tmp_path / "other/a/00001.png").rename(tmp_path / "other/a/00002.png")
    write_clips(tmp_path / "swapped", {"a": maps})
    (tmp_path / "swapped/a/00002.png").rename(tmp_path / "swapped/a/00007.png")
    for folder, says in (
        ("few", r"few/b: wanted a mask for each of 3 frames, got 2 masks"),
        ("odd", r"odd: wanted masks of videos of two, got masks of c"),
        ("other", r"other/a: wanted a mask for each of 3 frames, got 2 masks"),
        ("swapped", r"swapped/a: wanted a mask for frame 00002, got 00007 in its place"),
    ):
        with pytest.raises(InputError, match=says):
            with_masks(data, tmp_path / folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty: wanted a folder with the masks of a clip in each entry"):
        with_masks(data, tmp_path / "empty")


def test_soft_masks_stay_soft(tmp_path: Path) -> None:
    soft = np.linspace(0, 1, 3 * 48 * 64, dtype=np.float32).reshape(3, 48, 64)
    np.savez(tmp_path / "a.npz", probs=soft)
    video = masked(replace(VIDEO, count=3), open_masks(tmp_path / "a.npz"))
    assert video.masks(2)[1].allclose(torch.from_numpy(soft[2]))


def test_masks_of_another_size_are_said_when_they_are_read() -> None:
    small = replace(VIDEO, masks=lambda index: torch.zeros(2, 4, 5))
    with pytest.raises(
        InputError, match=r"world: frame .: wanted masks of height x width 48 x 64 as the frame, got 4 x 5"
    ):
        batches(small)(0)


def test_videos_without_masks_or_too_short_have_no_groups() -> None:
    for video in (replace(VIDEO, masks=None), replace(VIDEO, count=4)):
        with pytest.raises(InputError, match="groups: wanted some in world, got none"):
            batches(video)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"groups": -1}, "groups: wanted 0 or more, got -1"),
        ({"group_frames": 0}, "group_frames: wanted 1 or more, got 0"),
        ({"corrupted": 1.5}, r"corrupted: wanted a share in \[0, 1\], got 1.5"),
    ],
)
def test_settings_out_of_range_are_named(wrong: dict[str, float], says: str) -> None:
    with pytest.raises(InputError, match=says):
        BatchSettings(**wrong)


def test_frames_of_groups_are_unpacked_from_video_files(tmp_path: Path) -> None:
    pictures = [np.full((16, 20, 3), 20 * at, np.uint8) for at in range(6)]
    video_file(tmp_path / "videos/v.mkv", pictures)
    [video] = unlabeled_videos(tmp_path / "videos")
    video = replace(video, cuts=frozenset({1}), masks=lambda index: torch.zeros(2, 16, 20))
    data = TrainingData(name="v", classes=("x", "y"), videos=(video,))
    found = unpacked_data(data, tmp_path / "frames", [replace(GROUPS, group_frames=3)])
    assert [path.stem for path in sorted((tmp_path / "frames/v").iterdir())] == [
        f"{n:06d}" for n in range(1, 6)
    ]
    assert found.videos[0].masks is video.masks
