"""Transform invariance: networks that move with the picture cost nothing."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from steadymask.errors import InputError
from steadymask.losses.transform_invariance import (
    AffineLimits,
    affine_flow,
    random_affine,
    transform_invariance_loss,
)
from steadymask.warp import inside, warp


def pictures(height: int = 9, width: int = 12, seed: int = 0) -> torch.Tensor:
    noise = torch.Generator().manual_seed(seed)
    return torch.rand(2, 3, height, width, generator=noise, dtype=torch.float64)


def moved(x: torch.Tensor, affine: torch.Tensor) -> torch.Tensor:
    return warp(x, affine_flow(affine, size=(x.shape[2], x.shape[3])))


@settings(deadline=None, derandomize=True, max_examples=20)
@given(seed=st.integers(0, 999))
def test_a_network_that_looks_at_single_pixels_costs_nothing(seed):
    affine = random_affine(2, generator=torch.Generator().manual_seed(seed)).double()
    mix = torch.tensor([[0.5, 0.2, 0.3], [0.5, 0.8, 0.7]], dtype=torch.float64)
    frames = pictures(seed=seed)

    def by_color(x: torch.Tensor) -> torch.Tensor:
        return torch.einsum("kc,bchw->bkhw", mix, x)

    def by_column(x: torch.Tensor) -> torch.Tensor:
        return by_color(x) * torch.linspace(0, 1, x.shape[3])

    loss = transform_invariance_loss(by_color(moved(frames, affine)), by_color(frames), affine)
    assert loss.item() == pytest.approx(0, abs=1e-12)
    assert transform_invariance_loss(by_column(moved(frames, affine)), by_column(frames), affine) > 1e-3


def test_a_constant_difference_is_measured_over_the_valid_pixels_alone():
    shift = torch.tensor([[[1.0, 0.0, 3.0], [0.0, 1.0, 0.0]]]).repeat(2, 1, 1)
    probs = torch.full((2, 2, 4, 8), 0.5)
    other = probs.clone()
    other[0, 0] += 0.3
    other[0, 1] -= 0.3
    other[:, :, :, 5:] = 9  # these come from outside the picture
    norm = math.sqrt(4 * 5 * 2 * 0.3**2)
    assert transform_invariance_loss(other, probs, shift).item() == pytest.approx(norm / 2)
    mean = transform_invariance_loss(other, probs, shift, form="mean_square")
    assert mean.item() == pytest.approx(2 * 0.3**2 / 2)


def test_equal_predictions_under_no_motion_have_loss_and_gradient_zero():
    still = torch.eye(2, 3, dtype=torch.float64).repeat(2, 1, 1)
    probs = pictures().requires_grad_()
    loss = transform_invariance_loss(probs, probs.detach(), still)
    loss.backward()
    assert loss.item() == pytest.approx(0, abs=1e-12)
    assert probs.grad.isfinite().all()


def test_a_quarter_turn_is_torchs():
    quarter = torch.tensor([[[0.0, -1.0, 0.0], [1.0, 0.0, 0.0]]], dtype=torch.float64)
    frame = pictures(9, 9)[:1]
    flow = affine_flow(quarter, size=(9, 9))
    assert inside(flow).all()
    torch.testing.assert_close(warp(frame, flow), torch.rot90(frame, 1, dims=(2, 3)))


def test_random_maps_stay_within_their_limits_and_reach_them():
    noise = torch.Generator().manual_seed(0)
    shifts = random_affine(
        2000, limits=AffineLimits(translation=5.0, rotation=0.0, shear=0.0), generator=noise
    )
    torch.testing.assert_close(shifts[:, :, :2], torch.eye(2).expand(2000, 2, 2))
    assert 4.9 < shifts[:, :, 2].abs().max() <= 5
    turns = random_affine(2000, limits=AffineLimits(rotation=0.2, shear=0.0), generator=noise)
    torch.testing.assert_close(torch.linalg.det(turns[:, :, :2]), torch.ones(2000))
    assert 0.19 < torch.atan2(turns[:, 1, 0], turns[:, 0, 0]).abs().max() <= 0.2001
    zooms = random_affine(2000, limits=AffineLimits(rotation=0.0, zoom=1.25, shear=0.0), generator=noise)
    assert 1.24 < zooms[:, 0, 0].max() <= 1.2501
    assert 0.7999 <= zooms[:, 0, 0].min() < 0.81
    shears = random_affine(2000, limits=AffineLimits(rotation=0.0, shear=0.1), generator=noise)
    assert 0.099 < shears[:, 0, 1].atan().max() <= 0.1001
    assert not torch.equal(shears[:, 0, 1], shears[:, 1, 0])


def test_the_same_generator_draws_the_same_maps():
    first, second = (random_affine(3, generator=torch.Generator().manual_seed(7)) for _ in range(2))
    assert first.equal(second)
    assert not first.equal(random_affine(3, generator=torch.Generator().manual_seed(8)))


@pytest.mark.parametrize("bad", [{"translation": -1.0}, {"rotation": -0.1}, {"zoom": 0.9}, {"shear": 1.0}])
def test_limits_that_mean_nothing_are_refused(bad):
    with pytest.raises(InputError, match=f"{next(iter(bad))}: wanted"):
        AffineLimits(**bad)
