import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import TypeCheckError

from steadymask.arrays import FlowEstimator
from steadymask.errors import InputError
from steadymask.flow.lucas_kanade import LucasKanade, lucas_kanade, track
from steadymask.warp import visibility
from world import Disk, World

SHIFT = World(size=(120, 160), ground=(3.5, -2.25), disks=())
ONE_STEP = LucasKanade(levels=1, iterations=1, window=1.2, regularization=1e-2, contrast=0.1)


def end_point_error(flow, truth, margin=12):
    inner = (..., slice(margin, -margin), slice(margin, -margin))
    return float((flow - truth)[inner].square().sum(-3).sqrt().mean())


def frame(world, t):
    return world.picture(t)[None].float() / 255


def smooth(shape, seed, dtype=torch.float64):
    """Random waves a few pixels long, in [0, 1]."""
    noise = torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)
    kernel = torch.ones(shape[1], 1, 5, 5, dtype=dtype) / 25
    return torch.nn.functional.conv2d(noise, kernel, padding="same", groups=shape[1])


def test_a_shifted_texture_is_followed():
    assert isinstance(LucasKanade(), FlowEstimator)
    flow = LucasKanade()(SHIFT.picture(0), SHIFT.picture(1))
    assert flow.shape == (2, 120, 160)
    assert flow.dtype == torch.float32
    assert end_point_error(flow, SHIFT.flow(0, 1)) < 0.05


def test_the_way_back_points_back():
    flow = LucasKanade()(SHIFT.picture(1), SHIFT.picture(0))
    assert end_point_error(flow, -SHIFT.flow(0, 1)) < 0.05


def test_a_motion_of_many_pixels_needs_several_levels():
    far = World(size=(120, 160), ground=(11, 7), disks=())
    pictures = far.picture(0), far.picture(1)
    errors = [end_point_error(LucasKanade(levels=levels)(*pictures), far.flow(0, 1), 30) for levels in (1, 6)]
    assert errors[0] > 5
    assert errors[1] < 0.05


def test_on_slopes_one_step_finds_the_motion_exactly():
    """Closed form: a plane of color changes by its slope times the motion."""
    y, x = torch.meshgrid(*(torch.arange(n, dtype=torch.float64) for n in (40, 50)), indexing="ij")
    frames = [torch.stack([x - t * 0.7, y + t * 0.4])[None] / 100 for t in (0, 1)]
    settings = LucasKanade(levels=1, iterations=1, regularization=1e-12)
    flow = lucas_kanade(*frames, settings=settings)
    wanted = torch.tensor([0.7, -0.4], dtype=torch.float64)[:, None, None].expand(2, 40, 50)
    inner = (..., slice(10, -10), slice(10, -10))
    torch.testing.assert_close(flow[0][inner], wanted[inner], atol=1e-6, rtol=0)


def test_one_step_solves_the_least_squares_of_each_window():
    """Against NumPy's lstsq on the equations of single pixels, written out."""
    i, j = smooth((1, 2, 26, 30), 0), smooth((1, 2, 26, 30), 1)
    j = i + 0.1 * (j - i)
    flow = lucas_kanade(i, j, settings=ONE_STEP)[0].numpy()
    middle, change = ((i + j) / 2)[0].numpy(), (j - i)[0].numpy()
    down, across = (
        (8 * (np.roll(middle, -1, axis) - np.roll(middle, 1, axis)) - np.roll(middle, -2, axis)
         + np.roll(middle, 2, axis)) / 12
        for axis in (1, 2)
    )  # fmt: skip
    counts = 1 / np.sqrt(1 + (change**2).mean(0) / 0.1**2)
    for row, column in ((12, 15), (8, 20), (15, 9)):
        window = np.s_[row - 3 : row + 4, column - 3 : column + 4]
        bell = np.exp(-(np.arange(-3, 4) ** 2) / (2 * 1.2**2))
        share = np.outer(bell, bell) / bell.sum() ** 2 * counts[window]
        root = np.sqrt(np.broadcast_to(share, (2, 7, 7))).ravel()
        slopes = np.stack([each[:, *window].ravel() for each in (across, down)], 1)
        left = np.concatenate([root[:, None] * slopes, np.sqrt(1e-2) * np.eye(2)])
        right = np.concatenate([-root * change[:, *window].ravel(), np.zeros(2)])
        wanted = np.linalg.lstsq(left, right, rcond=None)[0]
        np.testing.assert_allclose(flow[:, row, column], wanted, atol=1e-12)
        assert np.abs(wanted).max() > 1e-3


