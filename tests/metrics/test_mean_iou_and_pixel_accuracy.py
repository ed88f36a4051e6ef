"""Mean IoU and pixel accuracy: a case worked on paper, and what must hold for any labels."""

import math

import pytest
import torch

from steadymask.metrics.agreement import agreement
from steadymask.metrics.mean_iou import mean_iou
from steadymask.metrics.pixel_accuracy import pixel_accuracy

TRUTH = torch.tensor([[0, 0, 1, 1], [0, 0, 1, -1]])
LABELS = torch.tensor([[0, 2, 1, 1], [0, 0, 0, 1]])


def test_a_case_worked_on_paper() -> None:
    sums = agreement(TRUTH, LABELS, classes=4)
    assert mean_iou(sums) == pytest.approx((3 / 5 + 2 / 3) / 2)  # class 2 is only in the labels, 3 nowhere
    assert pixel_accuracy(sums) == pytest.approx(5 / 7)


def test_the_truth_itself_scores_one() -> None:
    sums = agreement(TRUTH, TRUTH, classes=2)
    assert (mean_iou(sums), pixel_accuracy(sums)) == (1, 1)


def test_parts_pool_to_the_whole() -> None:
    rows = [agreement(TRUTH[row : row + 1], LABELS[row : row + 1], classes=3) for row in (0, 1)]
    assert mean_iou(rows[0] + rows[1]) == mean_iou(agreement(TRUTH, LABELS, classes=3))


def test_without_pixels_both_are_undefined() -> None:
    void = torch.full((2, 2), -1)
    sums = agreement(void, void, classes=2)
    assert math.isnan(mean_iou(sums))
    assert math.isnan(pixel_accuracy(sums))
