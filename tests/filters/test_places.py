"""Places that are held as the flow that gives them."""

import numpy as np
import pytest

from steadymask.errors import InputError
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


@pytest.mark.parametrize("longest", [1e-40, 1e-30, 3e4, 1e30])
def test_a_route_holds_the_shortest_and_the_longest_vectors(longest: float) -> None:
    flow = np.full((24, 32, 2), longest, np.float32)
    way = route(flow, (48, 64))
    assert np.allclose(way.flow * 2.0**-way.bits, flow, rtol=1e-3, atol=2.0**-16)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_flow_that_is_not_finite_is_refused(value: float) -> None:
    flow = np.zeros((24, 32, 2), np.float32)
    flow[3, 4] = value
    with pytest.raises(InputError, match="flow: wanted finite vectors"):
        route(flow, (48, 64))
