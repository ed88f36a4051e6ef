import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from steadymask.metrics.inconsistency import (
    InconsistencySums,
    area_factor,
    boundary_factor,
    excess_removed,
    extent,
    inconsistency,
    inconsistency_of_classes,
    inconsistency_sums,
)
from steadymask.warp import inside
from world import World

WORLD = World()
PAIRS = [(i, j) for i in range(4) for j in range(i + 1, 4)]


def pair_sums(
    labels: dict[int, torch.Tensor], i: int, j: int, *, classes: int = WORLD.classes
) -> InconsistencySums:
    return inconsistency_sums(
        labels[i],
        labels[j],
        WORLD.flow(i, j),
        WORLD.flow(j, i),
        visible_ij=WORLD.visible(i, j),
        visible_ji=WORLD.visible(j, i),
        classes=classes,
    )


def clip_sums(labels: dict[int, torch.Tensor], *, classes: int = WORLD.classes) -> InconsistencySums:
    first, *others = (pair_sums(labels, i, j, classes=classes) for i, j in PAIRS)
    return sum(others, start=first)


def true_labels() -> dict[int, torch.Tensor]:
    return {t: WORLD.labels(t) for t in range(4)}


def still(labels_i: torch.Tensor, labels_j: torch.Tensor, *, classes: int) -> InconsistencySums:
    flow, everywhere = torch.zeros(2, *labels_i.shape), torch.ones(labels_i.shape, dtype=torch.bool)
    return inconsistency_sums(
        labels_i, labels_j, flow, flow, visible_ij=everywhere, visible_ji=everywhere, classes=classes
    )


def test_the_truth_under_its_own_motion_is_consistent():
    sums = clip_sums(true_labels())
    assert sums.pairs == len(PAIRS)
    assert inconsistency(sums) == 0
    assert inconsistency_of_classes(sums).tolist() == [0, 0, 0]


def test_a_planted_flicker_costs_what_it_covers():
    labels = true_labels()
    labels[1] = labels[1].clone()
    labels[1][:2, :5] = 2  # ten ground pixels near the corner blink in frame 1
    one = (pair_sums(labels, 1, j) for j in (0, 2, 3))
    for j, sums in zip((0, 2, 3), one, strict=True):
        # Both ways the same blinking pixels differ, where the other frame sees them.
        seen = int(WORLD.visible(1, j)[:2, :5].sum())
        back = int((WORLD.visible(j, 1) & _lands_on_blink(j)).sum())
        expected = seen / int(WORLD.visible(1, j).sum()) + back / int(WORLD.visible(j, 1).sum())
        assert sums.total == pytest.approx(expected)
        assert sums.of_classes.tolist() == pytest.approx([expected, 0, expected])


def _lands_on_blink(j: int) -> torch.Tensor:
    columns = torch.arange(WORLD.size[1]) + WORLD.flow(j, 1)[0]
    rows = torch.arange(WORLD.size[0])[:, None] + WORLD.flow(j, 1)[1]
    return (rows >= 0) & (rows < 2) & (columns >= 0) & (columns < 5)


def test_two_pixels_of_eight_worked_by_hand():
    labels_i = torch.tensor([[0, 0, 1, 1], [0, 0, 1, 1]])
    labels_j = torch.tensor([[0, 1, 1, 1], [0, 0, 1, 2]])
    sums = still(labels_i, labels_j, classes=3)
    assert inconsistency(sums) == 2 / 8 + 2 / 8
    assert inconsistency_of_classes(sums).tolist() == [2 / 8, 4 / 8, 2 / 8]
    # Boundaries: column 1 of frame i (2 pixels); N = 2, so H·W / N = 4.
    assert inconsistency(sums, factor=boundary_factor([2, 0], pixels=8)) == 4 * 0.5
    # Areas 4 and 6: median 5.
    assert inconsistency(sums, factor=area_factor([4, 6], pixels=8)) == pytest.approx(8 / math.sqrt(5) * 0.5)


def test_void_and_hidden_pixels_do_not_count():
    labels_i = torch.tensor([[0, -1, 1, 1]])
    labels_j = torch.tensor([[1, 1, -1, 1]])
    assert still(labels_i, labels_j, classes=2).total == 1 / 2 + 1 / 2
    flow, hidden = torch.zeros(2, 1, 4), torch.tensor([[False, True, True, True]])
    sums = inconsistency_sums(labels_i, labels_j, flow, flow, visible_ij=hidden, visible_ji=hidden, classes=2)
    assert sums.total == 0
    assert sums.pairs == 1


