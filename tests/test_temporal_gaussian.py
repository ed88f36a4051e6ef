import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter1d

from steadymask.errors import InputError
from steadymask.temporal_gaussian import gaussian_radius, gaussian_weights


@pytest.mark.parametrize("sigma", [0.5, 1.0, 3.6])
@pytest.mark.parametrize("truncate", [2.0, 4.0])
def test_the_weights_are_those_of_scipy_with_the_nearest_border(sigma, truncate):
    signal = np.random.default_rng(0).random(12)
    expected = gaussian_filter1d(signal, sigma, mode="nearest", truncate=truncate)
    radius = gaussian_radius(sigma, truncate=truncate)
    for t, wanted in enumerate(expected):
        weights = gaussian_weights(sigma, past=t, future=11 - t, truncate=truncate)
        there = signal[max(t - radius, 0) : t + radius + 1]
        assert weights.double().numpy() @ there == pytest.approx(wanted, abs=1e-6)


def test_without_a_border_the_kernel_is_whole_and_even():
    weights = gaussian_weights(2.0)
    assert len(weights) == 17
    torch.testing.assert_close(weights, weights.flip(0))
    assert weights.sum() == pytest.approx(1)


def test_a_kernel_without_width_is_refused():
    with pytest.raises(InputError, match=r"sigma: wanted a positive number of frames, got 0\.0"):
        gaussian_radius(0.0)
