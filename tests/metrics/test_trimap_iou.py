"""The IoU of a trimap's regions, worked by hand."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from steadymask.errors import InputError
from steadymask.metrics.trimap_iou import TrimapIou, trimap_iou, trimap_iou_sums

TRUTH = torch.tensor([[0, 0, 0, 0, 1, 1, 2, 2, 2, -1]])


def test_a_row_worked_by_hand() -> None:
    trimap = torch.tensor([[0, 0, 0, 1, 1, 2, 2, 2, -1, 0]])
    found = trimap_iou(trimap_iou_sums(trimap, TRUTH))
    assert (found.background, found.unknown, found.foreground) == pytest.approx((3 / 4, 1 / 3, 2 / 3))
    assert found.mean == pytest.approx((3 / 4 + 1 / 3 + 2 / 3) / 3)


def test_a_mask_without_an_unknown_region_loses_it_and_what_it_hides() -> None:
    mask = torch.tensor([[0, 0, 0, 0, 0, 2, 2, 2, 2, 2]])
    found = trimap_iou(trimap_iou_sums(mask, TRUTH))
    assert (found.background, found.unknown, found.foreground) == pytest.approx((4 / 5, 0, 3 / 4))
    assert found.mean == pytest.approx((4 / 5 + 0 + 3 / 4) / 3)


@settings(deadline=None, derandomize=True, max_examples=20)
@given(seed=st.integers(0, 999))
def test_frames_pool_their_pixels_and_the_two_may_change_places(seed: int) -> None:
    trimap, truth = torch.randint(-1, 3, (2, 2, 6, 7), generator=torch.Generator().manual_seed(seed))
    parts = trimap_iou_sums(trimap[0], truth[0]) + trimap_iou_sums(trimap[1], truth[1])
    assert trimap_iou(parts) == trimap_iou(trimap_iou_sums(trimap.flatten(0, 1), truth.flatten(0, 1)))
    assert trimap_iou(trimap_iou_sums(truth.flatten(0, 1), trimap.flatten(0, 1))) == trimap_iou(parts)


def test_the_truth_is_perfect() -> None:
    found = trimap_iou(trimap_iou_sums(TRUTH, TRUTH))
    assert found == TrimapIou(background=1.0, unknown=1.0, foreground=1.0, mean=1.0)


def test_a_region_in_neither_has_no_value() -> None:
    found = trimap_iou(trimap_iou_sums(torch.tensor([[0, 2]]), torch.tensor([[0, 2]])))
    assert math.isnan(found.unknown)
    assert found.mean == 1
    nothing = trimap_iou(trimap_iou_sums(torch.tensor([[-1]]), torch.tensor([[0]])))
    assert all(map(math.isnan, (nothing.background, nothing.unknown, nothing.foreground, nothing.mean)))


def test_a_gray_picture_is_refused() -> None:
    gray = torch.tensor([[0, 128, 255]])
    with pytest.raises(
        InputError, match="trimap: wanted 0 background, 1 unknown, 2 foreground or −1 void, got 255"
    ):
        trimap_iou_sums(gray, torch.tensor([[0, 1, 2]]))
