import numpy as np
import pytest
from PIL import Image

from steadymask.data.clip import Clip, find_clips, frames_with_masks, holds_clips, pair_sparse
from steadymask.errors import InputError, VideoError
from steadymask.io.masks import open_masks
from steadymask.io.video import open_video


def pictures(folder, names, size=(8, 10)):
    folder.mkdir(parents=True, exist_ok=True)
    for value, name in enumerate(names):
        Image.fromarray(np.full((*size, 3), value, np.uint8)).save(folder / f"{name}.png")
    return open_video(folder)


def masks(folder, names, size=(8, 10), binary=True):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        Image.fromarray(np.full(size, 255, np.uint8)).save(folder / f"{name}.png")
    return open_masks(folder)


def numbers(count, step=1, first=0):
    return [f"{index:05d}" for index in range(first, count, step)]


def test_masks_pair_with_frames_by_stem(tmp_path):
    clip = Clip(name="a", video=pictures(tmp_path / "v", numbers(4)), masks=masks(tmp_path / "m", numbers(4)))
    got = [(each.frame.index, each.masks.stem, each.truth, each.compare) for each in frames_with_masks(clip)]
    assert got == [(index, f"{index:05d}", None, None) for index in range(4)]


def test_other_stems_pair_by_order_when_counts_are_equal(tmp_path):
    video = pictures(tmp_path / "v", numbers(3))
    clip = Clip(name="a", video=video, masks=masks(tmp_path / "m", ["mask_1", "mask_2", "mask_10"]))
    assert [each.masks.stem for each in frames_with_masks(clip)] == ["mask_1", "mask_2", "mask_10"]


def test_a_missing_mask_is_named_with_both_counts(tmp_path):
    video = pictures(tmp_path / "v", numbers(5))
    gap = masks(tmp_path / "m", ["00000", "00001", "00003", "00004"])
    with pytest.raises(
        InputError, match=r"each of 5 frames, got 4 masks; the first frame without a mask is 00002"
    ):
        Clip(name="a", video=video, masks=gap)
    with pytest.raises(InputError, match=r"each of 5 frames, got 3 masks$"):
        Clip(name="a", video=video, masks=masks(tmp_path / "n", ["x", "y", "z"]))


def test_another_size_is_refused_with_both_sizes(tmp_path):
    video = pictures(tmp_path / "v", numbers(2))
    with pytest.raises(InputError, match=r"wanted height x width 8 x 10 as .*, got 8 x 9"):
        Clip(name="a", video=video, masks=masks(tmp_path / "m", numbers(2), size=(8, 9)))


def test_sparse_truth_pairs_by_stem(tmp_path):
    video = pictures(tmp_path / "v", numbers(7))
    clip = Clip(
        name="a",
        video=video,
        masks=masks(tmp_path / "m", numbers(7)),
        truth=masks(tmp_path / "t", ["00001", "00005"]),
        compare=masks(tmp_path / "c", numbers(7)),
    )
    assert clip.annotated == (1, 5)
    for start in range(8):
        got = [(each.frame.index, each.truth.stem) for each in frames_with_masks(clip, start) if each.truth]
        assert got == [(index, f"{index:05d}") for index in (1, 5) if index >= start]
        assert all(each.compare.stem == f"{each.frame.index:05d}" for each in frames_with_masks(clip, start))


@pytest.mark.parametrize(("count", "every"), [(7, 3), (6, 3), (7, 1), (1, 30)])
def test_truth_of_every_nth_frame_pairs_by_order(tmp_path, count, every):
    video = pictures(tmp_path / "v", numbers(count))
    names = [f"t{index}" for index in range(len(range(0, count, every)))]
    assert pair_sparse(video, masks(tmp_path / "t", names), every=every) == tuple(range(0, count, every))


def test_truth_that_fits_neither_by_stem_nor_by_order_is_refused(tmp_path):
    video = pictures(tmp_path / "v", numbers(7))
    with pytest.raises(InputError, match=r"each of 7 frames, got 2 masks"):
        pair_sparse(video, masks(tmp_path / "t", ["a", "b"]))
    with pytest.raises(InputError, match=r"each of 3 \(every 3 frames\), got 2 masks"):
        pair_sparse(video, masks(tmp_path / "t", ["a", "b"]), every=3)


def test_a_folder_of_clips_pairs_by_name(tmp_path):
    for name in ("dog", "cat", "bird"):
        pictures(tmp_path / "v" / name, numbers(1))
    for name in ("dog", "cat"):
        masks(tmp_path / "m" / name, numbers(1))
    (tmp_path / "v" / "fish.mp4").write_bytes(b"")
    (tmp_path / "m" / "fish.npz").write_bytes(b"")
    found = find_clips(tmp_path / "v", tmp_path / "m")
    assert [(clip.name, clip.video.name, clip.masks.name) for clip in found] == [
        ("cat", "cat", "cat"),
        ("dog", "dog", "dog"),
        ("fish", "fish.mp4", "fish.npz"),
    ]
    assert holds_clips(tmp_path / "v")
    assert not holds_clips(tmp_path / "v" / "dog")
    assert not holds_clips(tmp_path / "v" / "fish.mp4")


@pytest.mark.parametrize("place", ["v", "m"])
def test_two_entries_of_one_name_are_refused(tmp_path, place):
    pictures(tmp_path / "v" / "dog", numbers(1))
    masks(tmp_path / "m" / "dog", numbers(1))
    (tmp_path / place / "dog.npz").write_bytes(b"")
    with pytest.raises(
        InputError, match=rf"{place}: wanted one entry for the clip dog, got dog and dog\.npz"
    ):
        find_clips(tmp_path / "v", tmp_path / "m")


def test_masks_without_a_video_are_named(tmp_path):
    pictures(tmp_path / "v" / "dog", numbers(1))
    masks(tmp_path / "m" / "dog", numbers(1))
    masks(tmp_path / "m" / "horse", numbers(1))
    with pytest.raises(InputError, match=r"wanted a video for each of 2 clips, got none for horse"):
        find_clips(tmp_path / "v", tmp_path / "m")
    with pytest.raises(VideoError, match=r"cannot be read"):
        find_clips(tmp_path / "nothing", tmp_path / "m")


def test_a_real_clip_pairs(data):
    davis = data / "davis-dev-480p"
    clip = Clip(
        name="libby",
        video=open_video(davis / "frames" / "libby"),
        masks=open_masks(davis / "osvos" / "libby"),
        truth=open_masks(davis / "truth" / "libby"),
    )
    last = list(frames_with_masks(clip, clip.video.count - 1))
    assert [(each.frame.index, each.masks.stem, each.truth.stem) for each in last] == [(48, "00048", "00048")]
