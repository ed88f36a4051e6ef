import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from steadymask.data.homography import (
    HomographyDraw,
    draw_homographies,
    homographies_of,
    moved_by,
    moved_stills,
)
from steadymask.errors import InputError
from steadymask.warp import warp

SIZE = 60, 80
STRONG = HomographyDraw(translation=0.2, rotation=30.0, scaling=0.4, corners=0.15)


def stills(count=2):
    """Long waves, and labels of three bands."""
    y, x = torch.meshgrid(*(torch.arange(float(n)) for n in SIZE), indexing="ij")
    waves = torch.stack([0.5 + 0.4 * torch.sin(x / a + y / b) for a, b in ((9, 14), (13, 8), (11, 17))])
    labels = (x // 27).int()
    return waves.expand(count, 3, *SIZE), labels.expand(count, *SIZE)


def random(seed=0):
    return torch.Generator().manual_seed(seed)


def drawn(count=2, seed=0, how=STRONG):
    return draw_homographies(count, size=SIZE, generator=random(seed), settings=how)


def between_centers(flow):
    """Where flow points between centers of pixels; half a pixel further out, sampling clamps."""
    x = flow[:, 0] + torch.arange(float(SIZE[1]))
    y = flow[:, 1] + torch.arange(float(SIZE[0]))[:, None]
    return (x >= 0) & (x <= SIZE[1] - 1) & (y >= 0) & (y <= SIZE[0] - 1)


def places_of(homography):
    """Where the homography puts each pixel, as NumPy does it; and its depth there."""
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]].astype(float)
    x, y, depth = np.einsum("kl,lhw->khw", homography, np.stack([columns, rows, 1 + 0 * rows]))
    return np.stack([x / depth - columns, y / depth - rows]), depth


@pytest.mark.parametrize("how", [HomographyDraw(), STRONG])
def test_the_flow_is_that_of_the_homography_both_ways(how):
    homographies = drawn(how=how)
    pair = moved_by(*stills(), homographies)
    for n, each in enumerate(homographies.numpy()):
        for flow, visible, matrix in (
            (pair.flow_ij, pair.visible_ij, each),
            (pair.flow_ji, pair.visible_ji, np.linalg.inv(each)),
        ):
            wanted, depth = places_of(matrix)
            assert (depth[visible[n]] > 0).all()
            assert np.abs(flow[n].numpy() - wanted)[:, visible[n]].max() < 1e-4
            assert visible[n].float().mean() > 0.3


def test_four_points_go_where_they_are_sent():
    points = torch.tensor([[[0.0, 0.0], [79.0, 0.0], [79.0, 59.0], [0.0, 59.0]]])
    wanted = torch.tensor([[[3.0, -2.0], [70.0, 4.0], [85.0, 66.0], [-5.0, 50.0]]])
    found = homographies_of(points, wanted)
    ones = torch.ones(1, 4, 1, dtype=torch.float64)
    there = torch.cat([points.double(), ones], 2) @ found.mT
    torch.testing.assert_close(there[..., :2] / there[..., 2:], wanted.double(), atol=1e-9, rtol=0)


def test_no_motion_has_no_flow_and_changes_nothing():
    frames, labels = stills()
    pair = moved_stills(
        frames,
        labels,
        generator=random(),
        settings=HomographyDraw(translation=0.0, rotation=0.0, scaling=0.0, corners=0.0),
    )
    assert pair.flow_ij.abs().max() < 1e-9
    assert pair.flow_ji.abs().max() < 1e-9
    assert pair.visible_ij.all()
    assert pair.visible_ji.all()
    assert pair.labels_j.equal(labels)
    torch.testing.assert_close(pair.frames_j, frames)


