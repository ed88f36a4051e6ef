import pytest
import torch
from jaxtyping import TypeCheckError

from steadymask.errors import InputError
from steadymask.flow.dis import DIS
from world import World

SHIFT = World(size=(120, 160), ground=(3.5, -2.25), disks=())


def end_point_error(flow: torch.Tensor, truth: torch.Tensor) -> float:
    inner = (slice(None), slice(12, -12), slice(12, -12))
    return float((flow - truth)[inner].square().sum(0).sqrt().mean())


@pytest.mark.parametrize(
    ("estimator", "bound"), [(DIS(), 0.15), (DIS(preset="fast"), 0.6), (DIS(scale=0.5), 0.6)]
)
def test_a_shifted_texture_is_followed(estimator, bound):
    flow = estimator(SHIFT.picture(0), SHIFT.picture(1))
    assert flow.shape == (2, 120, 160)
    assert flow.dtype == torch.float32
    assert end_point_error(flow, SHIFT.flow(0, 1)) < bound


def test_the_way_back_points_back():
    flow = DIS()(SHIFT.picture(1), SHIFT.picture(0))
    assert end_point_error(flow, -SHIFT.flow(0, 1)) < 0.15


def test_a_picture_too_small_for_the_patches_still_has_a_flow():
    tiny = torch.zeros(3, 1, 5, dtype=torch.uint8)
    assert DIS()(tiny, tiny).shape == (2, 1, 5)


def test_frames_of_two_sizes_are_refused():
    # Under pytest the shapes in the signature are checked first.
    with pytest.raises((InputError, TypeCheckError), match=r"one size|picture_j"):
        DIS()(torch.zeros(3, 40, 40, dtype=torch.uint8), torch.zeros(3, 40, 50, dtype=torch.uint8))


@pytest.mark.parametrize("setting", [{"preset": "slow"}, {"scale": 0.0}, {"scale": 1.5}])
def test_settings_that_cannot_be_are_refused(setting):
    with pytest.raises((InputError, TypeError), match=next(iter(setting))):
        DIS(**setting)
