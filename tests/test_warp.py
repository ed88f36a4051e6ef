import math

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck

from steadymask.warp import inside, motion_edges, photometric_confidence, visibility, warp, warp_labels
from world import World


def constant_flow(dx: float, dy: float, size: tuple[int, int] = (6, 8)) -> torch.Tensor:
    return torch.tensor([dx, dy]).float()[None, :, None, None].expand(1, 2, *size)


def test_visibility_equals_the_occlusion_of_fast_blind_video_consistency(reference):
    for clip in ("car-shadow", "dance-twirl", "libby"):
        flows = np.load(reference / "fast_blind" / f"{clip}.npz")
        forward, backward = (
            torch.from_numpy(flows[f"flow_{way}"]).float() for way in ("forward", "backward")
        )
        visible = visibility(forward, backward, motion_edges=True, outside_is_visible=True)
        for number, each in enumerate(visible):
            occluded = (
                cv2.imread(str(reference / "fast_blind" / f"{clip}_occlusion_{10 + number:05d}.png"), 0) > 0
            )
            assert (~each.numpy() != occluded).sum() <= 5


@settings(deadline=None, derandomize=True, max_examples=20)
@given(dx=st.integers(-7, 7), dy=st.integers(-5, 5))
def test_a_whole_shift_moves_pixels_and_the_border_clamps(dx, dy):
    x = torch.rand(2, 3, 6, 8, generator=torch.Generator().manual_seed(0))
    rows, columns = (torch.arange(6) + dy).clamp(0, 5), (torch.arange(8) + dx).clamp(0, 7)
    moved = warp(x, constant_flow(dx, dy).expand(2, -1, -1, -1))
    torch.testing.assert_close(moved, x[:, :, rows][..., columns], atol=1e-5, rtol=0)


def test_half_a_pixel_averages_two_neighbours():
    ramp = torch.arange(8.0).expand(1, 1, 6, 8)
    expected = torch.tensor([0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.0]).expand(1, 1, 6, 8)
    torch.testing.assert_close(warp(ramp, constant_flow(0.5, 0)), expected)


def test_warping_there_and_back_leads_home():
    world = World()
    there, back = world.flow(0, 2)[None], world.flow(2, 0)[None]
    picture = world.picture(0)[None].float()
    home = warp(warp(picture, back), there)  # frame 0 onto frame 2's grid, and onto frame 0's again
    seen = world.visible(0, 2)
    torch.testing.assert_close(home[..., seen], picture[..., seen], atol=0.02, rtol=0)


def test_warp_has_the_right_gradients_in_both_arguments():
    noise = torch.Generator().manual_seed(0)
    x = torch.rand(1, 2, 5, 6, generator=noise, dtype=torch.float64, requires_grad=True)
    # Away from whole positions, where a bilinear warp has a kink.
    flow = (torch.rand(1, 2, 5, 6, generator=noise, dtype=torch.float64) * 0.4 + 0.3).requires_grad_()
    assert gradcheck(warp, (x, flow))


def test_a_picture_of_one_row_or_column_can_be_warped():
    column = torch.arange(4.0).view(1, 1, 4, 1)
    assert warp(column, constant_flow(0, 1, (4, 1))).flatten().tolist() == pytest.approx([1, 2, 3, 3])


def test_labels_go_to_the_nearest_pixel_and_ties_to_the_even_one():
    labels = torch.arange(8, dtype=torch.int32).expand(1, 1, 8)
    assert warp_labels(labels, constant_flow(0.4, 0, (1, 8))).flatten().tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert warp_labels(labels, constant_flow(0.6, 0, (1, 8))).flatten().tolist() == [1, 2, 3, 4, 5, 6, 7, 7]
    assert warp_labels(labels, constant_flow(0.5, 0, (1, 8))).flatten().tolist() == [0, 2, 2, 4, 4, 6, 6, 7]


@pytest.mark.parametrize("dtype", [torch.int8, torch.int16, torch.int32, torch.int64])
def test_warped_labels_keep_type_and_batch_items_apart(dtype):
    labels = torch.randint(-1, 9, (3, 6, 8), generator=torch.Generator().manual_seed(0)).to(dtype)
    flow = torch.stack([constant_flow(dx, 1)[0] for dx in (0, 1, -2)])
    warped = warp_labels(labels, flow)
    assert warped.dtype == dtype
    for number in range(3):
        assert warped[number].equal(warp_labels(labels[number, None], flow[number, None])[0])


def test_exact_flow_finds_exactly_the_visible_pixels_unless_layers_move_alike():
    world = World()
    found = visibility(world.flow(0, 1)[None], world.flow(1, 0)[None])[0]
    assert found.equal(world.visible(0, 1))


def test_what_leaves_the_picture_is_seen_only_if_told():
    forward, backward = constant_flow(3, 0), constant_flow(-3, 0)
    assert visibility(forward, backward)[0].float().mean(0).tolist() == [1, 1, 1, 1, 1, 0, 0, 0]
    assert visibility(forward, backward, outside_is_visible=True).all()
    assert inside(forward).equal(visibility(forward, backward))


def test_motion_edges_lie_where_the_flow_jumps():
    flow = constant_flow(0, 0).clone()
    flow[:, 0, :, 4:] = 1
    assert motion_edges(flow)[0].float().mean(0).tolist() == [0, 0, 0, 1, 0, 0, 0, 0]


def test_twenty_grey_levels_leave_a_confidence_of_one_over_e():
    frame = torch.full((1, 3, 6, 8), 0.5)
    still = constant_flow(0, 0)
    torch.testing.assert_close(photometric_confidence(frame, frame, still), torch.ones(1, 6, 8))
    expected = torch.full((1, 6, 8), np.exp(-1), dtype=torch.float32)
    torch.testing.assert_close(photometric_confidence(frame, frame + 20 / 255, still), expected)


def test_confidence_weighs_the_colours_differences_without_their_signs():
    frame = torch.zeros(1, 3, 6, 8)
    other = frame + torch.tensor([20, -20, 20])[:, None, None] / 255
    expected = torch.full((1, 6, 8), np.exp(-1), dtype=torch.float32)
    torch.testing.assert_close(photometric_confidence(frame, other, constant_flow(0, 0)), expected)


def test_a_flow_that_is_no_number_somewhere_leaves_gradients_everywhere_else() -> None:
    picture = torch.rand(1, 2, 5, 6, requires_grad=True)
    flow = torch.zeros(1, 2, 5, 6)
    flow[0, 0, 2, 3] = math.nan
    flow.requires_grad_()
    warp(picture, flow)[:, :, :2].sum().backward()
    torch.testing.assert_close(picture.grad[0, :, :2], torch.ones(2, 2, 6))
    assert flow.grad.isfinite().all()
