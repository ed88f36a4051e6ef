"""The streaming twin of `stabilize`: the same masks, as they come, whatever kind of array they are."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from small_clips import FRAMES, flickering, true_labels, write_frames, write_masks
from steadymask import stabilize, stabilize_frames
from steadymask.errors import InputError
from steadymask.io.mask_format import FORMATS
from steadymask.io.mask_frame import MaskFrame, labels_of, two_classes
from steadymask.io.mask_writer import encode_masks
from steadymask.io.masks import open_masks
from world import World

WORLD = World()
PICTURES = [WORLD.picture(t) for t in range(FRAMES)]
LABELS = flickering(true_labels(WORLD))
SHORT = {"look_ahead": 2}  # quick, and shorter than the clip


def rows(picture: Tensor) -> np.ndarray:
    return np.ascontiguousarray(picture.permute(1, 2, 0).numpy())


def stacked(masks: Iterable[Tensor | np.ndarray]) -> Tensor:
    return torch.stack([torch.as_tensor(each) for each in masks])


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("stream")
    write_frames(root / "frames", WORLD)
    write_masks(root / "masks", LABELS)
    return root


@pytest.mark.parametrize(
    "settings",
    [SHORT, {"live": True}, {"method": "median"}, {"method": "guided"}, {"strength": 0.0}],
    ids=["motion", "live", "median", "guided", "none"],
)
def test_the_masks_are_those_that_stabilize_writes(settings: dict, clip: Path, tmp_path: Path) -> None:
    stabilize(clip / "frames", clip / "masks", tmp_path / "out", **settings)
    written = stacked(labels_of(frame) for frame in open_masks(tmp_path / "out").frames())
    streamed = stacked(stabilize_frames(PICTURES, LABELS, **settings))
    assert torch.equal(streamed, written)
    assert torch.equal(streamed, stacked(LABELS)) == (settings == {"strength": 0.0})


def test_soft_masks_are_those_that_stabilize_writes(clip: Path, tmp_path: Path) -> None:
    soft = [0.9 * (each == 1).float() + 0.05 for each in LABELS]
    frames = (MaskFrame(index=t, stem=f"{t:05d}", probs=two_classes(each)) for t, each in enumerate(soft))
    encode_masks(tmp_path / "soft.npz", frames, FORMATS["npz-probability"], count=FRAMES, fps=24.0)
    stabilize(clip / "frames", tmp_path / "soft.npz", tmp_path / "out.npz", **SHORT)
    written = torch.stack([frame.probs for frame in open_masks(tmp_path / "out.npz").frames()])
    assert torch.equal(stacked(stabilize_frames(PICTURES, soft, **SHORT)), written[:, 1])
    classes = [two_classes(each) for each in soft]
    assert torch.equal(stacked(stabilize_frames(PICTURES, classes, **SHORT)), written)


@pytest.mark.parametrize(
    "dtype", ["bool", "uint8", "int16", "uint16", "int64", "float16", "float32", "float64"]
)
@pytest.mark.parametrize("live", [True, False])
def test_numpy_masks_come_back_as_they_were(dtype: str, live: bool) -> None:
    frames = [rows(each) for each in PICTURES]
    masks = [(each == 1).numpy().astype(dtype) for each in LABELS]
    settings = {"live": True} if live else SHORT
    results = list(stabilize_frames(frames, masks, **settings))
    assert {type(each) for each in results} == {np.ndarray}
    assert {(each.dtype, each.shape) for each in results} == {(np.dtype(dtype), masks[0].shape)}
    tensors = stabilize_frames(PICTURES, [torch.from_numpy(each) for each in masks], **settings)
    for each, tensor in zip(results, tensors, strict=True):
        assert tensor.dtype == torch.from_numpy(each).dtype
        assert np.array_equal(tensor.numpy(), each)


def test_masks_of_the_first_frames_ids_and_of_named_ids_are_the_same() -> None:
    masks = [torch.where(each == 2, 700, each) for each in true_labels(WORLD)]
    assert set(stacked(masks).unique().tolist()) == {0, 1, 700}
    told = stacked(stabilize_frames(PICTURES, masks, live=True))
    assert torch.equal(told, stacked(stabilize_frames(PICTURES, masks, live=True, objects=[700, 1])))
    assert set(told.unique().tolist()) == {0, 1, 700}


def test_void_stays_where_it_was() -> None:
    masks = [each.masked_fill(torch.eye(48, 64, dtype=torch.bool), -1) for each in LABELS]
    for before, after in zip(masks, stabilize_frames(PICTURES, masks, live=True), strict=True):
        assert torch.equal(before == -1, after == -1)


def test_live_gives_each_mask_before_the_next_frame_is_asked_for() -> None:
    asked = []

    def noted() -> Iterator[Tensor]:
        for t, each in enumerate(PICTURES):
            asked.append(t)
            yield each

    for t, _ in enumerate(stabilize_frames(noted(), LABELS, live=True)):
        assert asked[-1] == t


def test_a_live_mask_depends_on_the_past_only() -> None:
    whole = stacked(stabilize_frames(PICTURES, LABELS, live=True))
    for t in (1, 4):
        assert torch.equal(stacked(stabilize_frames(PICTURES[:t], LABELS[:t], live=True)), whole[:t])


def test_only_the_look_ahead_is_waited_for() -> None:
    asked = []

    def noted() -> Iterator[Tensor]:
        for t in range(40):
            asked.append(t)
            yield PICTURES[0]

    with closing(stabilize_frames(noted(), (LABELS[0] for _ in range(40)), **SHORT)) as masks:
        next(masks)
        assert (
            len(asked) <= SHORT["look_ahead"] + 2
        )  # this frame, and one whose flows are estimated meanwhile


@pytest.mark.parametrize("kind", [torch.from_numpy, np.asarray], ids=["torch", "numpy"])
def test_arrays_may_be_used_again_by_either_side(kind: Callable[[np.ndarray], Tensor | np.ndarray]) -> None:
    settings = {"method": "average"}  # its state is its result
    wanted = stacked(stabilize_frames(PICTURES, [each.float() / 2 for each in LABELS], **settings))
    moving = stacked(stabilize_frames(PICTURES, [each.float() / 2 for each in LABELS], live=True))
    frame = np.empty((3, 48, 64) if kind is torch.from_numpy else (48, 64, 3), np.uint8)
    mask = np.empty((48, 64), np.float32)

    def frames() -> Iterator[Tensor | np.ndarray]:
        for each in PICTURES:
            frame[:] = each.numpy() if kind is torch.from_numpy else rows(each)
            yield kind(frame)

    def masks() -> Iterator[Tensor | np.ndarray]:
        for each in LABELS:
            mask[:] = each.numpy() / 2
            yield kind(mask)

    def emptied(stream: Iterable[Tensor | np.ndarray]) -> Iterator[Tensor]:
        for each in stream:
            yield torch.as_tensor(each).clone()
            each[:] = 0

    assert torch.equal(stacked(emptied(stabilize_frames(frames(), masks(), **settings))), wanted)
    assert torch.equal(stacked(emptied(stabilize_frames(frames(), masks(), live=True))), moving)


def test_given_cuts_keep_scenes_apart() -> None:
    together = stacked(stabilize_frames(PICTURES, LABELS, live=True, cuts=[4]))
    apart = [stabilize_frames(PICTURES[part], LABELS[part], live=True) for part in (slice(4), slice(4, None))]
    assert torch.equal(together, torch.cat([stacked(each) for each in apart]))
    assert not torch.equal(together, stacked(stabilize_frames(PICTURES, LABELS, live=True, cuts=[])))


def test_no_frames_give_no_masks() -> None:
    assert list(stabilize_frames([], [])) == []


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_closed_early_it_leaves_no_threads_behind(steps: int) -> None:
    threads, of_opencv = threading.active_count(), cv2.getNumThreads()
    masks = stabilize_frames(PICTURES, LABELS, **SHORT)
    for _ in range(steps):
        next(masks)
    masks.close()
    assert threading.active_count() == threads
    assert cv2.getNumThreads() == of_opencv


def test_two_at_once_do_not_disturb_each_other() -> None:
    alone = stacked(stabilize_frames(PICTURES, LABELS, live=True))
    cv2.setNumThreads(3)
    first, second = (stabilize_frames(PICTURES, LABELS, live=True) for _ in range(2))
    results = [next(first), next(second), next(first)]
    first.close()
    assert cv2.getNumThreads() == 1
    results += second
    assert cv2.getNumThreads() == 3
    assert torch.equal(torch.stack(results[3:]), alone[1:])


def changed(stream: list[Tensor], index: int, value: object) -> list:
    return [value if t == index else each for t, each in enumerate(stream)]


NAN = torch.full((48, 64), 0.5).index_put((torch.tensor(3), torch.tensor(5)), torch.tensor(float("nan")))
SOFT = [(each == 1).float() for each in LABELS]


@pytest.mark.parametrize(
    ("frames", "masks", "settings", "message"),
    [
        (PICTURES[:5], LABELS, {}, "frames: wanted one for each of frames and masks, got none at 5"),
        (PICTURES, LABELS[:5], {}, "masks: wanted one for each of frames and masks, got none at 5"),
        (changed(PICTURES, 2, PICTURES[2][:, :40]), LABELS, {}, "frames: frame 2: wanted uint8 3 x 48 x 64"),
        (changed(PICTURES, 2, PICTURES[2] / 255), LABELS, {}, "frames: frame 2: .* got float32 3 x 48 x 64"),
        ([rows(each).transpose(2, 0, 1) for each in PICTURES], LABELS, {}, "frames: frame 0: .* 48 x 64 x 3"),
        (changed(PICTURES, 1, "00001.png"), LABELS, {}, "frames: frame 1: .* got str"),
        (PICTURES, changed(LABELS, 2, LABELS[2][:, :40]), {}, "frame 2: wanted int32 48 x 64 .* 48 x 40"),
        (PICTURES, changed(LABELS, 2, LABELS[2].bool()), {}, "masks: frame 2: wanted int32 .* got bool"),
        (PICTURES, changed(LABELS, 2, LABELS[2].numpy()), {}, "masks: frame 2: wanted int32"),
        (PICTURES, changed(LABELS, 0, "00000.png"), {}, "masks: frame 0: wanted a tensor or a NumPy array"),
        (PICTURES, changed(LABELS, 2, 5 * LABELS[2]), {}, r"frame 2: .*ids \(1, 2\), got 5; .*objects="),
        (PICTURES, LABELS, {"objects": [1]}, r"frame 0: wanted the known ids \(1\), got 2"),
        (PICTURES, LABELS, {"objects": []}, "objects: wanted ids above 0"),
        (PICTURES, SOFT, {"objects": [1]}, "objects: wanted label maps, got probabilities"),
        (PICTURES, changed(LABELS, 3, LABELS[3] - 2), {}, "masks: frame 3: wanted ids from -1 .* got -2"),
        (PICTURES, changed(SOFT, 3, NAN), {}, r"masks: frame 3: wanted probabilities in \[0, 1\], got nan"),
        (PICTURES, changed(SOFT, 3, SOFT[3] * 255), {}, "masks: frame 3: wanted probabilities .* got 255"),
        (PICTURES, [torch.stack([each, each]) for each in SOFT], {}, "frame 0: .* sum to 1"),
        (PICTURES, [each[None] for each in SOFT], {}, "masks: frame 0: wanted labels h x w .* 1 x 48 x 64"),
        (PICTURES, [each.to(torch.complex64) for each in SOFT], {}, "masks: frame 0: wanted labels h x w"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_with_its_frame(
    frames: list, masks: list, settings: dict, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        list(stabilize_frames(iter(frames), iter(masks), live=True, **settings))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": "median", "live": True}, "live: wanted the method motion or average"),
        ({"strength": 2.0}, "strength: wanted a number in"),
        ({"live": True, "look_ahead": 3}, "look_ahead: wanted"),
        ({"workers": 0}, "workers: wanted at least 1, got 0"),
        ({"cuts": [-1]}, "cuts: wanted indices of frames"),
    ],
)
def test_a_wrong_setting_is_refused_at_once(settings: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        stabilize_frames(PICTURES, LABELS, **settings)
