import json
import math

import numpy as np
import pytest
import torch

from steadymask.metrics.agreement import Agreement
from steadymask.metrics.temporal_consistency import (
    temporal_consistency,
    temporal_consistency_of_classes,
    temporal_consistency_sums,
    warping_pixel_accuracy,
)
from steadymask.warp import inside, visibility
from world import World

WORLD = World()


@pytest.mark.parametrize("masks", ["truth", "espnet"])
@pytest.mark.parametrize("rule", ["strict_inside", "strict_visible_forward_backward", "strict_visible"])
def test_three_pairs_of_camvid_have_the_values_of_the_strict_reference(reference, masks, rule):
    # The reference brings the next frame onto the current one: the clip played backwards.
    arrays = np.load(reference / "camvid_tc_three_pairs.npz")
    labels = torch.from_numpy(arrays[masks]).int()  # 11, their void, is a class like any other here
    forward, backward = (torch.from_numpy(arrays[f"flow_{way}"]).float() for way in ("forward", "backward"))
    visible = inside(forward)
    if rule != "strict_inside":
        visible = visibility(forward, backward, motion_edges=rule == "strict_visible")
    pairs = [
        temporal_consistency_sums(labels[t], labels[t + 1], forward[t], visible=visible[t], classes=12)
        for t in range(3)
    ]
    expected = json.loads((reference / "camvid_tc_vc.json").read_text())["three_pairs_from_stored_flow"][
        "temporal_consistency"
    ][masks][rule]
    confusion = torch.tensor(expected["confusion"])
    sums = sum(pairs[1:], start=pairs[0])
    assert [pair.compared for pair in pairs] == expected["pixels_counted"]
    assert sums.intersection.equal(confusion.diagonal())
    assert temporal_consistency_of_classes(sums).tolist() == pytest.approx(expected["per_class"], abs=1e-9)
    assert temporal_consistency(sums) == pytest.approx(expected["mean"], abs=1e-9)
    if "mean_of_pair_means" in expected:
        mean = sum(temporal_consistency(pair) for pair in pairs) / 3
        assert mean == pytest.approx(expected["mean_of_pair_means"], abs=1e-9)


def world_pair(before: torch.Tensor, labels: torch.Tensor) -> Agreement:
    return temporal_consistency_sums(
        labels, before, WORLD.flow(1, 0), visible=WORLD.visible(1, 0), classes=WORLD.classes
    )


def test_the_truth_under_its_own_motion_is_fully_consistent():
    sums = world_pair(WORLD.labels(0), WORLD.labels(1))
    assert temporal_consistency(sums) == 1
    assert warping_pixel_accuracy(sums) == 1


def test_a_lost_object_worked_by_hand():
    labels, before = torch.tensor([[0, 0, 0, 0, 2, 2]]), torch.tensor([[0, 0, 1, 1, 2, -1]])
    everywhere = torch.ones(1, 6, dtype=torch.bool)
    sums = temporal_consistency_sums(labels, before, torch.zeros(2, 1, 6), visible=everywhere, classes=4)
    of_classes = temporal_consistency_of_classes(sums).tolist()
    assert of_classes[:3] == [2 / 4, 0 / 2, 1 / 1]
    assert math.isnan(of_classes[3])  # never seen
    assert temporal_consistency(sums) == pytest.approx((0.5 + 0 + 1) / 3)
    assert warping_pixel_accuracy(sums) == 3 / 5


def test_pooling_pairs_adds_intersections_and_unions():
    noise = torch.Generator().manual_seed(0)
    one, two, three = torch.randint(0, 3, (3, *WORLD.size), generator=noise)
    first, second = world_pair(one, two), world_pair(two, three)
    pooled = (first.intersection + second.intersection) / (first.union + second.union)
    assert temporal_consistency(first + second) == pytest.approx(float(pooled.mean()))


def test_without_visible_pixels_there_is_no_value():
    labels, nowhere = torch.zeros(2, 3, dtype=torch.int32), torch.zeros(2, 3, dtype=torch.bool)
    sums = temporal_consistency_sums(labels, labels, torch.zeros(2, 2, 3), visible=nowhere, classes=2)
    assert math.isnan(temporal_consistency(sums))
    assert math.isnan(warping_pixel_accuracy(sums))
