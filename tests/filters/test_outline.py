"""Outlines on drawn probabilities."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from steadymask.filters.outline import Outline, outline_in

PLAIN = Outline(threshold=0.5, reach=2, sigma=0.0)


def disk(size: int = 41, radius: float = 12.0) -> np.ndarray:
    y, x = np.mgrid[:size, :size] - size // 2
    return (np.hypot(y, x) < radius).astype(np.float32)


def test_where_the_frames_agree_nothing_changes() -> None:
    soft = np.asarray(gaussian_filter(disk(), 3.0), np.float32)
    outline = Outline(threshold=0.3, reach=3, sigma=2.0)
    assert np.array_equal(outline.drawn(soft, soft), soft)


def test_a_threshold_of_one_half_without_smoothing_changes_nothing() -> None:
    soft = np.asarray(gaussian_filter(disk(), 3.0), np.float32)
    assert np.allclose(PLAIN.drawn(soft, disk()), soft, atol=1e-6)


@pytest.mark.parametrize("threshold", [0.3, 0.4, 0.45])
def test_close_to_the_outline_the_threshold_suffices(threshold: float) -> None:
    """One row of votes falls from 1 to 0: what is above the threshold, and near enough, is present."""
    votes = np.linspace(1, 0, 21, dtype=np.float32)[None].repeat(5, 0)
    before = 1 - np.round(votes)  # the frame's own mask says otherwise everywhere
    drawn = Outline(threshold=threshold, reach=30, sigma=0.0).drawn(votes, before)
    assert np.array_equal(drawn > 0.5, votes > threshold)


def test_far_from_the_outline_one_half_is_needed() -> None:
    votes = np.full((9, 40), 0.45, np.float32)
    votes[:, :10] = 1.0
    drawn = Outline(threshold=0.4, reach=3, sigma=0.0).drawn(votes, np.zeros_like(votes))
    assert (drawn[:, :13] > 0.5).all()
    assert (drawn[:, 13:] < 0.5).all()


def test_smoothing_is_a_gaussian_where_the_vote_changed_the_mask() -> None:
    votes = np.asarray(gaussian_filter(disk(), 1.0), np.float32)
    before = np.where(votes > 0.5, votes - 0.5, votes + 0.5)  # all changed by more than one quarter
    drawn = Outline(threshold=0.5, reach=1, sigma=1.5).drawn(votes, before)
    assert np.allclose(drawn[8:-8, 8:-8], gaussian_filter(votes, 1.5, mode="mirror")[8:-8, 8:-8], atol=2e-3)


def test_a_ragged_outline_becomes_smooth() -> None:
    generator = np.random.default_rng(0)
    votes = np.clip(gaussian_filter(disk(81, 25), 2.0) + generator.normal(0, 0.15, (81, 81)), 0, 1)
    before = (generator.random((81, 81)) > 0.5).astype(np.float32)

    def length(mask: np.ndarray) -> int:
        return int((mask[1:] != mask[:-1]).sum() + (mask[:, 1:] != mask[:, :-1]).sum())

    drawn = Outline(threshold=0.5, reach=1, sigma=1.5).drawn(votes.astype(np.float32), before)
    assert length(drawn > 0.5) < 0.65 * length(votes > 0.5)


def test_objects_that_share_a_border_leave_no_gap() -> None:
    one = np.asarray(
        gaussian_filter(np.pad(np.ones((20, 10), np.float32), ((0, 0), (0, 10))), 2.0), np.float32
    )
    both = np.stack([one, 1 - one])
    drawn = Outline(threshold=0.4, reach=3, sigma=1.5).drawn_all(both, np.round(1 - both))
    assert (drawn.sum(0) > 0.99).all()


@pytest.mark.parametrize("sigma", [0.0, 1.5, 4.0])
def test_only_what_is_near_a_change_is_looked_at_with_the_same_result(sigma: float) -> None:
    generator = np.random.default_rng(0)
    before = gaussian_filter(generator.random((90, 120)), 4.0)
    before = ((before - before.min()) / np.ptp(before)).astype(np.float32)
    fused = before.copy()
    fused[:20, 30:50] = 1 - fused[:20, 30:50]
    fused[40:52, 60:80] = 1 - fused[40:52, 60:80]
    outline = Outline(threshold=0.4, reach=3, sigma=sigma)
    corners = fused.copy()
    corners[[0, -1], [0, -1]] += 1e-9 + np.float32(1e-6)  # now all of the picture is looked at
    assert np.allclose(outline.drawn(fused, before), outline.drawn(corners, before), atol=1e-5)


def test_lengths_are_shares_of_the_diagonal() -> None:
    outline = outline_in((480, 854), threshold=0.4, smooth=0.0015)
    assert outline.reach == 3
    assert outline.sigma == pytest.approx(1.47, abs=0.01)
    assert outline_in((3, 5), threshold=0.4, smooth=0.0015).reach == 1
