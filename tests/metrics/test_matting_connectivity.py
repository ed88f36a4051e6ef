"""Conn, against a published tool's numbers, SciPy's regions and worked by hand."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label

from mattes import measured_mattes, noisy_mattes
from steadymask.metrics.matting_connectivity import (
    MattingConnectivitySums,
    matting_connectivity,
    matting_connectivity_sums,
)


def brute_force(alpha: np.ndarray, truth: np.ndarray) -> float:
    """One frame's sum, pixel by pixel, with SciPy's regions."""
    largest = []
    for threshold in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
        regions, count = label((alpha >= threshold) & (truth >= threshold))
        sizes = [int((regions == each).sum()) for each in range(1, count + 1)]
        largest.append((threshold, regions == 1 + int(np.argmax(sizes)) if sizes else regions > 0))
    total = 0.0
    for at in np.ndindex(alpha.shape):
        level = 0.0
        for threshold, region in largest:
            if not region[at]:
                break
            level = threshold
        phi = [1 - (each[at] - level if each[at] - level >= 0.15 else 0) for each in (alpha, truth)]
        total += abs(phi[0] - phi[1])
    return total


def test_a_frame_has_the_value_of_mmediting() -> None:
    alpha, truth, unknown = measured_mattes()  # has pixels of 153 of 255, just at the level 0.6
    sums = matting_connectivity_sums(alpha, truth, unknown=unknown)
    assert matting_connectivity(sums) == pytest.approx(0.40051373839378357, rel=1e-6)
    faint = (alpha * 255).round().div(2).floor() / 255
    sums = matting_connectivity_sums(faint, truth)
    assert matting_connectivity(sums) == pytest.approx(0.6858235001564026, rel=1e-6)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(seed=st.integers(0, 999))
def test_brute_force_finds_the_same(seed: int) -> None:
    alpha, truth = noisy_mattes(seed)
    expected = sum(map(brute_force, alpha.numpy(), truth.numpy()))
    assert matting_connectivity_sums(alpha, truth).total == pytest.approx(expected, abs=1e-9)


def test_a_row_worked_by_hand() -> None:
    truth = torch.tensor([[[1.0, 1.0, 0.0, 1.0, 0.55, 0.12]]])
    alpha = torch.tensor([[[1.0, 0.9, 0.0, 1.0, 0.00, 0.00]]])
    # Up to 0.9 the first two pixels are the largest region, at 1 the first is the first of two. The levels:
    # 1, 0.9, 0, 0, 0, 0; what stands above them: 0, 0.1, 0, 1, 0.55, 0.12 and 0, 0, 0, 1, 0, 0. The fourth is
    # cut off alike in both, the second and the last are below 0.15.
    sums = matting_connectivity_sums(alpha, truth)
    assert sums.total == pytest.approx(0.55)
    assert matting_connectivity(sums) == pytest.approx(0.00055)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_153_of_255_is_as_opaque_as_the_level_of_three_fifths(dtype: torch.dtype) -> None:
    alpha, truth = torch.tensor([[[[255, 153]]], [[[255, 255]]]], dtype=dtype) / 255
    assert matting_connectivity_sums(alpha, truth).total == pytest.approx(0.4)  # at level 0.5: 0.5 against 0


def test_regions_do_not_hang_together_over_corners() -> None:
    truth = torch.tensor([[[1.0, 1.0, 0.0], [0.0, 0.0, 0.4]]])
    alpha = torch.tensor([[[1.0, 1.0, 0.0], [0.0, 0.0, 0.5]]])
    assert matting_connectivity_sums(alpha, truth).total == pytest.approx(0.1)  # cut off: 0.5 against 0.4
    truth[0, 0, 2] = alpha[0, 0, 2] = 1
    assert matting_connectivity_sums(alpha, truth).total == 0  # at level 0.4: 0.1 against 0


@settings(deadline=None, derandomize=True, max_examples=30)
@given(seed=st.integers(0, 999))
def test_a_pixel_is_never_theta_away_from_its_absolute_difference(seed: int) -> None:
    alpha, truth = noisy_mattes(seed)
    for at in ((0, 3, 4), (1, 8, 2), (1, 11, 14)):
        only = torch.zeros(alpha.shape, dtype=torch.bool)
        only[at] = True
        error = matting_connectivity_sums(alpha, truth, unknown=only).total
        assert abs(error - abs(float(alpha[at] - truth[at]))) < 0.15


@settings(deadline=None, derandomize=True, max_examples=20)
@given(seed=st.integers(0, 999))
def test_the_truth_has_no_error_the_two_may_change_places_and_frames_add(seed: int) -> None:
    alpha, truth = noisy_mattes(seed, frames=3)
    assert matting_connectivity_sums(truth, truth) == MattingConnectivitySums(total=0.0, frames=3)
    whole = matting_connectivity_sums(alpha, truth)
    assert matting_connectivity_sums(truth, alpha) == whole
    parts = matting_connectivity_sums(alpha[:1], truth[:1]) + matting_connectivity_sums(alpha[1:], truth[1:])
    assert parts.frames == whole.frames
    assert matting_connectivity(parts) == pytest.approx(matting_connectivity(whole), abs=1e-12)


def test_nothing_in_common_costs_all_there_is() -> None:
    alpha, truth = torch.zeros(1, 2, 4), torch.zeros(1, 2, 4)
    alpha[..., :2], truth[..., 2:] = 1, 0.5
    assert matting_connectivity_sums(alpha, truth).total == 4 * 1 + 4 * 0.5


def test_void_does_not_count_and_connects_nothing() -> None:
    truth = torch.tensor([[[1.0, 1.0, 1.0, 0.5]]])
    alpha = torch.tensor([[[1.0, 1.0, 0.0, 0.6]]])
    valid = torch.tensor([[[True, True, False, True]]])
    sums = matting_connectivity_sums(alpha, truth, valid=valid)
    assert sums.total == pytest.approx(0.1)  # cut off at level 0, where 0.6 stands against 0.5
    alpha[0, 0, 2], truth[0, 0, 2] = math.nan, 7
    assert matting_connectivity_sums(alpha, truth, valid=valid) == sums


def test_frames_without_pixels_do_not_count() -> None:
    alpha, truth = noisy_mattes(1)
    some = torch.zeros(alpha.shape, dtype=torch.bool)
    assert math.isnan(matting_connectivity(matting_connectivity_sums(alpha, truth, unknown=some)))
    some[0] = True
    one = matting_connectivity_sums(alpha[:1], truth[:1])
    assert matting_connectivity_sums(alpha, truth, unknown=some) == one
