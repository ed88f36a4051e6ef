"""Thin parts on drawn masks."""

import numpy as np
import pytest

from steadymask.filters.thin_parts import ThinParts, followed, supported, thin_parts_in

PARTS = ThinParts(radius=3, apart=2, near=1, least=1)


def body_with_line() -> np.ndarray:
    """A square of 20 × 20 pixels with a line of 2 × 12 on its right side."""
    mask = np.zeros((32, 48), np.float32)
    mask[6:26, 4:24] = 1
    mask[15:17, 24:36] = 1
    return mask


def without_line() -> np.ndarray:
    mask = body_with_line()
    mask[:, 24:] = 0
    return mask


def test_a_line_is_thin_and_a_body_is_not() -> None:
    thin = PARTS.of(body_with_line())
    assert thin[15:17, 26:36].all()
    assert not thin[10:22, 8:20].any()


def test_what_is_thin_is_grown_by_its_nearness() -> None:
    thin = PARTS.of(body_with_line())
    assert thin[14, 26:36].all()
    assert not thin[12, 26:36].any()


def test_a_lost_line_is_one_part() -> None:
    numbers = PARTS.lost(body_with_line(), without_line())
    assert set(np.unique(numbers)) == {0, 1}
    assert (numbers[15:17, 27:36] == 1).all()
    assert (numbers[:, :24] == 0).all()


def test_lines_apart_are_parts_of_their_own() -> None:
    before = body_with_line()
    before[8:10, 24:36] = 1
    assert PARTS.lost(before, without_line()).max() == 2


def test_an_edge_that_only_moved_is_not_lost() -> None:
    before = body_with_line()
    after = before.copy()
    after[15, 24:36] = 0  # half of the line is left
    after[6:26, 4] = 0
    assert not PARTS.lost(before, after).any()


@pytest.mark.parametrize("mask", [np.zeros((32, 48), np.float32), body_with_line()])
def test_what_is_still_there_is_not_lost(mask: np.ndarray) -> None:
    assert not PARTS.lost(mask, mask).any()


def test_a_line_is_lost_with_all_that_there_was() -> None:
    line = body_with_line() - without_line()
    assert (PARTS.lost(line, np.zeros_like(line)) > 0).sum() == line.sum()


@pytest.mark.parametrize("pixels", [24, 25])
def test_a_speck_is_no_part(pixels: int) -> None:
    before = body_with_line()
    before[3:4, 24:36] = 1
    line = int((body_with_line() - without_line()).sum())
    parts = ThinParts(radius=3, apart=2, near=1, least=pixels)
    assert line == 24
    assert (parts.lost(before, without_line()) > 0).sum() == (line if pixels <= line else 0)


def test_what_is_lost_elsewhere_makes_no_difference() -> None:
    before, after = (np.pad(mask, 40) for mask in (body_with_line(), without_line()))
    numbers = PARTS.lost(before, after)
    before[2:6, 100:120] = before[108:111, 1:50] = 1  # lines in the corners, one at the picture's edge
    more = PARTS.lost(before, after)
    assert numbers.any()
    assert ((numbers > 0) == (more > 0))[40:72].all()


def test_sizes_follow_the_picture() -> None:
    assert thin_parts_in((480, 854), thin=0.0245, speck=0.003) == ThinParts(
        radius=12, apart=12, near=8, least=9
    )
    assert thin_parts_in((960, 1708), thin=0.0245, speck=0.003) == ThinParts(
        radius=24, apart=24, near=16, least=35
    )
    assert thin_parts_in((8, 8), thin=0.0245) == ThinParts(radius=1, apart=1, near=1, least=0)


@pytest.mark.parametrize(
    ("past", "future", "enough"),
    [(0.0, 0.0, False), (0.3, 0.0, True), (0.0, 0.3, True), (0.29, 0.29, False)],
)
def test_one_side_is_support_enough(past: float, future: float, enough: bool) -> None:
    numbers = np.array([0, 1, 1, 2], np.int32)
    sides = [np.array([1, value, value, 0], np.float32) for value in (past, future)]
    assert supported(numbers, sides, least=0.3).tolist() == [False, enough, enough, False]


def test_support_is_the_mean_over_the_part() -> None:
    numbers = np.array([1, 1, 1, 1, 2, 2], np.int32)
    sides = [np.array([1, 1, 0, 0, 1, 0], np.float32), np.zeros(6, np.float32)]
    assert supported(numbers, sides, least=0.3).all()
    assert not supported(numbers, [side * 0.5 for side in sides], least=0.3).any()


@pytest.mark.parametrize(("trust", "enough"), [(0.4, False), (0.6, True)])
def test_a_part_is_followed_as_a_whole(trust: float, enough: bool) -> None:
    numbers = np.array([0, 1, 1], np.int32)
    trusted = np.array([1, trust - 0.1, trust + 0.1], np.float32)
    assert followed(numbers, trusted, least=0.5).tolist() == [False, enough, enough]