@settings(deadline=None, derandomize=True, max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_there_and_back_leads_home_where_visible(seed):
    pair = moved_by(*stills(), drawn(seed=seed))
    for there, back, visible in (
        (pair.flow_ij, pair.flow_ji, pair.visible_ij),
        (pair.flow_ji, pair.flow_ij, pair.visible_ji),
    ):
        within = visible & between_centers(there)
        gap = (there + warp(back, there)).square().sum(1).sqrt()
        assert gap[within].max() < 0.05  # flow is read between pixels; perspective bends it


@settings(deadline=None, derandomize=True, max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_the_still_lies_where_the_flow_says(seed):
    frames, labels = stills()
    pair = moved_by(frames, labels, drawn(seed=seed, how=HomographyDraw()))
    brought = warp(pair.frames_j, pair.flow_ij)
    inner = pair.visible_ij & between_centers(pair.flow_ij)
    inner[:, [0, 1, -2, -1]] = inner[..., [0, 1, -2, -1]] = False  # mixed with what lies beyond the still
    assert (brought - frames).abs().amax(1)[inner].max() < 0.02
    # By hand: the label of the nearest pixel of the still, void beyond.
    x = (pair.flow_ji[:, 0] + torch.arange(float(SIZE[1]))).round()
    wanted = torch.where(pair.visible_ji, (x.clamp(0, SIZE[1] - 1) // 27).int(), -1)
    assert (pair.labels_j == wanted).float().mean() > 0.999  # a half may round either way


def test_a_push_by_whole_pixels_moves_labels_and_leaves_void_behind():
    frames, labels = stills(1)
    push = torch.eye(3, dtype=torch.float64)[None].clone()
    push[0, 0, 2], push[0, 1, 2] = 7, -3
    pair = moved_by(frames, labels, push)
    assert pair.flow_ij[0, :, 0, 0].tolist() == [7, -3]
    assert pair.labels_j[0, :-3, 7:].equal(labels[0, 3:, :-7])
    assert (pair.labels_j[0, :, :7] == -1).all()
    assert (pair.labels_j[0, -3:] == -1).all()
    assert pair.visible_ji.equal(pair.labels_j >= 0)
    assert int(pair.visible_ij.sum()) == (60 - 3) * (80 - 7)
    torch.testing.assert_close(pair.frames_j[0, :, :-3, 7:], frames[0, :, 3:, :-7])


def test_what_lies_behind_the_horizon_is_not_visible():
    tilted = torch.eye(3, dtype=torch.float64)[None].clone()
    tilted[0, 2, 0], tilted[0, 2, 2] = 1 / 30, -10 / 30  # the depth is 0 in column 10
    pair = moved_by(*stills(1), tilted)
    assert pair.flow_ij.isfinite().all()
    assert pair.flow_ji.isfinite().all()
    assert not pair.visible_ij[..., :11].any()
    assert pair.visible_ij.any()


def test_the_same_seed_draws_the_same_pairs_and_another_does_not():
    one, same, other = (moved_stills(*stills(), generator=random(seed)) for seed in (5, 5, 6))
    assert one.frames_j.equal(same.frames_j)
    assert one.flow_ij.equal(same.flow_ij)
    assert not one.flow_ij.equal(other.flow_ij)
    assert not one.flow_ij[0].equal(one.flow_ij[1])


def test_draws_stay_within_their_settings():
    none = {"translation": 0.0, "rotation": 0.0, "scaling": 0.0, "corners": 0.0}
    middle = torch.tensor([39.5, 29.5, 1.0], dtype=torch.float64)
    pushed = drawn(200, how=HomographyDraw(**none | {"translation": 0.1}))[:, :2, 2]
    assert 5.5 < pushed.abs().max() <= 6
    turned = drawn(200, how=HomographyDraw(**none | {"rotation": 20.0}))
    angles = torch.atan2(turned[:, 1, 0], turned[:, 0, 0]).rad2deg()
    assert 18 < angles.max() <= 20 + 1e-9
    assert -20 - 1e-9 <= angles.min() < -18
    torch.testing.assert_close((turned @ middle), middle.expand(200, 3))
    scaled = drawn(200, how=HomographyDraw(**none | {"scaling": 0.5}))[:, 0, 0]
    assert 1.4 < scaled.max() <= 1.5 + 1e-9
    assert 1 / 1.5 - 1e-9 <= scaled.min() < 0.7
    bent = drawn(200, how=HomographyDraw(**none | {"corners": 0.1}))
    corner = bent[:, :2, 2]  # where (0, 0) goes
    assert (corner.abs().amax(0) <= torch.tensor([7.9, 5.9])).all()
    assert (corner.abs().amax(0) > torch.tensor([7.0, 5.2])).all()


@pytest.mark.parametrize(
    "setting",
    [{"translation": -0.1}, {"rotation": math.nan}, {"scaling": -1.0}, {"corners": 0.25}],
)
def test_settings_that_cannot_be_are_refused(setting):
    with pytest.raises(InputError, match=next(iter(setting))):
        HomographyDraw(**setting)


def test_a_picture_of_one_row_is_refused():
    with pytest.raises(InputError, match="at least 2 by 2 pixels, got 1 by 5"):
        draw_homographies(1, size=(1, 5), generator=random(), settings=HomographyDraw())
