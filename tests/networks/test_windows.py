"""Windows: what sees one pixel gives the same as without, what sees more is blended without seams."""

from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  # PyTorch's own name for it
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from steadymask.errors import InputError
from steadymask.networks.windows import Windows, in_windows

SIDES = st.tuples(st.integers(1, 40), st.integers(1, 40))
WINDOWS = st.builds(Windows, size=SIDES, overlap=st.floats(0, 0.9))


def picture(h: int, w: int, frames: int = 1) -> Tensor:
    return torch.rand(frames, 3, h, w, generator=torch.Generator().manual_seed(h * 100 + w))


def of_one_pixel(x: Tensor) -> Tensor:
    """Probabilities of four classes that depend on the pixel alone."""
    return torch.cat((x, x.prod(1, keepdim=True)), 1).mul(3).softmax(1)


def of_all_around(x: Tensor) -> Tensor:
    """Zero padding makes what this gives at a window's border another than in the middle of a frame."""
    return F.conv2d(x, torch.ones(2, 3, 5, 5) * torch.tensor([0.1, -0.1])[:, None, None, None], padding=2)


@given(size=SIDES, windows=WINDOWS, frames=st.integers(1, 3), at_once=st.integers(1, 7))
@settings(deadline=None, derandomize=True)
def test_a_network_that_sees_one_pixel_gives_the_same_in_windows(
    size: tuple[int, int], windows: Windows, frames: int, at_once: int
) -> None:
    frame = picture(*size, frames)
    found = in_windows(of_one_pixel, frame, windows, at_once=at_once)
    torch.testing.assert_close(found, of_one_pixel(frame), rtol=1e-5, atol=1e-6)


@given(size=SIDES, windows=WINDOWS)
@settings(deadline=None, derandomize=True)
def test_weights_sum_to_one_and_windows_overlap_as_much_as_was_asked(
    size: tuple[int, int], windows: Windows
) -> None:
    ones = in_windows(lambda x: x.new_ones(len(x), 2, *x.shape[2:]), picture(*size), windows)
    torch.testing.assert_close(ones, torch.ones(1, 2, *size), rtol=0, atol=1e-6)
    for starts, length, window in zip(windows.starts(size), size, windows.size, strict=True):
        assert (starts[0], starts[-1]) == (0, max(length - window, 0))
        steps = [b - a for a, b in pairwise(starts)]
        assert all(1 <= each <= max(1, window * (1 - windows.overlap)) for each in steps)


@pytest.mark.parametrize("size", [(24, 30), (25, 30), (40, 50)])
def test_a_window_of_the_whole_frame_is_no_window_at_all(size: tuple[int, int]) -> None:
    frame = picture(24, 30, 2)
    found = in_windows(of_all_around, frame, Windows(size=size), at_once=2)
    assert torch.equal(found, of_all_around(frame))


def test_overlapping_windows_are_weighted_by_the_distance_to_their_borders() -> None:
    """Two windows of 4 of 6 columns share 2; the weights of the shared ones, 2 : 1 and 1 : 2, by hand."""
    given_in_turn = iter((1.0, 4.0))

    def probs_of(x: Tensor) -> Tensor:
        return torch.full((1, 1, *x.shape[2:]), next(given_in_turn))

    found = in_windows(probs_of, picture(1, 6), Windows(size=(1, 4), overlap=0.5))
    torch.testing.assert_close(found[0, 0, 0], torch.tensor([1.0, 1.0, 2.0, 3.0, 4.0, 4.0]))


def test_no_seam_remains_where_windows_disagree() -> None:
    """Neighbors that say 0 and 1: from pixel to pixel it changes by the slope of the weights at most."""

    def by_turns(x: Tensor) -> Tensor:
        by_turns.calls += 1
        return torch.full((1, 1, *x.shape[2:]), float(by_turns.calls % 2))

    by_turns.calls = 0
    found = in_windows(by_turns, picture(30, 120), Windows(size=(30, 30)))
    assert found.min() < 0.1 and found.max() > 0.9
    # A third of 30 shared: 1 / (10 + 1) a pixel, were both weights to run from one border to the other.
    assert (found[..., 1:] - found[..., :-1]).abs().max() <= 1 / 11 + 1e-6


def test_never_more_windows_at_once_than_asked_for() -> None:
    seen: list[tuple[int, ...]] = []

    def probs_of(x: Tensor) -> Tensor:
        seen.append(tuple(x.shape))
        return x[:, :2]

    in_windows(probs_of, picture(50, 70, 2), Windows(size=(20, 30)), at_once=4)
    assert {each[1:] for each in seen} == {(3, 20, 30)}
    assert max(each[0] for each in seen) == 4
    assert sum(each[0] for each in seen) == 2 * 4 * 3


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"size": (0, 5)}, "window: wanted at least 1 pixel a side"),
        ({"size": (5, 5), "overlap": 1.0}, "overlap: wanted a share from 0 to below 1"),
        ({"size": (5, 5), "overlap": -0.1}, "overlap: wanted a share from 0 to below 1"),
        ({"size": (5, 5), "overlap": float("nan")}, "overlap: wanted a share from 0 to below 1"),
    ],
)
def test_windows_that_cannot_be_are_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Windows(**wrong)
    with pytest.raises(InputError, match="at_once: wanted at least 1 window"):
        in_windows(of_one_pixel, picture(5, 5), Windows(size=(3, 3)), at_once=0)
