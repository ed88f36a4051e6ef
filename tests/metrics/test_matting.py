"""SAD, MAD and MSE, against a published tool's numbers and worked by hand."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mattes import measured_mattes, noisy_mattes
from steadymask.errors import InputError
from steadymask.metrics.matting import MattingSums, mad, matting_sums, mse, sad


def test_a_frame_has_the_values_of_mmediting() -> None:
    alpha, truth, unknown = measured_mattes()
    sums = matting_sums(alpha, truth, unknown=unknown)
    assert sad(sums) == pytest.approx(0.38923529411764707, rel=1e-6)
    assert mse(sums) == pytest.approx(0.04405314910137181, rel=1e-6)


def test_frames_worked_by_hand() -> None:
    truth = torch.tensor([[[0.0, 1.0, 1.0, 0.0]], [[0.0, 0.0, 0.0, 0.0]]])
    alpha = torch.tensor([[[0.5, 1.0, 0.0, 0.0]], [[0.0, 0.0, 0.0, 1.0]]])
    whole = matting_sums(alpha, truth)
    assert whole.absolute == 2.5
    assert sad(whole) == pytest.approx(0.00125)
    assert mad(whole) == pytest.approx((1.5 / 4 + 1 / 4) / 2)
    assert mse(whole) == pytest.approx((1.25 / 4 + 1 / 4) / 2)
    unknown = torch.tensor([[[True, True, False, False]], [[False, False, False, True]]])
    band = matting_sums(alpha, truth, unknown=unknown)
    assert sad(band) == pytest.approx(0.00075)
    assert mad(band) == pytest.approx((0.5 / 2 + 1) / 2)  # each frame has its own number of pixels
    assert mse(band) == pytest.approx((0.25 / 2 + 1) / 2)


def test_void_pixels_do_not_count_whatever_stands_there() -> None:
    truth = torch.tensor([[[1.0, 0.0, math.nan]]])
    alpha = torch.tensor([[[0.5, 255.0, 0.0]]])
    sums = matting_sums(alpha, truth, valid=torch.tensor([[[True, False, False]]]))
    assert (sums.absolute, mad(sums), mse(sums)) == (0.5, 0.5, 0.25)


@settings(deadline=None, derandomize=True, max_examples=20)
@given(seed=st.integers(0, 999))
def test_the_truth_has_no_error_and_the_two_may_change_places(seed: int) -> None:
    alpha, truth = noisy_mattes(seed)
    assert matting_sums(truth, truth) == MattingSums(
        absolute=0.0, mean_absolute=0.0, mean_squared=0.0, frames=2
    )
    assert matting_sums(alpha, truth) == matting_sums(truth, alpha)
    sums = matting_sums(alpha, truth)
    assert 0 <= mad(sums) ** 2 <= mse(sums) <= mad(sums) <= 1


@settings(deadline=None, derandomize=True, max_examples=20)
@given(seed=st.integers(0, 999))
def test_pooling_frames_equals_scoring_the_clip(seed: int) -> None:
    alpha, truth = noisy_mattes(seed, frames=3)
    parts = matting_sums(alpha[:1], truth[:1]) + matting_sums(alpha[1:], truth[1:])
    whole = matting_sums(alpha, truth)
    assert parts.frames == whole.frames == 3
    for each in (sad, mad, mse):
        assert each(parts) == pytest.approx(each(whole), abs=1e-12)


def test_frames_without_pixels_do_not_count() -> None:
    alpha, truth = torch.ones(2, 3, 3), torch.zeros(2, 3, 3)
    unknown = torch.zeros(2, 3, 3, dtype=torch.bool)
    assert math.isnan(sad(matting_sums(alpha, truth, unknown=unknown)))
    assert math.isnan(mad(matting_sums(alpha, truth, unknown=unknown)))
    assert math.isnan(mse(matting_sums(alpha, truth, unknown=unknown)))
    unknown[0] = True
    sums = matting_sums(alpha, truth, unknown=unknown)
    assert (sad(sums), mad(sums), mse(sums)) == (0.009, 1, 1)


def test_mattes_that_do_not_fit_are_refused() -> None:
    one, truth = torch.zeros(1, 3, 4), torch.zeros(1, 3, 4)
    with pytest.raises(InputError, match=r"alpha: wanted values in \[0, 1\], got 0 to 255"):
        matting_sums(torch.tensor([[[0.0, 255.0]]]), torch.zeros(1, 1, 2))
    with pytest.raises(InputError, match=r"truth: wanted values in \[0, 1\], got -1 to 0"):
        matting_sums(torch.zeros(1, 1, 2), torch.tensor([[[0.0, -1.0]]]))
    with pytest.raises(InputError, match=r"alpha: wanted values in \[0, 1\], got nan to nan"):
        matting_sums(one + math.nan, truth)
