"""A truth spoiled on purpose: one axis makes it wrong but leaves it steady, the other makes it shake."""

import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from steadymask.data.qualification import (
    DISPLACEMENTS,
    EROSIONS,
    Qualification,
    displaced,
    eroded,
    piecewise_affine,
    qualification_clip,
)
from steadymask.errors import InputError
from steadymask.metrics.inconsistency import inconsistency, inconsistency_sums

ANGLES = st.floats(0, 2 * math.pi)


def disk(x: float = 70, y: float = 60, *, radius: float = 32) -> torch.Tensor:
    rows, columns = torch.arange(120)[:, None], torch.arange(160)
    return ((columns - x) ** 2 + (rows - y) ** 2 < radius**2).int()


def spoiled(truth: list[torch.Tensor], seed: int = 0, **how: float) -> list[torch.Tensor]:
    return list(qualification_clip(truth, seed=seed, spoiled=Qualification(**how)))


def moving_disk() -> list[torch.Tensor]:
    """Two pixels to the right in each frame."""
    return [disk(60 + 2 * t) for t in range(8)]


def flicker(clip: list[torch.Tensor], step: int) -> float:
    """Inconsistency of consecutive frames, along the exact motion of the moving disk."""
    flow = torch.tensor([float(step), 0.0]).view(2, 1, 1).expand(2, 120, 160)
    everywhere = torch.ones(120, 160, dtype=torch.bool)
    everywhere[:, :4] = everywhere[:, -4:] = False
    pairs = [
        inconsistency_sums(i, j, flow, -flow, visible_ij=everywhere, visible_ji=everywhere, classes=2)
        for i, j in pairwise(clip)
    ]
    return inconsistency(sum(pairs[1:], start=pairs[0]))


@pytest.mark.parametrize(
    ("angle", "rows", "columns"),
    [
        (0.0, (20, 80), (30, 90)),
        (math.pi / 2, (20, 70), (30, 100)),
        (math.pi, (20, 80), (40, 100)),
        (-math.pi / 2, (30, 80), (30, 100)),
        (math.pi / 4, (20, 73), (30, 93)),
    ],
)
def test_a_rectangle_loses_its_side_that_faces_the_direction(angle, rows, columns):
    labels, expected = torch.zeros(2, 120, 160, dtype=torch.int32)
    labels[20:80, 30:100] = 3
    expected[slice(*rows), slice(*columns)] = 3
    assert torch.equal(eroded(labels, pixels=10, angle=angle), expected)


@settings(deadline=None, derandomize=True, max_examples=25)
@given(angle=ANGLES)
def test_a_disk_keeps_what_it_shares_with_itself_moved(angle):
    # A convex set eroded along a line is what it shares with itself moved by the whole line, but for a pixel
    # here and there where the line between, of whole pixels, leaves it.
    away = disk(70 - round(10 * math.cos(angle)), 60 - round(10 * math.sin(angle)))
    left, expected = eroded(disk(), pixels=10, angle=angle), disk() & away
    assert (left <= expected).all()
    assert int((left < expected).sum()) <= 8


@settings(deadline=None, derandomize=True, max_examples=25)
@given(angle=ANGLES, less=st.integers(0, 20), more=st.integers(0, 20))
def test_more_erosion_leaves_less(angle, less, more):
    less, more = sorted((less, more))
    assert (eroded(disk(), pixels=more, angle=angle) <= eroded(disk(), pixels=less, angle=angle)).all()


def test_erosion_keeps_objects_apart_and_stops_at_border_and_void():
    labels = torch.tensor([[1, 1, 1, 2, 2, -1, 0, 3, 3, 3]], dtype=torch.int32)
    assert eroded(labels, pixels=2, angle=0.0).tolist() == [[1, 0, 0, 2, 0, -1, 0, 3, 3, 3]]


def test_what_lies_between_counts_too_not_only_what_lies_farthest():
    labels = torch.tensor([[1, 1, 1, 0, 1, 1, 1, 1, 1, 1]], dtype=torch.int32)
    assert eroded(labels, pixels=4, angle=0.0).tolist() == [[0, 0, 0, 0, 1, 1, 1, 1, 1, 1]]


