import math

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from steadymask.edges import band, label_edge
from steadymask.losses.balanced_cross_entropy import balanced_cross_entropy_loss
from steadymask.losses.cross_entropy import cross_entropy_loss
from steadymask.losses.edge_cross_entropy import edge_cross_entropy_loss


def test_cross_entropy_is_torchs_picture_by_picture():
    noise = torch.Generator().manual_seed(0)
    logits = torch.randn(3, 4, 5, 6, generator=noise)
    labels = torch.randint(-1, 4, (3, 5, 6), generator=noise)
    labels[2] = -1  # torch alone gives NaN here
    expected = [cross_entropy(logits[n, None], labels[n, None], ignore_index=-1) for n in (0, 1)]
    torch.testing.assert_close(cross_entropy_loss(logits, labels), sum(expected) / 3)


def test_balanced_cross_entropy_worked_by_hand():
    # p = 3/4, 1/2, 1/5, 1/2; one foreground pixel, two of background, one void: β = 2/3
    logits = torch.tensor([[[3.0, 1.0, 0.25, 1.0]]]).log()
    labels = torch.tensor([[[1, 0, 0, -1]]])
    expected = torch.tensor(2 / 3 * math.log(4 / 3) + 1 / 3 * (math.log(2) + math.log(5 / 4)))
    torch.testing.assert_close(balanced_cross_entropy_loss(logits, labels, reduction="sum"), expected)
    torch.testing.assert_close(balanced_cross_entropy_loss(logits, labels), expected / 3)


def test_where_half_is_foreground_it_is_half_of_the_plain_cross_entropy():
    logits = torch.randn(2, 4, 4, generator=torch.Generator().manual_seed(1))
    labels = torch.tensor([0, 1]).repeat(2, 4, 2)
    expected = binary_cross_entropy_with_logits(logits, labels.float()) / 2
    torch.testing.assert_close(balanced_cross_entropy_loss(logits, labels), expected)


def test_foreground_and_background_pull_alike_whatever_their_areas():
    logits = torch.zeros(1, 10, 10, requires_grad=True)
    labels = torch.zeros(1, 10, 10, dtype=torch.int64)
    labels[0, 2:4, 5] = 1
    balanced_cross_entropy_loss(logits, labels).backward()
    pull = logits.grad[labels == 1].sum()
    assert pull < 0
    assert pull.item() == pytest.approx(-logits.grad[labels == 0].sum().item())


def test_edges_weigh_as_much_as_all_else_worked_by_hand():
    # One edge pixel (the last of label 1), p = 1/4; three others, p = 1/2, 1/2, 4/5; void is left out.
    labels = torch.tensor([[[1, 1, 0, 0, -1]]])
    edge = torch.tensor([1.0, 1 / 3, 1.0, 1 / 4, 7.0]).log()
    logits = torch.stack([torch.zeros(5), edge])[None, :, None]
    expected = torch.tensor((math.log(4) + (2 * math.log(2) + math.log(5 / 4)) / 3) / 2)
    torch.testing.assert_close(edge_cross_entropy_loss(logits, labels, width=1), expected)


def test_edges_balanced_are_torchs_weighted_mean():
    noise = torch.Generator().manual_seed(4)
    labels = torch.randint(0, 2, (1, 6, 7), generator=noise).repeat_interleave(4, 2)
    logits = torch.randn(1, 2, 6, 28, generator=noise)
    edges = band(label_edge(labels), width=3).long()
    share = edges.float().mean()
    expected = cross_entropy(logits, edges, weight=torch.stack([share, 1 - share]))
    torch.testing.assert_close(edge_cross_entropy_loss(logits, labels), expected)
