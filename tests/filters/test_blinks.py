"""Blinks, worked by hand on a picture of 4 × 4 pixels, all undecided."""

import numpy as np
import pytest

from steadymask.filters.blinks import Vote, blinking

PIXELS = np.arange(16, dtype=np.int32)


def vote(value: float, trust: float = 1.0, full: float = 1.0) -> Vote:
    share = np.full(16, value * trust, np.float32)
    return Vote(share=share, trust=np.full(16, trust, np.float32), full=full)


def blinks(own: list[float], past: Vote, future: Vote) -> list[int]:
    found = blinking(
        np.array(own, np.float32), past, future, PIXELS, (4, 4), vanished=0.4, appeared=0.3, trust=0.2
    )
    return np.flatnonzero(found).tolist()


LACKS = [1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1]
ALONE = [1 - each for each in LACKS]
INNER = [5, 6, 9, 10]


@pytest.mark.parametrize(("past", "future", "expected"), [(1, 1, INNER), (0.7, 0.61, INNER), (1, 0.55, [])])
def test_a_missing_part_is_restored_where_both_sides_are_clear(
    past: float, future: float, expected: list[int]
) -> None:
    assert blinks(LACKS, vote(past), vote(future)) == expected


@pytest.mark.parametrize(("past", "future", "expected"), [(0, 0, INNER), (0.2, 0.29, INNER), (0, 0.4, [])])
def test_a_lone_part_is_removed_where_both_sides_are_clear(
    past: float, future: float, expected: list[int]
) -> None:
    assert blinks(ALONE, vote(past), vote(future)) == expected


@pytest.mark.parametrize(("past", "future"), [(0, 1), (1, 0)])
def test_what_comes_or_goes_for_good_does_not_blink(past: float, future: float) -> None:
    assert blinks(LACKS, vote(past), vote(future)) == []
    assert blinks(ALONE, vote(past), vote(future)) == []


def test_a_part_that_agrees_does_not_blink() -> None:
    assert blinks([1.0] * 16, vote(1), vote(1)) == []
    assert blinks([0.0] * 16, vote(0), vote(0)) == []


def test_a_side_that_cannot_be_trusted_decides_nothing() -> None:
    assert blinks(LACKS, vote(1, trust=0.21), vote(1)) == INNER
    assert blinks(LACKS, vote(1, trust=0.19), vote(1)) == []


@pytest.mark.parametrize("side", ["past", "future"])
def test_without_frames_on_one_side_nothing_blinks(side: str) -> None:
    none = Vote(share=np.zeros(16, np.float32), trust=np.zeros(16, np.float32), full=0.0)
    sides = {"past": vote(1), "future": vote(1)} | {side: none}
    assert blinks(LACKS, sides["past"], sides["future"]) == []


def test_a_part_is_decided_as_a_whole() -> None:
    """Half of the part has votes of 1, half of 0.55: together 0.775, above 0.6; alone the half would stay."""
    mixed = vote(1)
    mixed.share[[5, 9]] = 0.55
    assert blinks(LACKS, mixed, vote(1)) == INNER


def test_parts_are_decided_one_by_one() -> None:
    own = [0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1]  # two parts, a column between
    past = vote(1)
    past.share[[3, 7]] = 0.55
    assert blinks(own, past, vote(1)) == [0, 1, 4, 5]


def test_the_order_of_time_does_not_matter() -> None:
    past, future = vote(0.7), vote(0.9)
    assert blinks(LACKS, past, future) == blinks(LACKS, future, past)
