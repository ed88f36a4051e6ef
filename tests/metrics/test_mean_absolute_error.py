import math

import pytest
import torch

from steadymask.metrics.mean_absolute_error import mean_absolute_error, mean_absolute_error_sums

TRUTH = torch.tensor([[0, 1, 1, -1]])


def test_soft_masks_are_off_by_their_distance_from_the_truth():
    foreground = torch.tensor([[0.1, 0.6, 1.0, 0.3]])
    sums = mean_absolute_error_sums(torch.stack([1 - foreground, foreground]), TRUTH)
    assert mean_absolute_error(sums) == pytest.approx((0.1 + 0.4 + 0) / 3)


def test_hard_labels_are_off_where_they_differ():
    assert mean_absolute_error(mean_absolute_error_sums(torch.tensor([[1, 1, 0, 0]]), TRUTH)) == 2 / 3
    assert mean_absolute_error(mean_absolute_error_sums(torch.tensor([[1, 1, -1, 0]]), TRUTH)) == 1 / 2


def test_hard_labels_and_their_one_hot_probabilities_score_the_same():
    noise = torch.Generator().manual_seed(0)
    labels, truth = torch.randint(0, 4, (2, 7, 9), generator=noise)
    probs = torch.nn.functional.one_hot(labels, 4).permute(2, 0, 1).float()
    assert mean_absolute_error_sums(probs, truth) == mean_absolute_error_sums(labels, truth)


def test_pooling_frames_pools_pixels():
    one = mean_absolute_error_sums(torch.tensor([[1, 1, 1, 0]]), TRUTH)
    two = mean_absolute_error_sums(torch.tensor([[0, 0]]), torch.tensor([[1, -1]]))
    assert mean_absolute_error(one + two) == 2 / 4


def test_all_void_has_no_value():
    void = torch.tensor([[-1, -1]])
    assert math.isnan(mean_absolute_error(mean_absolute_error_sums(torch.tensor([[0, 1]]), void)))
