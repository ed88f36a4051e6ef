"""dtSSD, worked by hand, in closed form and against its definition in NumPy."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mattes import noisy_mattes
from steadymask.arrays import Alpha
from steadymask.metrics.dtssd import DtssdSums, dtssd, dtssd_sums


def of_clip(alpha: Alpha, truth: Alpha) -> DtssdSums:
    return dtssd_sums(alpha[1:], alpha[:-1], truth[1:], truth[:-1])


def test_a_pair_worked_by_hand() -> None:
    truth = torch.tensor([[[0.0, 0.0, 1.0, 1.0]], [[0.0, 1.0, 1.0, 0.5]]])
    alpha = torch.tensor([[[0.0, 0.5, 1.0, 1.0]], [[0.5, 1.0, 1.0, 1.0]]])
    # changes of the truth: 0, 1, 0, −0.5; of the matte: 0.5, 0.5, 0, 0
    assert dtssd(of_clip(alpha, truth)) == pytest.approx(math.sqrt((0.25 + 0.25 + 0 + 0.25) / 4))
    some = torch.tensor([[[True, False, True, False]]])
    for mask in ({"unknown": some}, {"valid": some}):
        sums = dtssd_sums(alpha[1:], alpha[:1], truth[1:], truth[:1], **mask)
        assert dtssd(sums) == pytest.approx(math.sqrt(0.25 / 2))


def test_flicker_of_the_whole_picture_is_its_height() -> None:
    truth = torch.full((6, 4, 5), 0.5, dtype=torch.float64)
    flicker = torch.tensor([1.0, -1.0], dtype=torch.float64).repeat(3)[:, None, None]
    assert dtssd(of_clip(truth + 0.2 * flicker, truth)) == pytest.approx(0.4)
    assert dtssd(of_clip(0.5 + 0.5 * flicker.expand(6, 4, 5), 0.5 - 0.5 * flicker.expand(6, 4, 5))) == 2


def test_a_lasting_error_costs_nothing() -> None:
    _, truth = noisy_mattes(0, frames=5)
    offset = torch.rand(1, *truth.shape[1:], dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    alpha, truth = truth / 2 + offset / 2, truth / 2
    assert dtssd(of_clip(alpha, truth)) == pytest.approx(0, abs=1e-12)


@settings(deadline=None, derandomize=True, max_examples=30)
@given(seed=st.integers(0, 999))
def test_numpy_finds_the_same(seed: int) -> None:
    alpha, truth = noisy_mattes(seed, frames=4)
    some = torch.rand(3, 12, 15, generator=torch.Generator().manual_seed(seed)) < 0.5
    changes = np.diff(alpha.numpy(), axis=0) - np.diff(truth.numpy(), axis=0)
    expected = [np.sqrt(np.mean(each[where] ** 2)) for each, where in zip(changes, some.numpy(), strict=True)]
    sums = dtssd_sums(alpha[1:], alpha[:-1], truth[1:], truth[:-1], unknown=some)
    assert dtssd(sums) == pytest.approx(np.mean(expected), abs=1e-12)


@settings(deadline=None, derandomize=True, max_examples=20)
@given(seed=st.integers(0, 999))
def test_either_may_be_the_truth_time_may_run_backwards_and_pairs_add(seed: int) -> None:
    alpha, truth = noisy_mattes(seed, frames=4)
    whole = of_clip(alpha, truth)
    assert of_clip(truth, alpha) == whole
    assert dtssd(of_clip(alpha.flip(0), truth.flip(0))) == pytest.approx(dtssd(whole))
    parts = of_clip(alpha[:2], truth[:2]) + of_clip(alpha[1:], truth[1:])
    assert parts.pairs == whole.pairs == 3
    assert parts.total == pytest.approx(whole.total)


def test_void_and_pairs_without_pixels_do_not_count() -> None:
    alpha, truth = noisy_mattes(2, frames=3)
    valid = torch.ones(2, 12, 15, dtype=torch.bool)
    valid[0, :6] = False
    valid[1] = False
    expected = dtssd_sums(alpha[1:2, 6:], alpha[:1, 6:], truth[1:2, 6:], truth[:1, 6:])
    alpha[0, :6] = alpha[2] = math.nan
    sums = dtssd_sums(alpha[1:], alpha[:-1], truth[1:], truth[:-1], valid=valid)
    assert sums.pairs == expected.pairs == 1
    assert sums.total == pytest.approx(expected.total)
    assert math.isnan(dtssd(of_clip(alpha[:1], truth[:1])))  # a single frame has no pair
