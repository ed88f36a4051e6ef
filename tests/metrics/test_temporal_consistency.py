import json
import math

import numpy as np
import pytest
import torch
from PIL import Image

from steadymask.errors import InputError
from steadymask.flow.dis import DIS
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


@pytest.mark.parametrize("masks", ["truth", "espnet"])
@pytest.mark.parametrize("recipe", ["etc", "vspw"])
def test_three_pairs_of_camvid_have_the_values_of_the_published_scripts(reference, masks, recipe):
    arrays = np.load(reference / "camvid_tc_three_pairs.npz")
    labels = torch.from_numpy(arrays[masks]).int()
    forward = torch.from_numpy(arrays["flow_forward"]).float()
    pairs = [
        temporal_consistency_sums(labels[t], labels[t + 1], forward[t], classes=12, recipe=recipe)
        for t in range(3)
    ]
    expected = json.loads((reference / "camvid_tc_vc.json").read_text())["three_pairs_from_stored_flow"][
        "temporal_consistency"
    ][masks][recipe]
    sums = sum(pairs[1:], start=pairs[0])
    assert temporal_consistency_of_classes(sums).tolist() == pytest.approx(expected["per_class"], abs=1e-9)
    mean = expected["mean_over_12" if recipe == "etc" else "mean"]
    assert temporal_consistency(sums, recipe=recipe) == pytest.approx(mean, abs=1e-9)
    if recipe == "etc":
        assert sums.intersection.tolist() == expected["intersection"]
        assert sums.union.tolist() == expected["union"]


@pytest.mark.slow
@pytest.mark.parametrize("masks", ["truth", "espnet"])
def test_all_of_camvid_has_the_values_of_the_published_scripts_with_flow_of_our_own(data, reference, masks):
    paths = sorted((data / "camvid" / "val").iterdir())
    labels = torch.from_numpy(np.load(reference / "camvid_labels.npz")[masks]).int()
    expected = json.loads((reference / "camvid_tc_vc.json").read_text())["temporal_consistency"][masks]
    flow = DIS()
    pictures = [torch.from_numpy(np.array(Image.open(path))).permute(2, 0, 1) for path in paths]
    sums = {}
    for t in range(len(paths) - 1):
        forward = flow(pictures[t], pictures[t + 1])
        for recipe in ("etc", "vspw"):
            pair = temporal_consistency_sums(labels[t], labels[t + 1], forward, classes=12, recipe=recipe)
            sums[recipe] = sums[recipe] + pair if recipe in sums else pair
    safe = expected["etc_plus_1e-3_before_truncation"]["mean_over_12"]
    assert temporal_consistency(sums["etc"], recipe="etc") == pytest.approx(safe, abs=2e-3)
    assert temporal_consistency(sums["vspw"]) == pytest.approx(expected["vspw"]["mean"], abs=2e-3)


def test_recipes_worked_by_hand():
    """Classes 0 and 2 side by side, half a pixel to the right; everything outside the picture at the end."""
    labels = torch.tensor([[0, 0, 2, 2]])
    moved = torch.zeros(2, 1, 4)
    moved[0] = 0.5
    etc = temporal_consistency_sums(labels, labels, moved, classes=3, recipe="etc")  # warped: 0 1 2 2
    assert etc.intersection.tolist() == [1, 0, 2]
    assert etc.union.tolist() == [2, 1, 2]
    assert temporal_consistency(etc, recipe="etc") == pytest.approx((1 / 2 + 0 + 1) / 3)
    moved[0] = 1.75
    vspw = temporal_consistency_sums(labels, labels, moved, classes=4, recipe="vspw")  # warped: 2 2 0 0
    assert vspw.intersection.tolist() == [0, 0, 0, 0]
    outside = temporal_consistency_sums(labels * 0, labels, moved + 9, classes=4, recipe="vspw")
    assert temporal_consistency(outside, recipe="vspw") == 1  # all class 0, the others never seen
    assert temporal_consistency(outside, recipe="etc") == 1 / 4


def test_still_masks_are_fully_consistent_by_every_recipe():
    labels = WORLD.labels(0)
    still = torch.zeros(2, *WORLD.size)
    for recipe in ("etc", "vspw"):
        sums = temporal_consistency_sums(labels, labels, still, classes=WORLD.classes, recipe=recipe)
        assert temporal_consistency(sums, recipe=recipe) == 1


@pytest.mark.parametrize("recipe", ["etc", "vspw"])
def test_published_recipes_know_neither_void_nor_visibility(recipe):
    labels, still = torch.zeros(2, 3, dtype=torch.int32), torch.zeros(2, 2, 3)
    everywhere = torch.ones(2, 3, dtype=torch.bool)
    with pytest.raises(InputError, match=f"visible: wanted None with the recipe {recipe}"):
        temporal_consistency_sums(labels, labels, still, classes=2, visible=everywhere, recipe=recipe)
    with pytest.raises(InputError, match=r"labels: wanted no void"):
        temporal_consistency_sums(labels, labels - 1, still, classes=2, recipe=recipe)
    with pytest.raises(InputError, match="visible: wanted the visible pixels"):
        temporal_consistency_sums(labels, labels, still, classes=2)


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
