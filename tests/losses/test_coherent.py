"""The coherent loss and its two parts, worked by hand and against what must hold."""

import math

import pytest
import torch
from torch.nn.functional import one_hot

from steadymask.errors import InputError
from steadymask.losses.boundary_coherency import boundary_coherency_loss
from steadymask.losses.coherent import coherent_loss
from steadymask.losses.global_coherency import global_coherency_loss
from world import World


def hard(labels: torch.Tensor, classes: int = 2) -> torch.Tensor:
    return one_hot(labels.long(), classes).movedim(-1, 1).double()


def still(probs: torch.Tensor) -> dict[str, torch.Tensor]:
    """No motion, all visible."""
    flow = torch.zeros(len(probs), 2, *probs.shape[2:], dtype=probs.dtype)
    everything = torch.ones(len(probs), *probs.shape[2:], dtype=torch.bool)
    return {"flow_ij": flow, "flow_ji": flow, "visible_ij": everything, "visible_ji": everything}


def of_world(i: int, j: int, world: World | None = None) -> dict[str, torch.Tensor]:
    world = world or World()
    flows = {"flow_ij": world.flow(i, j), "flow_ji": world.flow(j, i)}
    visible = {"visible_ij": world.visible(i, j), "visible_ji": world.visible(j, i)}
    probs = {f"probs_{name}": hard(world.labels(t)[None], 3)[0] for name, t in (("i", i), ("j", j))}
    return {name: x[None] for name, x in (probs | flows | visible).items()}


def test_the_boundary_term_worked_by_hand():
    first, second = (hard(torch.tensor([[each]])) for each in ([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 1, 1]))
    # On columns 1 to 3 of the first: 001 against 011, two IoUs of 1/2. On 0 to 2 of the second: 001 against
    # 000, IoUs of 2/3 and 0.
    loss = boundary_coherency_loss(first, second, **still(first), width=3)
    assert loss.item() == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_the_band_has_the_width_that_is_told():
    first = hard(torch.tensor([[[0] * 10 + [1] * 10]]))
    second = first.clone()
    second[..., 2] = torch.tensor([0, 1])[:, None]  # seven columns left of the edge, which is in column 9
    assert boundary_coherency_loss(first, second, **still(first), width=13) > 0  # the other's own boundary
    alone = still(first) | {"visible_ji": torch.zeros(1, 1, 20, dtype=torch.bool)}
    assert boundary_coherency_loss(first, second, **alone, width=13) == 0
    assert boundary_coherency_loss(first, second, **alone, width=15) > 0
    with pytest.raises(InputError, match="width: wanted an odd number"):
        boundary_coherency_loss(first, second, **alone, width=4)


def test_labels_that_follow_the_motion_cost_nothing():
    data = of_world(0, 2)
    assert boundary_coherency_loss(**data).item() == pytest.approx(0, abs=1e-4)
    assert global_coherency_loss(**data).item() == pytest.approx(0, abs=1e-4)
    wrong = data | {"flow_ij": data["flow_ij"] + 2}
    assert boundary_coherency_loss(**wrong) > 0.01


def test_the_global_term_worked_by_hand():
    surer, other = (torch.tensor(each).view(1, 2, 1, 1) for each in ([0.9, 0.1], [0.6, 0.4]))
    there = -0.9 * math.log(0.6) - 0.1 * math.log(0.4)
    back = -0.6 * math.log(0.9) - 0.4 * math.log(0.1)
    for absolute, expected in ((False, there / 2), (True, (there + back) / 2)):
        options = {"absolute": absolute, "scale": None}
        loss = global_coherency_loss(surer, other, **still(surer), **options)
        assert loss.item() == pytest.approx(expected)
    assert global_coherency_loss(surer, other, **still(surer), threshold=0.31) == 0
    scaled = global_coherency_loss(surer, other, **still(surer))
    assert scaled.item() == pytest.approx(there / 2 * 473 * 473, rel=1e-5)


