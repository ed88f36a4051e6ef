"""Distillation, against torch's divergence and the similarities written out place by place."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d, cosine_similarity, kl_div

from steadymask.errors import InputError
from steadymask.losses.distillation import (
    pair_wise_frames_loss,
    pair_wise_loss,
    pixel_wise_loss,
    single_frame_loss,
)


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def similarities(first: torch.Tensor, second: torch.Tensor, grid: tuple[int, int]) -> torch.Tensor:
    """`n × n`, one picture."""
    places = [adaptive_avg_pool2d(each, grid).flatten(1).T for each in (first, second)]
    return torch.stack([torch.stack([cosine_similarity(a, b, dim=0) for b in places[1]]) for a in places[0]])


def test_the_pixel_wise_term_is_torchs_divergence_per_pixel():
    student, teacher = normal(2, 4, 5, 6), normal(2, 4, 5, 6, seed=1)
    expected = kl_div(student.log_softmax(1), teacher.softmax(1), reduction="sum") / (2 * 5 * 6)
    torch.testing.assert_close(pixel_wise_loss(student, teacher), expected)
    torch.testing.assert_close(pixel_wise_loss(teacher + 3, teacher), torch.zeros_like(expected))


def test_the_pair_wise_term_equals_its_definition():
    student, teacher = normal(1, 3, 8, 10), normal(1, 7, 4, 5, seed=1)
    expected = similarities(student[0], student[0], (4, 5)) - similarities(teacher[0], teacher[0], (4, 5))
    torch.testing.assert_close(pair_wise_loss(student, teacher), expected.square().mean())


def test_the_pair_wise_frames_term_equals_its_definition():
    students, teachers = 20 * normal(2, 1, 3, 16, 24), 20 * normal(2, 1, 3, 8, 12, seed=1)
    expected = similarities(*students[:, 0], (2, 3)) - similarities(*teachers[:, 0], (2, 3))
    torch.testing.assert_close(pair_wise_frames_loss(*students, *teachers), expected.square().mean())


def test_pooling_is_plain_averaging_where_sizes_divide():
    student, teacher = normal(1, 3, 8, 12), normal(1, 3, 8, 12, seed=1)
    pooled = (avg_pool2d(each, 4) for each in (student, teacher))
    torch.testing.assert_close(pair_wise_loss(student, teacher, shrink=4), pair_wise_loss(*pooled, shrink=1))


@settings(deadline=None, derandomize=True, max_examples=20)
@given(seed=st.integers(0, 999))
def test_turning_and_scaling_all_features_changes_no_similarity(seed):
    features, frames = normal(2, 5, 6, 6, seed=seed), normal(2, 2, 5, 8, 8, seed=seed)
    turn = torch.linalg.qr(normal(5, 5, seed=seed))[0]
    turned = 3 * torch.einsum("ij,bjhw->bihw", turn, features)
    assert pair_wise_loss(turned, features).item() == pytest.approx(0, abs=1e-12)
    turned_frames = [torch.einsum("ij,bjhw->bihw", turn, each) for each in frames]
    assert pair_wise_frames_loss(*turned_frames, *frames, shrink=2).item() == pytest.approx(0, abs=1e-12)
    other = normal(2, 5, 6, 6, seed=seed + 1)
    torch.testing.assert_close(pair_wise_loss(turned, other), pair_wise_loss(features, other))


def test_the_loss_stays_exact_near_its_minimum_in_single_precision():
    teacher = normal(1, 19, 40, 40).softmax(1)
    student = (teacher + 1e-4 * normal(1, 19, 40, 40, seed=1)).float()
    exact = pair_wise_frames_loss(student.double(), student.double(), teacher, teacher, shrink=1)
    single = pair_wise_frames_loss(student, student, teacher.float(), teacher.float(), shrink=1)
    assert single.item() == pytest.approx(exact.item(), rel=0.02)
    assert exact < 1e-5


def test_a_map_without_content_has_finite_gradients():
    student = torch.zeros(1, 3, 4, 4, requires_grad=True)
    pair_wise_loss(student, normal(1, 3, 4, 4).float()).backward()
    assert student.grad.isfinite().all()


def test_single_frame_distillation_is_the_weighted_sum():
    logits, features = normal(2, 1, 4, 5, 6), normal(2, 1, 8, 5, 6, seed=2)
    expected = pixel_wise_loss(*logits) + 10 * pair_wise_loss(*features, shrink=1)
    torch.testing.assert_close(
        single_frame_loss(*logits, *features, pair_wise_weight=10.0, shrink=1), expected
    )


def test_a_map_cannot_be_shrunk_to_nothing():
    features = normal(1, 3, 4, 4)
    assert pair_wise_loss(features, features, shrink=100).item() == pytest.approx(0)
    with pytest.raises(InputError, match="shrink: wanted at least 1, got 0"):
        pair_wise_loss(features, features, shrink=0)
