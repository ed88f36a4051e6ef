"""The inconsistency loss, against the metric that it follows."""

import pytest
import torch
from torch.nn.functional import one_hot

from steadymask.losses.cross_entropy import cross_entropy_loss
from steadymask.losses.inconsistency import inconsistency_loss, pair_inconsistency_loss
from steadymask.metrics.inconsistency import inconsistency, inconsistency_sums
from world import World

WORLD = World()
FRAMES = range(4)


def spoiled(t: int) -> torch.Tensor:
    """Labels of frame t with flicker."""
    labels = WORLD.labels(t).long()
    wrong = torch.rand(labels.shape, generator=torch.Generator().manual_seed(t)) < 0.1
    return torch.where(wrong, (labels + 1) % 3, labels)


def maps(labels: torch.Tensor) -> torch.Tensor:
    return one_hot(labels, 3).movedim(-1, -3).double()


def metric(i: int, j: int):
    return inconsistency_sums(
        spoiled(i).int(),
        spoiled(j).int(),
        WORLD.flow(i, j),
        WORLD.flow(j, i),
        visible_ij=WORLD.visible(i, j),
        visible_ji=WORLD.visible(j, i),
        classes=3,
    )


def group():
    flow = torch.stack([torch.stack([WORLD.flow(i, j) for j in FRAMES]) for i in FRAMES])[None]
    visible = torch.stack([torch.stack([WORLD.visible(i, j) for j in FRAMES]) for i in FRAMES])[None]
    labels = torch.stack([spoiled(t) for t in FRAMES])[None]
    return 1e3 * maps(labels), labels, flow, visible


def test_of_hard_masks_it_is_the_metric():
    loss = pair_inconsistency_loss(
        *(maps(spoiled(t)[None]) for t in (0, 2)),
        WORLD.flow(0, 2)[None],
        WORLD.flow(2, 0)[None],
        visible_ij=WORLD.visible(0, 2)[None],
        visible_ji=WORLD.visible(2, 0)[None],
    )
    assert loss.item() == pytest.approx(inconsistency(metric(0, 2)), abs=1e-5)
    assert loss > 0.1


def test_of_a_group_it_is_the_metrics_mean_over_all_pairs():
    logits, labels, flow, visible = group()
    loss = inconsistency_loss(logits, labels, flow, visible=visible, data_weight=0.0)
    pairs = [metric(i, j) for i in FRAMES for j in FRAMES if i < j]
    assert loss.item() == pytest.approx(inconsistency(sum(pairs[1:], start=pairs[0])), abs=1e-5)


def test_a_pair_that_nobody_can_see_is_not_counted():
    logits, labels, flow, visible = group()
    visible[:, 1, 3] = False
    loss = inconsistency_loss(logits, labels, flow, visible=visible, data_weight=0.0)
    pairs = [metric(i, j) for i in FRAMES for j in FRAMES if i < j and (i, j) != (1, 3)]
    assert loss.item() == pytest.approx(inconsistency(sum(pairs[1:], start=pairs[0])), abs=1e-5)


def test_masks_that_follow_the_motion_cost_nothing():
    _, labels, flow, visible = group()
    labels = torch.stack([WORLD.labels(t).long() for t in FRAMES])[None]
    loss = inconsistency_loss(1e3 * maps(labels), labels, flow, visible=visible, data_weight=1.0)
    assert loss.item() == pytest.approx(0, abs=1e-4)


def test_equal_predictions_that_are_unsure_still_cost():
    probs = torch.full((1, 2, 3, 3), 0.5)
    still, seen = torch.zeros(1, 2, 3, 3), torch.ones(1, 3, 3, dtype=torch.bool)
    loss = pair_inconsistency_loss(probs, probs, still, still, visible_ij=seen, visible_ji=seen)
    assert loss.item() == pytest.approx(1)


def test_the_teacher_is_followed_by_cross_entropy_with_its_weight():
    _, labels, flow, visible = group()
    logits = torch.randn(1, 4, 3, 48, 64, generator=torch.Generator().manual_seed(0))
    labels[0, 0, :5] = -1
    free, bound = (
        inconsistency_loss(logits, labels, flow, visible=visible, data_weight=weight) for weight in (0.0, 0.7)
    )
    torch.testing.assert_close(bound - free, 0.7 * cross_entropy_loss(logits[0], labels[0]))


def test_permuting_the_classes_changes_nothing():
    _, labels, flow, visible = group()
    logits = torch.randn(1, 4, 3, 48, 64, generator=torch.Generator().manual_seed(0))
    order = torch.tensor([2, 0, 1])
    expected = inconsistency_loss(logits, labels, flow, visible=visible, data_weight=0.5)
    permuted = inconsistency_loss(
        logits[:, :, order], order.argsort()[labels], flow, visible=visible, data_weight=0.5
    )
    torch.testing.assert_close(permuted, expected)