def test_gradients_are_those_of_finite_differences():
    i, j = smooth((1, 2, 6, 7), 2), smooth((1, 2, 6, 7), 3)
    small = LucasKanade(levels=1, iterations=2, window=1.0, regularization=1e-2)
    frames = [each.clone().requires_grad_() for each in (i, 0.8 * i + 0.2 * j)]
    assert torch.autograd.gradcheck(lambda i, j: lucas_kanade(i, j, settings=small), frames)


def test_gradients_go_through_the_pyramid():
    i, j = smooth((1, 1, 26, 27), 4), smooth((1, 1, 26, 27), 5)
    frames = [each.clone().requires_grad_() for each in (i, 0.8 * i + 0.2 * j)]
    two = LucasKanade(levels=2, iterations=2, window=1.0, regularization=1e-2)
    assert torch.autograd.gradcheck(lambda i, j: lucas_kanade(i, j, settings=two), frames, fast_mode=True)


def test_frames_of_a_batch_do_not_know_of_each_other():
    i = torch.cat([frame(SHIFT, t) for t in (0, 1, 2)])
    j = torch.cat([frame(SHIFT, t) for t in (1, 0, 4)])
    together = lucas_kanade(i, j)
    alone = torch.cat([lucas_kanade(i[n : n + 1], j[n : n + 1]) for n in range(3)])
    torch.testing.assert_close(together, alone, atol=1e-4, rtol=0)


@settings(deadline=None, derandomize=True, max_examples=8)
@given(seed=st.integers(0, 1000), h=st.integers(1, 30), w=st.integers(1, 30))
def test_a_still_picture_has_no_flow_and_transposed_pictures_a_transposed_one(seed, h, w):
    i, j = smooth((1, 3, h, w), seed), smooth((1, 3, h, w), seed + 1)
    assert lucas_kanade(i, i).abs().max() < 1e-12  # positions of samples are rounded
    flow = lucas_kanade(i, j)
    assert flow.isfinite().all()
    turned = lucas_kanade(i.mT, j.mT)
    torch.testing.assert_close(turned, flow.flip(1).mT, atol=1e-6, rtol=1e-6)


def test_what_leaves_the_picture_is_not_tracked_and_what_is_covered_fails_the_check_back():
    world = World(size=(120, 160), ground=(6, 0), disks=(Disk(center=(60, 60), radius=25, velocity=(-4, 0)),))
    there, back = (track(frame(world, a), frame(world, b)) for a, b in ((0, 1), (1, 0)))
    assert not there.tracked_ij[..., -4:].any()
    passed = there.tracked_ij & visibility(there.flow_ij, back.flow_ij)
    visible = world.visible(0, 1)
    assert passed[0][visible].float().mean() > 0.95
    hidden = ~visible
    hidden[:, -7:] = False  # what is covered by the disk, not what leaves
    assert passed[0][hidden].float().mean() < 0.5
    good = (there.flow_ij[0] - world.flow(0, 1)).square().sum(0).sqrt()[passed[0]]
    assert good.median() < 0.1


def test_what_still_moves_is_not_tracked():
    far = World(size=(120, 160), ground=(11, 7), disks=())
    assert track(frame(far, 0), frame(far, 0)).tracked_ij.all()
    restless = track(frame(far, 0), frame(far, 1), settings=LucasKanade(levels=1, iterations=1))
    assert restless.tracked_ij.float().mean() < 0.2


@pytest.mark.gpu
def test_a_graphics_card_finds_the_same_flow():
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    i, j = SHIFT.picture(0), SHIFT.picture(1)
    there = LucasKanade()(i.cuda(), j.cuda())
    assert there.is_cuda
    torch.testing.assert_close(there.cpu(), LucasKanade()(i, j), atol=1e-2, rtol=0)


def test_frames_of_two_sizes_are_refused():
    # Under pytest the shapes in the signature are checked first.
    with pytest.raises((InputError, TypeCheckError), match=r"one shape|picture_j"):
        LucasKanade()(torch.zeros(3, 40, 40, dtype=torch.uint8), torch.zeros(3, 40, 50, dtype=torch.uint8))


@pytest.mark.parametrize(
    "setting",
    [{"levels": 0}, {"iterations": 0}, {"window": 0.0}, {"regularization": 0.0}, {"contrast": -1.0}],
)
def test_settings_that_cannot_be_are_refused(setting):
    with pytest.raises(InputError, match=next(iter(setting))):
        LucasKanade(**setting)
