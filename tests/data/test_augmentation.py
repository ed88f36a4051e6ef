"""Variations of a picture, and of all that lies on its grid."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from steadymask.data.augmentation import Augmentation, Transform, draw_transform, whole
from steadymask.data.augmented import PADDING, apply_flow, apply_labels, apply_picture, apply_visible
from steadymask.data.color_jitter import ColorJitter, jittered
from steadymask.data.similarity import turned
from steadymask.errors import InputError
from steadymask.warp import warp, warp_labels
from world import World

OWN = (48, 64)


def grids(size: tuple[int, int] = OWN) -> tuple[Tensor, Tensor]:
    """x and y of each pixel."""
    y, x = torch.meshgrid(torch.arange(size[0]).double(), torch.arange(size[1]).double(), indexing="ij")
    return x, y


def waves(size: tuple[int, int] = OWN) -> Tensor:
    """A smooth picture: waves of 42 pixels."""
    x, y = grids(size)
    phases = [0.15 * (x * math.cos(angle) + y * math.sin(angle)) for angle in (0.3, 1.4, 2.2)]
    return (0.5 + 0.4 * torch.sin(torch.stack(phases)))[None]


def transforms() -> st.SearchStrategy[Transform]:
    return st.builds(
        Transform,
        own=st.just(OWN),
        scaled=st.tuples(st.integers(30, 90), st.integers(40, 120)),
        corner=st.tuples(st.integers(-9, 20), st.integers(-9, 20)),
        size=st.tuples(st.integers(15, 40), st.integers(15, 40)),
        flipped=st.booleans(),
    )


def cuts() -> st.SearchStrategy[Transform]:
    """Without scaling."""
    return st.builds(
        Transform,
        own=st.just(OWN),
        scaled=st.just(OWN),
        corner=st.tuples(st.integers(-9, 20), st.integers(-9, 20)),
        size=st.tuples(st.integers(15, 40), st.integers(15, 40)),
        flipped=st.booleans(),
    )


def covered(transform: Transform) -> Tensor:
    """Where the picture lies in what comes out."""
    return apply_labels(torch.zeros(1, *OWN, dtype=torch.int32), transform)[0] == 0


every = settings(deadline=None, derandomize=True, max_examples=40)


@every
@given(transform=cuts())
def test_a_cut_takes_pixels_as_they_are_and_pads_with_the_mean_color(transform):
    picture, labels = torch.rand(2, 3, *OWN), torch.randint(0, 9, (2, *OWN))
    found, marks = apply_picture(picture, transform), apply_labels(labels, transform)
    top, left = transform.corner
    for row in range(0, transform.size[0], 4):
        for column in range(0, transform.size[1], 4):
            x = transform.size[1] - 1 - column if transform.flipped else column
            y, x = row + top, x + left
            in_it = 0 <= y < OWN[0] and 0 <= x < OWN[1]
            assert found[1, :, row, column].equal(picture[1, :, y, x] if in_it else torch.tensor(PADDING))
            assert marks[1, row, column] == (labels[1, y, x] if in_it else -1)


def test_the_transform_that_changes_nothing_changes_nothing():
    world = World()
    flow, visible = world.flow(0, 2)[None], world.visible(0, 2)[None]
    picture = waves()
    assert apply_picture(picture, whole(OWN)).equal(picture)
    assert apply_labels(world.labels(0)[None], whole(OWN)).equal(world.labels(0)[None])
    assert apply_flow(flow, whole(OWN)).equal(flow)
    assert apply_visible(visible, flow, whole(OWN)).equal(visible)


def test_flipping_twice_gives_the_picture_its_labels_and_its_flow_back():
    flip = Transform(own=OWN, scaled=OWN, corner=(0, 0), size=OWN, flipped=True)
    world = World()
    picture, labels, flow = waves(), world.labels(0)[None], world.flow(0, 2)[None]
    visible = world.visible(0, 2)[None]
    flow_back, seen = apply_flow(flow, flip), apply_visible(visible, flow, flip)
    assert apply_picture(picture, flip).equal(picture.flip(-1))
    assert apply_picture(apply_picture(picture, flip), flip).equal(picture)
    assert apply_labels(apply_labels(labels, flip), flip).equal(labels)
    assert apply_flow(flow_back, flip).equal(flow)
    assert apply_visible(seen, flow_back, flip).equal(visible)


@every
@given(transform=cuts())
def test_after_a_cut_flow_ends_exactly_where_the_same_point_lies(transform):
    flow = World().flow(0, 3)[None]
    found = apply_flow(flow, transform)[0]
    there_x, there_y = (grid + each for grid, each in zip(grids(), flow[0].double(), strict=True))
    for y in range(0, OWN[0], 7):
        for x in range(0, OWN[1], 7):
            column, row = (int(each) for each in transform.point(float(x), float(y)))
            if 0 <= column < transform.size[1] and 0 <= row < transform.size[0]:
                dx, dy = found[:, row, column].tolist()
                assert (column + dx, row + dy) == transform.point(float(there_x[y, x]), float(there_y[y, x]))


@every
@given(transform=transforms())
def test_the_flow_of_a_turning_picture_stays_exact_through_scale_cut_and_flip(transform):
    motion = turned(angle=0.05, scale=1.04, center=(20.0, 30.0))
    found = apply_flow(motion.flow(OWN)[None], transform)[0].double()
    x, y = grids(transform.size)
    down, right = transform.factors
    columns = transform.size[1] - 1 - x if transform.flipped else x
    own_x, own_y = (columns + transform.corner[1]) / right, (y + transform.corner[0]) / down
    there_x, there_y = motion(own_x, own_y)
    sign = -1 if transform.flipped else 1
    expected = torch.stack([sign * (there_x - own_x) * right, (there_y - own_y) * down])
    inside = covered(transform)
    torch.testing.assert_close(found[:, inside], expected[:, inside], atol=2e-4, rtol=0)
    assert not found[:, ~inside].any()


@every
@given(transform=transforms(), flow=st.tuples(st.floats(-6, 6), st.floats(-6, 6)))
def test_warping_and_varying_can_change_places(transform, flow):
    flow_ij = torch.tensor(flow, dtype=torch.float64)[None, :, None, None].expand(1, 2, *OWN)
    picture_j, found_flow = waves(), apply_flow(flow_ij, transform)
    first = warp(apply_picture(picture_j, transform), found_flow)
    last = apply_picture(warp(picture_j, flow_ij), transform)
    x, y = (grid + each for grid, each in zip(grids(), flow, strict=True))
    # Less than a pixel from the padding, and around the border, a warp mixes or clamps.
    stays = ((x >= 1) & (x <= OWN[1] - 2) & (y >= 1) & (y <= OWN[0] - 2))[None]
    seen = apply_visible(stays, flow_ij, transform)[0]
    x, y = (grid + each for grid, each in zip(grids(transform.size), found_flow[0], strict=True))
    seen = seen & (x >= 0) & (x <= transform.size[1] - 1) & (y >= 0) & (y <= transform.size[0] - 1)
    seen = seen & (warp(covered(transform)[None, None].double(), found_flow)[0, 0] > 1 - 1e-9)
    torch.testing.assert_close(first[..., seen], last[..., seen], atol=0.01, rtol=0)


def test_labels_follow_the_flow_after_a_cut_where_they_are_visible():
    world, random = World(), np.random.default_rng(3)
    drawn = Augmentation(size=(30, 40), scales=(1.0, 1.0))
    for _ in range(10):
        transform = draw_transform(drawn, OWN, random)
        flow = apply_flow(world.flow(0, 2)[None], transform)
        visible = apply_visible(world.visible(0, 2)[None], world.flow(0, 2)[None], transform)
        labels_i, labels_j = (apply_labels(world.labels(t)[None], transform) for t in (0, 2))
        assert visible.float().mean() > 0.7
        assert warp_labels(labels_j, flow)[visible].equal(labels_i[visible])


def test_what_moves_out_of_the_cut_is_not_visible_any_more():
    flow = torch.tensor([3.0, 0.0])[None, :, None, None].expand(1, 2, *OWN)
    cut = Transform(own=OWN, scaled=OWN, corner=(5, 5), size=(10, 10))
    seen = apply_visible(torch.ones(1, *OWN, dtype=torch.bool), flow, cut)[0]
    assert seen.float().mean(0).tolist() == [1] * 7 + [0] * 3


def test_nothing_is_visible_in_the_padding_and_the_flow_is_zero_there():
    flow = torch.tensor([1.0, 1.0])[None, :, None, None].expand(1, 2, *OWN)
    cut = Transform(own=OWN, scaled=OWN, corner=(-4, -6), size=(20, 20))
    seen = apply_visible(torch.ones(1, *OWN, dtype=torch.bool), flow, cut)[0]
    assert not seen[:4].any()
    assert not seen[:, :6].any()
    assert seen[4:-1, 6:-1].all()
    assert apply_flow(flow, cut)[0, 0].sum() == 16 * 14


def test_scaling_leaves_the_corners_where_they_are():
    picture = waves()
    large = Transform(own=OWN, scaled=(95, 127), corner=(0, 0), size=(95, 127))
    found = apply_picture(picture, large)
    torch.testing.assert_close(found[..., ::2, ::2], picture, atol=1e-12, rtol=0)
    expected = torch.nn.functional.interpolate(picture, (95, 127), mode="bilinear", align_corners=True)
    torch.testing.assert_close(found, expected)


def test_a_picture_that_shrinks_far_is_averaged_and_not_sampled():
    checks = ((grids()[0] + grids()[1]) % 2).expand(1, 3, *OWN).clone()
    small = Transform(own=OWN, scaled=(10, 13), corner=(0, 0), size=(10, 13))
    found = apply_picture(checks, small)
    assert (found - 0.5).abs().max() < 0.15
    assert (apply_picture(torch.full_like(checks, 0.3), small) - 0.3).abs().max() < 1e-12


def test_grey_keeps_its_hue_and_colors_lose_theirs_without_saturation():
    picture = torch.rand(1, 3, 4, 5, dtype=torch.float64)
    grey = picture[:, :1].expand(-1, 3, -1, -1)
    turned_grey = jittered(grey, ColorJitter(hue=1.0, saturation=1.7))
    torch.testing.assert_close(turned_grey, grey, atol=2e-3, rtol=0)  # YIQ is printed with four digits
    luma = (picture * torch.tensor([0.299, 0.587, 0.114], dtype=torch.float64)[:, None, None]).sum(
        1, keepdim=True
    )
    flat = jittered(picture, ColorJitter(saturation=0.0))
    torch.testing.assert_close(flat, luma.expand_as(flat), atol=1e-9, rtol=0)


def test_brightness_and_contrast_are_a_line_through_middle_grey():
    picture = torch.full((1, 3, 2, 2), 0.6, dtype=torch.float64)
    found = jittered(picture, ColorJitter(brightness=1.1, contrast=0.5))
    torch.testing.assert_close(found, torch.full_like(found, 0.5 * (1.1 * 0.6 - 0.5) + 0.5))
    assert jittered(picture, ColorJitter(brightness=2.0)).max() == 1


def test_colors_change_alike_in_both_frames_so_that_warping_can_come_first():
    flow = torch.tensor([4.0, -2.0], dtype=torch.float64)[None, :, None, None].expand(1, 2, *OWN)
    jitter, picture = ColorJitter(brightness=0.9, contrast=1.05, saturation=1.05, hue=0.1), waves()
    first, last = warp(jittered(picture, jitter), flow), jittered(warp(picture, flow), jitter)
    torch.testing.assert_close(first, last)


@every
@given(
    seed=st.integers(0, 10**6),
    own=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    base=st.sampled_from(["own", "fit", "cover"]),
)
def test_a_drawn_cut_lies_in_the_picture_or_the_picture_in_the_cut(seed, own, base):
    wanted = Augmentation(size=(24, 32), base=base, hue=0.3)
    transform = draw_transform(wanted, own, np.random.default_rng(seed))
    assert draw_transform(wanted, own, np.random.default_rng(seed)) == transform
    assert transform.size == (24, 32)
    for corner, scaled, size in zip(transform.corner, transform.scaled, transform.size, strict=True):
        assert min(scaled - size, 0) <= corner <= max(scaled - size, 0)
    found = apply_picture(torch.rand(1, 3, *own, generator=torch.Generator().manual_seed(seed)), transform)
    assert found.shape == (1, 3, 24, 32)
    assert 0 <= found.min() <= found.max() <= 1


def test_a_small_picture_lies_anywhere_in_the_cut():
    random, wanted = np.random.default_rng(0), Augmentation(size=(30, 40), scales=(1.0, 1.0))
    corners = {draw_transform(wanted, (28, 43), random).corner for _ in range(200)}
    assert corners == {(top, left) for top in (-2, -1, 0) for left in (0, 1, 2, 3)}


@pytest.mark.parametrize(("base", "scaled"), [("own", (60, 50)), ("fit", (30, 25)), ("cover", (48, 40))])
def test_factor_1_is_what_the_base_says(base, scaled):
    wanted = Augmentation(size=(30, 40), scales=(1.0, 1.0), base=base)
    assert draw_transform(wanted, (60, 50), np.random.default_rng(0)).scaled == scaled


def test_half_of_the_pictures_are_flipped_and_scales_are_drawn_evenly():
    random, wanted = np.random.default_rng(0), Augmentation(size=(20, 20), scales=(0.5, 2.5))
    drawn = [draw_transform(wanted, (100, 100), random) for _ in range(2000)]
    assert sum(each.flipped for each in drawn) / 2000 == pytest.approx(0.5, abs=0.04)
    heights = torch.tensor([each.scaled[0] for each in drawn]).float()
    assert heights.mean().item() == pytest.approx(150, abs=4)
    assert heights.std().item() == pytest.approx(200 / 12**0.5, abs=3)
    assert {each.jitter.hue for each in drawn} == {0.0}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"size": (0, 5)}, r"size: wanted \(h, w\) of 1 or more, got \(0, 5\)"),
        ({"scales": (2.0, 1.0)}, r"scales: wanted 0 < lowest <= highest < 100, got \(2.0, 1.0\)"),
        ({"flip": 1.5}, r"flip: wanted a number in \[0, 1\], got 1.5"),
        ({"hue": 4.0}, r"hue: wanted radians in \[0, π\], got 4.0"),
    ],
)
def test_settings_out_of_range_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        Augmentation(**({"size": (5, 5)} | wrong))


def test_what_has_another_size_is_refused():
    with pytest.raises(InputError, match="labels: wanted height x width 48 x 64, got 5 x 6"):
        apply_labels(torch.zeros(1, 5, 6, dtype=torch.int32), whole(OWN))
