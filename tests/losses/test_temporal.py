"""The temporal loss in both forms, against torch's own divergence and worked by hand."""

import math

import pytest
import torch
from torch.nn.functional import kl_div, one_hot

from steadymask.losses.temporal import summed_color_confidence, temporal_logits_loss, temporal_loss
from steadymask.warp import photometric_confidence, warp
from world import World


def test_it_is_torchs_divergence_of_the_warped_prediction():
    noise = torch.Generator().manual_seed(0)
    first, second = torch.randn(2, 2, 4, 5, 6, generator=noise, dtype=torch.float64).softmax(2)
    flow = torch.randn(2, 2, 5, 6, generator=noise, dtype=torch.float64)
    confidence = torch.rand(2, 5, 6, generator=noise, dtype=torch.float64)
    each = kl_div(warp(second, flow).log(), first, reduction="none").sum(1)
    loss = temporal_loss(first, second, flow, confidence_ij=confidence)
    torch.testing.assert_close(loss, (confidence * each).sum() / 60)


def test_a_still_video_and_equal_predictions_cost_nothing():
    probs = torch.randn(1, 3, 5, 6, generator=torch.Generator().manual_seed(1)).softmax(1)
    flow, confidence = torch.zeros(1, 2, 5, 6), torch.ones(1, 5, 6)
    assert temporal_loss(probs, probs, flow, confidence_ij=confidence).item() == pytest.approx(0, abs=1e-6)
    assert temporal_logits_loss(probs, probs, flow, confidence_ij=confidence).item() < 1e-12


@pytest.mark.parametrize("loss", [temporal_loss, temporal_logits_loss])
def test_where_the_flow_is_not_finite_nothing_is_compared(loss):
    noise = torch.Generator().manual_seed(2)
    first, second = (torch.randn(1, 3, 5, 6, generator=noise).softmax(1).requires_grad_() for _ in range(2))
    flow, confidence = torch.randn(1, 2, 5, 6, generator=noise), torch.rand(1, 5, 6, generator=noise)
    broken, unsure = flow.clone(), confidence.clone()
    broken[0, 0, 1, 2], broken[0, 1, 3, 3] = math.nan, math.inf
    unsure[0, 1, 2] = unsure[0, 3, 3] = 0
    results = []
    for data in ((flow, unsure), (broken, confidence)):
        value = loss(first, second, data[0], confidence_ij=data[1])
        results.append((value, *torch.autograd.grad(value, (first, second))))
    torch.testing.assert_close(results[1], results[0])


def test_what_follows_the_motion_costs_nothing_where_it_is_seen():
    world = World()
    first, second = (one_hot(world.labels(t)[None].long(), 3).movedim(-1, 1).float() for t in (0, 2))
    flow, seen = world.flow(0, 2)[None], world.visible(0, 2)[None].float()
    assert temporal_loss(first, second, flow, confidence_ij=seen).item() == pytest.approx(0, abs=1e-4)
    assert temporal_loss(first, second, flow, confidence_ij=torch.ones_like(seen)) > 0.1
    frames = [world.picture(t)[None] / 255 for t in (0, 2)]
    unsure = temporal_loss(first, second, flow, confidence_ij=photometric_confidence(*frames, flow))
    assert 0 < unsure < temporal_loss(first, second, flow, confidence_ij=torch.ones_like(seen))


def test_the_form_of_the_published_code_worked_by_hand():
    first = torch.tensor([1.0, -1.0, 2.0, 0.0]).view(1, 2, 1, 2)
    second = torch.tensor([5.0, 0.0, 0.0, 0.0]).view(1, 2, 1, 2)
    left = torch.tensor([1.0, -1.0]).view(1, 1, 1, 2).repeat(1, 2, 1, 1)  # the two pixels exchange places
    left[:, 1] = 0
    confidence = torch.tensor([[[1.0, 0.5]]])
    expected = ((1 - 0) ** 2 + (0.5 * (-1 - 5)) ** 2 + (2 - 0) ** 2 + 0) / 4
    loss = temporal_logits_loss(first, second, left, confidence_ij=confidence)
    assert loss.item() == pytest.approx(expected)


def test_the_published_confidence_sums_normalized_colors_so_that_signs_cancel():
    frame, flow = torch.full((1, 3, 2, 2), 0.5), torch.zeros(1, 2, 2, 2)
    shift = torch.tensor([0.229, -0.224, 0.0])[None, :, None, None]
    torch.testing.assert_close(summed_color_confidence(frame, frame + shift, flow), torch.ones(1, 2, 2))
    expected = torch.full((1, 2, 2), math.exp(-2))
    torch.testing.assert_close(summed_color_confidence(frame, frame + shift.abs(), flow), expected)