def test_displacement_is_affine_where_its_nodes_are():
    # dx = 0.25 x − 0.5 y + 1, dy = 0.125 y − 2, at nodes 16 pixels apart.
    def field(x, y):
        return torch.stack((0.25 * x - 0.5 * y + 1 + 0 * y, 0.125 * y - 2 + 0 * x))

    nodes = field(16 * torch.arange(7), 16 * torch.arange(5)[:, None])
    expected = field(torch.arange(83).float(), torch.arange(50).float()[:, None])
    assert torch.allclose(piecewise_affine(nodes, size=(50, 83), cell=16), expected)


def test_each_triangle_is_affine_by_itself():
    nodes = torch.zeros(2, 2, 2)
    nodes[0, 0, 1] = 4.0  # the upper right corner alone
    flow = piecewise_affine(nodes, size=(4, 4), cell=4)
    assert flow[0].tolist() == [[0, 1, 2, 3], [0, 0, 1, 2], [0, 0, 0, 1], [0, 0, 0, 0]]


@settings(deadline=None, derandomize=True, max_examples=10)
@given(seed=st.integers(0, 1000))
def test_nothing_moves_farther_than_its_nodes_and_some_of_it_nearly_as_far(seed):
    angles = 6.3 * torch.rand(5, 6, generator=torch.Generator().manual_seed(seed))
    flow = piecewise_affine(8 * torch.stack((angles.cos(), angles.sin())), size=(100, 130), cell=32)
    length = flow.norm(dim=0)
    assert float(length.max()) == pytest.approx(8.0, abs=1e-4)
    assert torch.allclose(length[::32, ::32], torch.tensor(8.0))


def test_void_stays_and_spreads_nowhere():
    truth = disk()
    truth[40:80, 90:110] = -1
    for frame in spoiled([truth] * 6, erosion=10, displacement=8.0):
        assert torch.equal(frame < 0, truth < 0)


def test_no_pixels_change_nothing():
    assert all(map(torch.equal, spoiled(moving_disk()), moving_disk()))


def test_the_first_axis_makes_wrong_and_leaves_steady():
    levels = [spoiled(moving_disk(), erosion=each) for each in EROSIONS]
    assert [flicker(clip, step=2) for clip in levels] == [0, 0, 0]
    areas = [int(clip[3].sum()) for clip in levels]
    assert areas[0] > 1.1 * areas[1] > 1.21 * areas[2] > 0


def test_the_second_axis_makes_unsteady():
    levels = [flicker(spoiled(moving_disk(), displacement=each), step=2) for each in DISPLACEMENTS]
    assert levels[0] == 0 < 1.5 * levels[1] < levels[2]


def test_a_seed_means_the_same_directions_at_every_level():
    both, one = (spoiled(moving_disk(), seed=5, erosion=10, displacement=each) for each in (8.0, 0.0))
    shaken = spoiled(one, seed=5, displacement=8.0)
    assert all(map(torch.equal, both, shaken))
    assert not any(map(torch.equal, both, spoiled(moving_disk(), seed=6, erosion=10, displacement=8.0)))


def test_each_frame_is_displaced_in_directions_of_its_own():
    still = [disk()] * 5
    assert not any(torch.equal(a, b) for a, b in pairwise(spoiled(still, displacement=8.0)))


def test_displaced_labels_come_from_where_the_displacement_points():
    flow = torch.tensor([1.0, 0.0]).view(2, 1, 1).expand(2, 1, 4)
    assert displaced(torch.tensor([[0, 5, 7, 0]]), flow).tolist() == [[5, 7, 0, 0]]


@pytest.mark.parametrize(
    ("setting", "value"),
    [("erosion", -1), ("cell", 0), ("displacement", -1.0), ("displacement", 16.0)],
)
def test_settings_out_of_range_are_named(setting, value):
    with pytest.raises(InputError, match=f"^{setting}: wanted"):
        Qualification(**{setting: value})
