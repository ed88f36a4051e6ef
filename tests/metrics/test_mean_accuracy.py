"""Mean accuracy, worked by hand and by invariants."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from steadymask.metrics.agreement import agreement
from steadymask.metrics.mean_accuracy import mean_accuracy


def test_classes_count_alike_however_large_they_are() -> None:
    truth = torch.tensor([[0, 0, 0, 0, 1, -1]])
    labels = torch.tensor([[0, 0, 0, 2, 2, 1]])
    assert mean_accuracy(agreement(truth, labels, classes=3)) == pytest.approx((3 / 4 + 0) / 2)


def test_without_truth_it_is_undefined() -> None:
    nothing = torch.full((2, 2), -1)
    assert math.isnan(mean_accuracy(agreement(nothing, nothing, classes=3)))


@settings(deadline=None, derandomize=True)
@given(seed=st.integers(0, 999))
def test_it_is_the_mean_of_the_diagonal_over_the_rows_of_the_confusion(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    truth, labels = torch.randint(0, 4, (2, 5, 6), generator=generator)
    confusion = (truth.flatten() * 4 + labels.flatten()).bincount(minlength=16).view(4, 4).double()
    there = confusion.sum(1) > 0
    expected = (confusion.diagonal()[there] / confusion.sum(1)[there]).mean()
    assert mean_accuracy(agreement(truth, labels, classes=4)) == pytest.approx(float(expected))
