"""Lag: known shifts of a square that moves."""

import math

import torch
from torch import Tensor

from steadymask.metrics.lag import LagSums, lag, lag_sums


def square(left: int) -> Tensor:
    labels = torch.zeros(40, 60, dtype=torch.int32)
    labels[12:28, left : left + 16] = 1
    return labels


def motion(dx: float) -> Tensor:
    """Of the square that stands at 20, over ground that is still."""
    flow = torch.zeros(2, 40, 60)
    flow[0] = -dx * square(20)
    return flow


def test_masks_that_stand_where_the_object_was_trail_behind() -> None:
    sums = lag_sums(square(18), square(20), motion(2.0))
    assert sums == LagSums(behind=64, ahead=0)  # two columns of 16 missing in front, two too many at the back
    assert lag(sums) == 1


def test_masks_that_run_ahead_are_the_opposite() -> None:
    assert lag(lag_sums(square(22), square(20), motion(2.0))) == -1
    assert lag(lag_sums(square(22), square(20), motion(-2.0))) == 1


def test_masks_that_grow_or_shrink_neither_lag_nor_lead() -> None:
    wider = torch.nn.functional.max_pool2d(square(20)[None].float(), 3, 1, 1)[0].int()
    for a, b in ((wider, square(20)), (square(20), wider)):
        assert lag(lag_sums(a, b, motion(2.0))) == 0


def test_where_nothing_differs_or_moves_there_is_no_lag() -> None:
    assert math.isnan(lag(lag_sums(square(20), square(20), motion(2.0))))
    assert math.isnan(lag(lag_sums(square(18), square(20), motion(0.0))))


def test_void_counts_nowhere() -> None:
    trailing = square(18)
    trailing[:, :30] = -1
    assert lag_sums(trailing, square(20), motion(2.0)) == LagSums(behind=32, ahead=0)