def test_a_pair_that_sees_nothing_of_each_other_is_skipped():
    labels = torch.zeros(3, 4, dtype=torch.int32)
    flow, nowhere = torch.zeros(2, 3, 4), torch.zeros(3, 4, dtype=torch.bool)
    sums = inconsistency_sums(labels, labels, flow, flow, visible_ij=nowhere, visible_ji=nowhere, classes=1)
    assert sums.pairs == 0
    assert math.isnan(inconsistency(sums))
    assert inconsistency_of_classes(sums).isnan().all()


@settings(deadline=None, derandomize=True, max_examples=25)
@given(seed=st.integers(0, 10**6), order=st.permutations(range(4)))
def test_names_of_classes_do_not_matter(seed, order):
    noise = torch.Generator().manual_seed(seed)
    one, two = torch.randint(-1, 4, (2, 6, 7), generator=noise)
    renamed = torch.tensor([*order, -1])
    sums, permuted = still(one, two, classes=4), still(renamed[one], renamed[two], classes=4)
    assert permuted.total == sums.total
    assert permuted.of_classes[torch.tensor(order)].equal(sums.of_classes)
    assert 0 <= sums.total <= 2


@settings(deadline=None, derandomize=True, max_examples=25)
@given(seed=st.integers(0, 10**6))
def test_a_class_alone_scores_as_a_binary_mask(seed):
    noise = torch.Generator().manual_seed(seed)
    one, two = torch.randint(-1, 4, (2, 6, 7), generator=noise)
    of_classes = still(one, two, classes=4).of_classes
    for each in range(4):
        binary = [torch.where(labels < 0, -1, (labels == each).long()) for labels in (one, two)]
        assert still(*binary, classes=2).total == pytest.approx(float(of_classes[each]))


@settings(deadline=None, derandomize=True, max_examples=25)
@given(seed=st.integers(0, 10**6), dx=st.integers(-5, 5), dy=st.integers(-4, 4))
def test_a_shift_that_flow_explains_costs_nothing(seed, dx, dy):
    scene = torch.randint(-1, 4, (20, 22), generator=torch.Generator().manual_seed(seed))
    labels_i, labels_j = scene[5:15, 6:16], scene[5 - dy : 15 - dy, 6 - dx : 16 - dx]
    flow_ij = torch.tensor([dx, dy]).float()[:, None, None].expand(2, 10, 10)
    visible_ij, visible_ji = (inside(flow[None])[0] for flow in (flow_ij, -flow_ij))
    sums = inconsistency_sums(
        labels_i, labels_j, flow_ij, -flow_ij, visible_ij=visible_ij, visible_ji=visible_ji, classes=4
    )
    assert sums.pairs == 1
    assert sums.total == 0
    assert sums.of_classes.tolist() == [0, 0, 0, 0]


def test_pooling_pairs_equals_the_mean_over_pairs():
    noise = torch.Generator().manual_seed(0)
    labels = {t: torch.randint(0, 3, WORLD.size, generator=noise) for t in range(4)}
    values = [pair_sums(labels, i, j).total for i, j in PAIRS]
    assert inconsistency(clip_sums(labels)) == pytest.approx(sum(values) / len(values))


def test_a_clip_without_boundary_has_no_normalized_value():
    assert math.isnan(boundary_factor([0, 0, 0], pixels=100))
    assert boundary_factor([0, 10, 30, 0], pixels=100) == 5


def test_the_extent_counts_boundary_and_area_of_each_class():
    labels = torch.tensor([[0, 0, 1], [0, 2, 1], [-1, 2, 1]])
    frame = extent(labels, classes=4)
    assert frame.area == 5
    assert frame.area_of_classes.tolist() == [3, 3, 2, 0]
    assert frame.boundary == 5
    assert frame.boundary_of_classes.tolist() == [3, 3, 5, 0]


def test_the_excess_removed_needs_an_excess():
    assert excess_removed(1.0, 0.4, 0.5) == pytest.approx(1.2)
    assert excess_removed(1.0, 1.1, 0.5) == pytest.approx(-0.2)
    assert math.isnan(excess_removed(0.5, 0.4, 0.5))
    assert math.isnan(excess_removed(math.nan, 0.4, 0.5))
