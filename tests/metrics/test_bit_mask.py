"""Masks as integers against the same on arrays, pixel by pixel."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from steadymask.edges import label_edge
from steadymask.metrics.bit_mask import BitMask, edge_bits

masks = st.builds(
    lambda height, width, share, seed: np.random.default_rng(seed).random((height, width)) < share,
    st.integers(1, 12),
    st.integers(1, 20),
    st.sampled_from([0.0, 0.05, 0.5, 0.9, 1.0]),
    st.integers(0, 99),
)


def pixels(mask: BitMask, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """The mask as an array, without margins."""
    bits = [mask.bits >> place & 1 for place in range(shape[0] * mask.stride)]
    return np.array(bits, bool).reshape(shape[0], mask.stride)[:, : shape[1]]


@given(masks, st.integers(1, 5))
def test_the_edge_is_that_of_label_maps(mask: NDArray[np.bool_], margin: int) -> None:
    edge = edge_bits(mask, margin=margin)
    expected = label_edge(torch.from_numpy(mask)).numpy()
    assert np.array_equal(pixels(edge, mask.shape), expected)
    assert edge.count == expected.sum()


@given(masks, st.integers(1, 9))
def test_what_is_dilated_holds_all_pixels_within_the_radius(mask: NDArray[np.bool_], radius: int) -> None:
    edge = edge_bits(mask, margin=radius)
    there = np.argwhere(pixels(edge, mask.shape))
    grid = np.stack(np.mgrid[: mask.shape[0], : mask.shape[1]], -1)
    near = (((grid[:, :, None] - there) ** 2).sum(-1) <= radius**2).any(-1)
    assert np.array_equal(pixels(edge.dilated(radius), mask.shape), near)


@given(masks, masks)
def test_what_two_masks_share_is_what_both_have(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> None:
    height, width = (min(sizes) for sizes in zip(first.shape, second.shape, strict=True))
    ours, theirs = (edge_bits(each[:height, :width], margin=1) for each in (first, second))
    both = pixels(ours, (height, width)) & pixels(theirs, (height, width))
    assert (ours & theirs).count == both.sum()


@pytest.mark.parametrize("radius", [1, 2, 8, 30])
def test_a_single_pixel_becomes_a_disk(radius: int) -> None:
    dot = np.zeros((2 * radius + 3, 2 * radius + 3), bool)
    center = radius + 1
    stride = dot.shape[1] + radius
    disk = pixels(BitMask(1 << center * stride + center, stride).dilated(radius), dot.shape)
    for row in range(-radius, radius + 1):
        assert disk[center + row].sum() == 2 * math.isqrt(radius**2 - row**2) + 1
