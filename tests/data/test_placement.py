"""Placements are undone exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steadymask.data.placement import Chain, Placement

_numbers = st.floats(-50, 50)


@st.composite
def placements(draw):
    a, b = draw(_numbers), draw(_numbers)
    return Placement(
        x=draw(_numbers),
        y=draw(_numbers),
        angle=draw(st.floats(-7, 7)),
        scale=draw(st.floats(0.2, 4)),
        sway=draw(st.sampled_from([None, lambda x: a * np.sin(0.05 * x)])),
        ripple=draw(st.sampled_from([None, lambda y: b * np.cos(0.03 * y)])),
    )


@settings(deadline=None, derandomize=True)
@given(st.lists(placements(), min_size=1, max_size=3), _numbers, _numbers)
def test_inward_undoes_outward(links, x, y):
    chain = Chain(tuple(links))
    home = chain.inward(chain.outward((np.array([x]), np.array([y]))))
    assert np.concatenate(home) == pytest.approx([x, y], abs=1e-8)


def test_a_quarter_turn_takes_right_to_down():
    x, y = Placement(x=10, angle=np.pi / 2, scale=2).outward((np.array([1.0]), np.array([0.0])))
    assert (x[0], y[0]) == pytest.approx((10, 2))
