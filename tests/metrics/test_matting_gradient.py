"""Grad, against a published tool's numbers, SciPy's filters and closed forms."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from mattes import measured_mattes, noisy_mattes
from steadymask.arrays import Alpha
from steadymask.errors import InputError
from steadymask.metrics.matting_gradient import (
    MattingGradientSums,
    Recipe,
    matting_gradient,
    matting_gradient_sums,
)

RAMP = math.sqrt(8 * math.pi) * 1.4**2
"""The slope of a ramp that rises by 1 a pixel, for a filter that reaches everywhere."""


def slope(alpha: Alpha) -> np.ndarray:
    """By SciPy, whose filters are scaled otherwise."""
    dot = np.zeros((9, 9))
    dot[4, 4] = 1
    keywords = {"sigma": 1.4, "radius": 4, "mode": "nearest"}
    scale = np.linalg.norm(gaussian_filter(dot, order=(0, 1), **(keywords | {"mode": "constant"})))
    both = [gaussian_filter(alpha.numpy(), order=each, **keywords) / scale for each in ((0, 1), (1, 0))]
    return np.hypot(*both)


@pytest.mark.parametrize("recipe", ["strict", "stretched"])
def test_a_frame_has_the_values_of_mmediting(recipe: Recipe) -> None:
    alpha, truth, unknown = measured_mattes()  # both reach from 0 to 1
    sums = matting_gradient_sums(alpha, truth, unknown=unknown, recipe=recipe)
    assert matting_gradient(sums) == pytest.approx(0.8174380660057068, rel=1e-6)


def test_a_faint_matte_has_the_value_of_mmediting_when_stretched() -> None:
    alpha, truth, _ = measured_mattes()
    faint = (alpha * 255).round().div(2).floor() / 255
    sums = matting_gradient_sums(faint, truth, recipe="stretched")
    assert matting_gradient(sums) == pytest.approx(0.8193239569664001, rel=1e-6)


@settings(deadline=None, derandomize=True, max_examples=20)
@given(seed=st.integers(0, 999), height=st.integers(2, 14), width=st.integers(2, 14))
def test_scipy_finds_the_same_slopes(seed: int, height: int, width: int) -> None:
    alpha, truth = noisy_mattes(seed, size=(height, width))
    unknown = torch.rand(alpha.shape, generator=torch.Generator().manual_seed(seed)) < 0.7
    expected = sum(
        float(((slope(one) - slope(other)) ** 2)[where.numpy()].sum())
        for one, other, where in zip(alpha, truth, unknown, strict=True)
    )
    assert matting_gradient_sums(alpha, truth, unknown=unknown).total == pytest.approx(expected, abs=1e-9)


def test_one_pixel_costs_twice_its_square() -> None:
    """Each of the two filters has squared weights that sum to 1, and the pixel is all they see."""
    alpha = torch.zeros(1, 15, 17)
    alpha[0, 7, 8] = 0.5
    sums = matting_gradient_sums(alpha, torch.zeros_like(alpha))
    assert sums.total == pytest.approx(2 * 0.5**2)
    assert matting_gradient(sums) == pytest.approx(2 * 0.5**2 / 1000)


@pytest.mark.parametrize("vertical", [False, True])
def test_two_ramps_differ_by_the_difference_of_their_rise(vertical: bool) -> None:
    ramp = torch.arange(31.0).expand(1, 25, 31) / 31
    mattes = [each.mT if vertical else each for each in (ramp, ramp / 3)]
    inside = torch.zeros(mattes[0].shape, dtype=torch.bool)
    inside[:, 4:-4, 4:-4] = True
    sums = matting_gradient_sums(*mattes, unknown=inside)
    expected = int(inside.sum()) * (RAMP / 31 * 2 / 3) ** 2
    assert sums.total == pytest.approx(expected, rel=0.03)  # the filter is cut off and sampled


def test_the_truth_at_half_its_opacity_is_perfect_only_when_stretched() -> None:
    _, truth, _ = measured_mattes()
    stretched = matting_gradient_sums(truth / 2, truth, recipe="stretched")
    assert stretched.total == pytest.approx(0, abs=1e-9)
    slopes = slope(truth[0])
    assert matting_gradient_sums(truth / 2, truth).total == pytest.approx(float((slopes**2).sum()) / 4)


def test_a_matte_is_stretched_from_both_ends_and_an_even_one_has_no_slope() -> None:
    _, truth, _ = measured_mattes()
    between = matting_gradient_sums(0.25 + truth / 2, truth, recipe="stretched")
    assert between.total == pytest.approx(0, abs=1e-9)
    even = matting_gradient_sums(torch.full_like(truth, 0.5), truth, recipe="stretched")
    assert even.total == pytest.approx(float((slope(truth[0]) ** 2).sum()))


@settings(deadline=None, derandomize=True, max_examples=20)
@given(seed=st.integers(0, 999))
def test_the_truth_has_no_error_the_two_may_change_places_and_frames_add(seed: int) -> None:
    alpha, truth = noisy_mattes(seed, frames=3)
    assert matting_gradient_sums(truth, truth) == MattingGradientSums(total=0.0, frames=3)
    whole = matting_gradient_sums(alpha, truth)
    assert matting_gradient_sums(truth, alpha) == whole
    assert matting_gradient_sums(alpha.mT, truth.mT).total == pytest.approx(whole.total)
    parts = matting_gradient_sums(alpha[:1], truth[:1]) + matting_gradient_sums(alpha[1:], truth[1:])
    assert parts.frames == whole.frames
    assert matting_gradient(parts) == pytest.approx(matting_gradient(whole), abs=1e-12)


def test_what_stands_in_void_changes_nothing_and_its_neighbors_do_not_count() -> None:
    alpha, truth = noisy_mattes(3, size=(20, 24))
    valid = torch.ones(alpha.shape, dtype=torch.bool)
    valid[:, 10, 12] = False
    sums = matting_gradient_sums(alpha, truth, valid=valid)
    assert matting_gradient_sums(alpha.where(valid, math.nan), truth.where(valid, 255), valid=valid) == sums
    away = torch.ones(alpha.shape, dtype=torch.bool)
    away[:, 6:15, 8:17] = False
    assert sums.total == pytest.approx(matting_gradient_sums(alpha, truth, unknown=away).total)


def test_frames_without_pixels_do_not_count() -> None:
    alpha, truth = noisy_mattes(1)
    nothing = torch.zeros(alpha.shape, dtype=torch.bool)
    assert math.isnan(matting_gradient(matting_gradient_sums(alpha, truth, unknown=nothing)))
    nothing[0] = True
    assert matting_gradient_sums(alpha, truth, unknown=nothing) == matting_gradient_sums(alpha[:1], truth[:1])


def test_stretched_knows_no_void() -> None:
    alpha, truth = noisy_mattes(1)
    with pytest.raises(InputError, match="valid: wanted None with the recipe stretched"):
        matting_gradient_sums(
            alpha, truth, valid=torch.ones(alpha.shape, dtype=torch.bool), recipe="stretched"
        )
