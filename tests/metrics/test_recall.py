import math

import torch

from steadymask.metrics.recall import recall, recall_of_objects, recall_sums


def test_the_share_of_the_objects_that_was_found_worked_by_hand():
    truth = torch.tensor([[0, 1, 1, 1, 2, -1, 2]])
    labels = torch.tensor([[1, 1, 1, 0, 1, 2, -1]])
    sums = recall_sums(labels, truth, classes=4)
    assert recall(sums) == 2 / 4
    assert recall_of_objects(sums)[:2].tolist() == [2 / 3, 0]
    assert recall_of_objects(sums)[2].isnan()


def test_an_empty_truth_has_no_recall():
    nothing = torch.zeros(2, 3, dtype=torch.int32)
    assert math.isnan(recall(recall_sums(nothing, nothing, classes=2)))


def test_pooling_frames_pools_pixels():
    truth = torch.tensor([[[1, 1, 1, 0]], [[1, 0, 0, 0]]])
    labels = torch.tensor([[[1, 1, 1, 0]], [[0, 0, 0, 0]]])
    sums = recall_sums(labels[0], truth[0], classes=2) + recall_sums(labels[1], truth[1], classes=2)
    assert recall(sums) == 3 / 4
