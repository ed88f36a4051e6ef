"""Masks that wait in memory: the same bits come back, and they take what their kind needs."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from moving import one_hot

from steadymask.filters.held import Bytes, Certain, Exact, Held, held


def size_of(masks: Held) -> int:
    part = {Certain: "labels", Bytes: "objects", Exact: "probs"}[type(masks)]
    tensor = getattr(masks, part)
    return tensor.numel() * tensor.element_size()


def random(shape: tuple[int, ...], seed: int) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def eight_bit_matte(seed: int) -> torch.Tensor:
    matte = (random((6, 8), seed) * 255).round() / 255
    return torch.stack((1 - matte, matte))


@given(st.integers(0, 99), st.integers(1, 300), st.sampled_from([torch.float32, torch.float64]))
def test_certain_labels_come_back_from_one_byte_a_pixel(seed: int, classes: int, dtype: torch.dtype) -> None:
    probs = one_hot((random((6, 8), seed) * classes).long().clamp(max=classes - 1), classes).to(dtype)
    masks = held(probs)
    assert masks.probs.dtype == dtype
    assert torch.equal(masks.probs, probs)
    assert size_of(masks) == (6 * 8 if classes <= 256 else (classes - 1) * 6 * 8)


@given(st.integers(0, 99))
def test_an_8_bit_matte_comes_back_from_one_byte_a_pixel(seed: int) -> None:
    probs = eight_bit_matte(seed)
    assert torch.equal(held(probs).probs, probs)
    assert size_of(held(probs)) == 6 * 8


@given(st.integers(0, 99), st.integers(1, 4))
def test_any_other_probabilities_come_back_as_they_were(seed: int, classes: int) -> None:
    probs = random((classes, 6, 8), seed)
    assert torch.equal(held(probs).probs, probs)


@pytest.mark.parametrize(
    "spoiled",
    [
        torch.tensor([[[1.0]], [[1.0]]]),  # two classes at once
        torch.tensor([[[0.0]], [[0.0]]]),  # none
        torch.tensor([[[0.5]], [[1.0]], [[0.0]]]),
        torch.tensor([[[-0.2]], [[1.2]]]),
        torch.tensor([[[1.0]], [[1e-9]]]),
    ],
)
def test_what_only_looks_like_labels_is_kept_as_it_is(spoiled: torch.Tensor) -> None:
    assert torch.equal(held(spoiled).probs, spoiled)
