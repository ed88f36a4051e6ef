import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d

from steadymask.errors import InputError
from steadymask.metrics.smoothness import (
    SmoothnessStream,
    smoothness,
    smoothness_of_frames,
    smoothness_sigma,
    smoothness_sums,
)


def flickering(seed: int, *, frames: int = 12, lowest: int = 0) -> torch.Tensor:
    """Labels that mostly keep still, with blinks."""
    noise = torch.Generator().manual_seed(seed)
    still = torch.randint(0, 3, (5, 6), generator=noise).expand(frames, 5, 6)
    blinks = torch.randint(lowest, 3, (frames, 5, 6), generator=noise)
    return torch.where(torch.rand(frames, 5, 6, generator=noise) < 0.3, blinks, still)


@pytest.mark.parametrize("sigma", [0.7, 1.0, 3.6])
def test_the_smoothed_labels_are_those_of_scipy(sigma):
    labels = flickering(0)
    one_hot = torch.stack([labels == each for each in range(3)]).double().numpy()
    votes = torch.from_numpy(gaussian_filter1d(one_hot, sigma, axis=1, mode="nearest"))
    own = votes.gather(0, labels[None])[0]
    differs = votes.max(0).values > own + 1e-6
    expected = differs.sum((1, 2)).double().sqrt()
    frames = list(smoothness_of_frames(labels, sigma=sigma, classes=3))
    assert [frame.total for frame in frames] == pytest.approx(expected.tolist())
    assert smoothness_sums(labels, sigma=sigma, classes=3).total == pytest.approx(float(expected.sum()))


def test_one_blink_worked_by_hand():
    labels = torch.zeros(9, 4, 4, dtype=torch.int32)
    labels[4, 1, 1:] = 1  # three pixels blink once
    sums = smoothness_sums(labels, sigma=1.0, classes=2)
    assert sums.total == math.sqrt(3)
    assert sums.of_classes.tolist() == [math.sqrt(3), math.sqrt(3)]
    assert smoothness(sums, boundary=2.0) == math.sqrt(3) / 2


def test_a_still_video_is_smooth():
    labels = flickering(0, frames=1).expand(10, 5, 6)
    assert smoothness_sums(labels, sigma=2.0, classes=3).total == 0


def test_a_tie_keeps_the_label():
    # With the nearest border two frames weigh alike in each other's favor only when the kernel is very wide.
    labels = torch.tensor([0, 1]).view(2, 1, 1)
    assert smoothness_sums(labels, sigma=1000.0, classes=2).total == 0


@settings(deadline=None, derandomize=True, max_examples=10)
@given(seed=st.integers(0, 10**6), frames=st.integers(1, 12), sigma=st.sampled_from([0.2, 0.7, 1.5, 4.0]))
def test_streaming_equals_batch_at_any_length(seed, frames, sigma):
    labels = flickering(seed, frames=frames, lowest=-1)
    stream = SmoothnessStream(sigma=sigma, classes=3)
    seen = [sums for each in labels for sums in stream.push(each)] + stream.finish()
    assert len(seen) == frames
    total = sum(sums.total for sums in seen)
    assert total == pytest.approx(smoothness_sums(labels, sigma=sigma, classes=3).total)


@settings(deadline=None, derandomize=True, max_examples=10)
@given(seed=st.integers(0, 10**6), order=st.permutations(range(3)))
def test_permuting_classes_permutes_scores(seed, order):
    labels, renamed = flickering(seed, lowest=-1), torch.tensor([*order, -1])
    sums = smoothness_sums(labels, sigma=1.0, classes=3)
    permuted = smoothness_sums(renamed[labels], sigma=1.0, classes=3)
    assert permuted.total == sums.total
    assert permuted.of_classes[torch.tensor(order)].equal(sums.of_classes)


@settings(deadline=None, derandomize=True, max_examples=10)
@given(seed=st.integers(0, 10**6))
def test_a_class_alone_scores_as_a_binary_mask(seed):
    labels = flickering(seed, lowest=-1)
    of_classes = smoothness_sums(labels, sigma=1.0, classes=3).of_classes
    for each in range(3):
        binary = torch.where(labels < 0, -1, (labels == each).long())
        assert smoothness_sums(binary, sigma=1.0, classes=2).total == pytest.approx(float(of_classes[each]))


def test_void_neither_votes_nor_counts():
    labels = torch.tensor([0, 0, -1, 0, 1, 0, 0]).view(7, 1, 1)
    assert smoothness_sums(labels, sigma=1.0, classes=2).total == 1  # the 1 alone
    labels = torch.tensor([-1, -1, 1, -1, -1]).view(5, 1, 1)
    assert smoothness_sums(labels, sigma=1.0, classes=2).total == 0


def test_the_window_does_not_grow_with_the_video():
    stream = SmoothnessStream(sigma=1.0, classes=2)
    for _ in range(50):
        stream.push(torch.zeros(2, 2, dtype=torch.int32))
    assert len(stream._window) <= 9


def test_the_kernel_follows_the_frame_rate():
    assert smoothness_sigma(30.0) == pytest.approx(4.5)
    assert smoothness_sigma(7.0) == 1
    with pytest.raises(InputError, match="fps: wanted a positive number, got 0"):
        smoothness_sigma(0.0)