def test_the_less_sure_frame_learns_and_the_surer_one_does_not():
    surer, other = (torch.tensor(each).view(1, 2, 1, 1) for each in ([0.9, 0.1], [0.6, 0.4]))
    for tensor in (surer, other):
        tensor.requires_grad_()
    global_coherency_loss(surer, other, **still(surer)).backward()
    assert not surer.grad.any()
    assert other.grad[0, 0] < 0  # its first class should grow


def test_the_boundary_terms_labels_get_no_gradient():
    noise = torch.Generator().manual_seed(0)
    target, other = (torch.rand(1, 2, 6, 8, generator=noise).softmax(1).requires_grad_() for _ in range(2))
    one_way = still(target) | {"visible_ji": torch.zeros(1, 6, 8, dtype=torch.bool)}
    boundary_coherency_loss(target, other, **one_way).backward()
    assert not target.grad.any()
    assert other.grad.any()


def test_the_sum_means_the_same_at_any_size():
    noise = torch.Generator().manual_seed(1)
    small = [torch.randn(1, 3, 4, 5, generator=noise).softmax(1) for _ in range(2)]
    large = [each.repeat(1, 1, 3, 2) for each in small]
    for options, factor in (({}, 1), ({"scale": None}, 6), ({"reduction": "mean"}, 1)):
        at_small = global_coherency_loss(*small, **still(small[0]), **options)
        at_large = global_coherency_loss(*large, **still(large[0]), **options)
        torch.testing.assert_close(at_large, at_small * factor)


def test_exchanging_the_frames_or_permuting_the_classes_changes_nothing():
    noise = torch.Generator().manual_seed(2)
    first, second = torch.randn(2, 2, 4, 6, 7, generator=noise, dtype=torch.float64).softmax(2)
    there, back = torch.randn(2, 2, 2, 6, 7, generator=noise, dtype=torch.float64)
    ij, ji = torch.rand(2, 2, 6, 7, generator=noise) > 0.3
    expected = coherent_loss(first, second, there, back, visible_ij=ij, visible_ji=ji)
    exchanged = coherent_loss(second, first, back, there, visible_ij=ji, visible_ji=ij)
    torch.testing.assert_close(exchanged, expected)
    order = torch.tensor([2, 0, 3, 1])
    permuted = coherent_loss(first[:, order], second[:, order], there, back, visible_ij=ij, visible_ji=ji)
    torch.testing.assert_close(permuted, expected)


def test_the_whole_is_the_weighted_sum_on_tracked_and_on_visible_pixels():
    noise = torch.Generator().manual_seed(3)
    first, second = torch.randn(2, 1, 3, 9, 9, generator=noise).softmax(2)
    data = still(first)
    seen, tracked = torch.rand(2, 1, 9, 9, generator=noise) > 0.5
    boundary = boundary_coherency_loss(first, second, **data | {"visible_ij": tracked, "visible_ji": tracked})
    everywhere = global_coherency_loss(first, second, **data | {"visible_ij": seen, "visible_ji": seen})
    loss = coherent_loss(
        first,
        second,
        **data | {"visible_ij": seen, "visible_ji": seen},
        tracked_ij=tracked,
        tracked_ji=tracked,
        boundary_weight=0.2,
        global_weight=3e-4,
    )
    torch.testing.assert_close(loss, 0.2 * boundary + 3e-4 * everywhere)


def test_flow_that_failed_is_not_tracked_and_spoils_no_gradient():
    noise = torch.Generator().manual_seed(4)
    first, second = (torch.randn(1, 3, 9, 9, generator=noise).softmax(1).requires_grad_() for _ in range(2))
    data = still(first)
    broken = data["flow_ij"].clone()
    broken[..., 3:6, 3:6] = math.nan
    seen = data["visible_ij"].clone()
    seen[..., 3:6, 3:6] = False
    loss = coherent_loss(first, second, **data | {"flow_ij": broken, "visible_ij": seen})
    loss.backward()
    masked = coherent_loss(first, second, **data | {"visible_ij": seen}, tracked_ij=seen)
    torch.testing.assert_close(loss, masked)
    assert first.grad.isfinite().all()
    assert second.grad.isfinite().all()
