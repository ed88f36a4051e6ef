"""Places that are held as the flow that gives them."""

import numpy as np
import pytest

from steadymask.filters.places import columns_and_rows, flow_at, places, route


@pytest.mark.parametrize("longest", [0.0, 0.4, 7.9, 8.0, 120.0, 900.0, 5000.0])
def test_a_route_leads_to_the_same_places(longest: float) -> None:
    """Vectors up to 127 pixels are held to 1/256 pixel; a place is one of 32 in a pixel."""
    shape = (48, 64)
    flow = np.random.default_rng(0).uniform(-longest, longest, (24, 32, 2)).astype(np.float32)
    flow.flat[0] = longest
    pixels = np.arange(0, 48 * 64, 5, dtype=np.int32)
    x, y = columns_and_rows(pixels, shape)
    there = flow_at(flow, x, y, shape)
    expected, found = places(x + there[:, 0], y + there[:, 1]), route(flow, shape).places(pixels)
    plane = np.mgrid[:48, :64][1].astype(np.float32)
    gap = np.abs(found.sample(plane, len(pixels)) - expected.sample(plane, len(pixels)))
    assert gap.max() <= 1 / 32 + max(longest, 1) / 2**13


def test_a_route_takes_four_bytes_for_each_vector_of_its_grid() -> None:
    assert route(np.zeros((24, 32, 2), np.float32), (48, 64)).bytes == 4 * 24 * 32
