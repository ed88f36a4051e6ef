"""Temporal Gaussian, median and exponential average against SciPy and their formulas."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d, median_filter
from scipy.signal import lfilter
from streams import filtered, random_pictures, random_probs, stream

from steadymask.errors import InputError
from steadymask.filters.average import ExponentialAverage
from steadymask.filters.gaussian import GaussianFilter
from steadymask.filters.guided import GuidedFilter
from steadymask.filters.median import MedianFilter, median
from steadymask.filters.normalize import normalize
from steadymask.filters.run import Filter

EVERY = [
    GaussianFilter(sigma=0.7),
    MedianFilter(radius=1),
    ExponentialAverage(alpha=0.3),
    GuidedFilter(size=4, frames=3),
    GuidedFilter(size=3, frames=1),
    GuidedFilter(size=4, frames=2, windows="pyramid", weights="one"),
]


@pytest.mark.parametrize("frames", [1, 3, 25])
@pytest.mark.parametrize("sigma", [0.5, 1.0, 3.0])
def test_the_gaussian_is_scipys(sigma: float, frames: int) -> None:
    probs = random_probs((frames, 3, 2, 2))
    expected = gaussian_filter1d(probs.double().numpy(), sigma, axis=0, mode="nearest")
    torch.testing.assert_close(
        filtered(GaussianFilter(sigma=sigma), stream(probs)).double(),
        torch.from_numpy(expected),
        atol=1e-6,
        rtol=0,
    )


@pytest.mark.parametrize("frames", [1, 2, 12])
@pytest.mark.parametrize("radius", [0, 1, 3])
def test_the_median_of_two_classes_is_scipys(radius: int, frames: int) -> None:
    probs = random_probs((frames, 2, 3, 2))
    expected = median_filter(probs.numpy(), size=(2 * radius + 1, 1, 1, 1), mode="nearest")
    torch.testing.assert_close(
        filtered(MedianFilter(radius=radius), stream(probs)), torch.from_numpy(expected), atol=1e-6, rtol=0
    )


def test_the_medians_of_many_classes_are_scipys_scaled_to_one() -> None:
    probs = random_probs((9, 4, 3, 2))
    expected = torch.from_numpy(median_filter(probs.numpy(), size=(5, 1, 1, 1), mode="nearest"))
    torch.testing.assert_close(
        filtered(MedianFilter(radius=2), stream(probs)), expected / expected.sum(1, keepdim=True)
    )


@given(st.lists(st.floats(-9, 9), min_size=1, max_size=11).filter(lambda values: len(values) % 2 == 1))
@settings(deadline=None, derandomize=True)
def test_the_median_is_numpys(values: list[float]) -> None:
    assert median([torch.tensor(value, dtype=torch.float64) for value in values]).item() == np.median(values)


def test_the_median_of_hard_masks_is_the_majority() -> None:
    probs = random_probs((7, 2, 4, 4), hard=True)
    votes = torch.stack([probs[t - 1 : t + 2].sum(0) for t in range(1, 6)])
    assert torch.equal(filtered(MedianFilter(radius=1), stream(probs))[1:6], (votes >= 2).float())


def test_where_three_frames_say_three_things_the_frame_keeps_its_own() -> None:
    probs = torch.eye(3).reshape(3, 3, 1, 1)
    assert torch.equal(filtered(MedianFilter(radius=1), stream(probs)), probs)


@pytest.mark.parametrize("alpha", [0.1, 0.5, 1.0])
def test_the_average_is_the_recursive_filter_of_scipy(alpha: float) -> None:
    probs = random_probs((20, 2, 2, 3))
    first = (1 - alpha) * probs[
        :1
    ].double().numpy()  # the filter's state as if the first frame had always been
    expected, _ = lfilter([alpha], [1, alpha - 1], probs.double().numpy(), axis=0, zi=first)
    torch.testing.assert_close(
        filtered(ExponentialAverage(alpha=alpha), stream(probs)).double(),
        torch.from_numpy(expected),
        atol=1e-6,
        rtol=0,
    )


def test_the_average_of_three_frames_on_paper() -> None:
    probs = torch.tensor([1.0, 0.0, 0.0]).reshape(3, 1, 1, 1)
    inside = filtered(ExponentialAverage(alpha=0.25), stream(torch.cat((1 - probs, probs), 1)))[
        :, 1
    ].flatten()
    assert inside.tolist() == [1.0, 0.75, 0.5625]


@pytest.mark.parametrize("each", EVERY, ids=repr)
@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("hard", [True, False])
def test_every_result_is_probabilities(each: Filter, classes: int, hard: bool) -> None:
    result = filtered(each, stream(random_probs((6, classes, 9, 8), hard=hard), random_pictures(6, 9, 8)))
    assert result.min() >= 0
    torch.testing.assert_close(result.sum(1), torch.ones(6, 9, 8))


@pytest.mark.parametrize("each", EVERY, ids=repr)
def test_two_scenes_are_filtered_as_two_clips(each: Filter) -> None:
    probs, pictures = random_probs((9, 2, 8, 8)), random_pictures(9, 8, 8)
    parts = [filtered(each, stream(probs[part], pictures[part])) for part in (slice(0, 4), slice(4, 9))]
    assert torch.equal(filtered(each, stream(probs, pictures, cuts=[4])), torch.cat(parts))


@pytest.mark.parametrize(
    "each", [each for each in EVERY if not isinstance(each, ExponentialAverage)], ids=repr
)
def test_a_late_start_gives_the_same_frames(each: Filter) -> None:
    items = stream(random_probs((12, 2, 8, 8)), random_pictures(12, 8, 8))
    late = filtered(each, items[7 - each.memory :], start=7)
    assert torch.equal(late, filtered(each, items)[7:])


@pytest.mark.parametrize("each", EVERY, ids=repr)
def test_permuting_the_classes_permutes_the_result(each: Filter) -> None:
    probs, pictures, order = random_probs((5, 4, 8, 8)), random_pictures(5, 8, 8), [2, 0, 3, 1]
    permuted = filtered(each, stream(probs[:, order], pictures))
    torch.testing.assert_close(permuted, filtered(each, stream(probs, pictures))[:, order])


@pytest.mark.parametrize("each", EVERY, ids=repr)
def test_masks_that_say_nothing_new_stay(each: Filter) -> None:
    probs = torch.tensor([0.2, 0.8]).reshape(1, 2, 1, 1).expand(5, 2, 8, 8).contiguous()
    torch.testing.assert_close(
        filtered(each, stream(probs, random_pictures(5, 8, 8))), probs, atol=2e-5, rtol=0
    )


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: GaussianFilter(sigma=0.0), "sigma"),
        (lambda: GaussianFilter(sigma=float("nan")), "sigma"),
        (lambda: MedianFilter(radius=-1), "radius"),
        (lambda: ExponentialAverage(alpha=0.0), "alpha"),
        (lambda: ExponentialAverage(alpha=1.5), "alpha"),
    ],
)
def test_a_setting_out_of_range_is_named(make: object, name: str) -> None:
    with pytest.raises(InputError, match=f"^{name}: wanted"):
        make()  # type: ignore[operator]


def test_maps_below_zero_count_as_nothing() -> None:
    maps = torch.tensor([[[1.2, 0.0]], [[-0.1, 0.0]], [[0.3, -1.0]]])
    otherwise = torch.tensor([[[0.0, 0.5]], [[0.0, 0.5]], [[1.0, 0.0]]])
    expected = torch.tensor([[[0.8, 0.5]], [[0.0, 0.5]], [[0.2, 0.0]]])
    torch.testing.assert_close(normalize(maps, otherwise), expected)
