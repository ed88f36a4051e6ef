"""The stability rate, worked by hand and on a world whose motion is known exactly."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from steadymask.metrics.stability_rate import (
    StabilityRateSums,
    near_edge,
    stability_rate,
    stability_rate_sums,
)
from world import World

WORLD = World()


def rate(labels: torch.Tensor, before: torch.Tensor, where: torch.Tensor | None = None) -> float:
    """Of the world's frames 0 and 1 with labels of one's own."""
    visible = WORLD.visible(1, 0) if where is None else WORLD.visible(1, 0) & where
    return stability_rate(
        stability_rate_sums(labels, before, WORLD.flow(1, 0), visible=visible, classes=WORLD.classes)
    )


def test_the_truth_under_its_own_motion_is_fully_stable() -> None:
    assert rate(WORLD.labels(1), WORLD.labels(0)) == 1
    assert rate(WORLD.labels(1), WORLD.labels(0), near_edge(WORLD.labels(1))) == 1


def test_a_pair_worked_by_hand() -> None:
    labels, before = torch.tensor([[0, 1, 1, -1, 2]]), torch.tensor([[0, 0, 1, 1, 2]])
    visible = torch.tensor([[True, True, True, True, False]])
    sums = stability_rate_sums(labels, before, torch.zeros(2, 1, 5), visible=visible, classes=3)
    assert stability_rate(sums) == pytest.approx(2 / 3)  # the void and the hidden pixel do not count


def test_labels_that_stay_where_the_world_moves_lose_what_moved() -> None:
    """A bar moves one pixel to the right, its labels stay: each of its two edges is wrong by a column."""
    labels = torch.zeros(6, 20, dtype=torch.int32)
    labels[:, 5:9] = 1
    left = torch.zeros(2, 6, 20)
    left[0] = -1
    visible = torch.ones(6, 20, dtype=torch.bool)
    visible[:, 0] = False  # comes in from outside
    sums = stability_rate_sums(labels, labels, left, visible=visible, classes=2)
    assert stability_rate(sums) == pytest.approx(1 - 2 / 19)
    local = visible & near_edge(labels, width=3)  # columns 3 to 5 and 7 to 9
    sums = stability_rate_sums(labels, labels, left, visible=local, classes=2)
    assert stability_rate(sums) == pytest.approx(1 - 2 / 6)


def test_the_band_has_the_total_width_of_the_paper() -> None:
    truth = torch.zeros(5, 41, dtype=torch.int32)
    truth[:, 21:] = 1  # the edge is column 20
    assert near_edge(truth)[2].nonzero().flatten().tolist() == list(range(13, 28))


@settings(deadline=None, derandomize=True, max_examples=20)
@given(seed=st.integers(0, 999))
def test_permuting_classes_changes_nothing(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    labels, before = torch.randint(0, WORLD.classes, (2, *WORLD.size), generator=generator)
    order = torch.randperm(WORLD.classes, generator=generator)
    assert rate(order[labels], order[before]) == rate(labels, before)


def test_pairs_pool_as_their_mean_and_unseen_ones_do_not_count() -> None:
    one, other = torch.zeros(2, 3, dtype=torch.int32), torch.ones(2, 3, dtype=torch.int32)
    everywhere, still = torch.ones(2, 3, dtype=torch.bool), torch.zeros(2, 2, 3)
    stable = stability_rate_sums(one, one, still, visible=everywhere, classes=2)
    changed = stability_rate_sums(one, other, still, visible=everywhere, classes=2)
    unseen = stability_rate_sums(one, other, still, visible=~everywhere, classes=2)
    assert stability_rate(stable + changed + unseen) == 0.5
    assert math.isnan(stability_rate(unseen + StabilityRateSums(total=0.0, pairs=0)))
