"""Following single pixels against the functions on whole pictures."""

import numpy as np
import pytest
import torch
from moving import one_hot

from steadymask.errors import InputError
from steadymask.filters.places import Places, Route, places
from steadymask.filters.tracks import Tracks, as_rows, follow, smallest, sure_labels, undecided
from steadymask.warp import photometric_confidence, visibility, warp

GAIN = 255 / 20


def smooth(channels: int, size: tuple[int, int], scale: float, seed: int) -> torch.Tensor:
    noise = torch.randn(
        1, channels, size[0] + 12, size[1] + 12, generator=torch.Generator().manual_seed(seed)
    )
    return scale * torch.nn.functional.avg_pool2d(noise, 13, 1)


@pytest.mark.parametrize("seed", range(4))
def test_trust_is_visibility_times_photometric_confidence(seed: int) -> None:
    size = (40, 56)
    flow_ij = smooth(2, size, 30, seed)
    flow_ji = -warp(flow_ij, -flow_ij) + smooth(2, size, 8, seed + 50)
    picture_i, picture_j = (
        (128 + smooth(3, size, 400, seed + n)).clamp(0, 255).round().to(torch.uint8) for n in (10, 10)
    )
    picture_j = (picture_j.float() + smooth(3, size, 60, seed + 20)).clamp(0, 255).round().to(torch.uint8)
    pixels = np.arange(3, 40 * 56, 2, dtype=np.int32)
    _, trust = follow(
        pixels,
        as_rows(flow_ij[0]),
        as_rows(flow_ji[0]),
        as_rows(picture_i[0]),
        as_rows(picture_j[0]),
        gain=GAIN,
    )
    visible = visibility(flow_ij, flow_ji).flatten()[pixels].numpy()
    expected = photometric_confidence(picture_i / 255, picture_j / 255, flow_ij).flatten()[pixels].numpy()
    # `visibility` lets a point leave the picture by half a pixel, `follow` by none.
    agree = (trust > 0) == visible
    assert agree.mean() > 0.97
    assert 0.1 < visible.mean() < 0.95
    both = (trust > 0) & visible
    assert np.abs(trust[both] / 255 - expected[both]).max() < 0.03


def test_places_are_sampled_as_warp_does_up_to_a_32nd_of_a_pixel() -> None:
    size = (30, 44)
    flow, picture = smooth(2, size, 40, 0), smooth(1, size, 30, 1)
    y, x = torch.meshgrid(torch.arange(30.0), torch.arange(44.0), indexing="ij")
    found = places((x + flow[0, 0]).flatten().numpy(), (y + flow[0, 1]).flatten().numpy())
    sampled = torch.from_numpy(found.sample(picture[0, 0].numpy(), 30 * 44)).reshape(size)
    steepest = max(float(picture.diff(dim=each).abs().max()) for each in (2, 3))
    assert (sampled - warp(picture, flow)[0, 0]).abs().max() <= 2 * steepest / 64 + 1e-5


def test_a_coarse_flow_is_read_where_its_pixels_lie() -> None:
    """A flow that is a plane is the same on any grid, away from the border."""
    rows, columns = np.mgrid[:32, :48].astype(np.float32)
    plane = np.stack([0.4 * columns, -0.3 * rows], -1).astype(np.float32)
    coarse = plane.reshape(16, 2, 24, 2, 2).mean((1, 3))
    picture = np.full((32, 48, 3), 90, np.uint8)
    pixels = (rows * 48 + columns)[4:28, 4:30].flatten().astype(np.int32)
    found, _ = follow(pixels, coarse, -coarse, picture, picture, gain=GAIN)
    assert np.allclose(found.sample(columns, len(pixels)), 1.4 * (pixels % 48), atol=1 / 31)
    assert np.allclose(found.sample(rows, len(pixels)), 0.7 * (pixels // 48), atol=1 / 31)


def test_a_pixel_that_is_hidden_there_or_leaves_the_picture_is_not_trusted() -> None:
    there, back = np.zeros((8, 8, 2), np.float32), np.zeros((8, 8, 2), np.float32)
    there[2, 2] = 3, 0  # nothing leads back from there
    for row, column, leaves in ((4, 7, (2, 0)), (4, 0, (-2, 0)), (0, 4, (0, -2)), (7, 4, (0, 2))):
        there[row, column] = leaves
        back[row, column] = -there[row, column]
    grey = np.full((8, 8, 3), 128, np.uint8)
    _, trust = follow(np.arange(64, dtype=np.int32), there, back, grey, grey, gain=GAIN)
    hidden = [4, 2 * 8 + 2, 4 * 8, 4 * 8 + 7, 7 * 8 + 4]
    assert np.flatnonzero(trust == 0).tolist() == hidden
    assert (np.delete(trust, hidden) == 255).all()


def test_twenty_grey_levels_of_change_leave_a_trust_of_one_in_e() -> None:
    still = np.zeros((8, 8, 2), np.float32)
    before, after = (np.full((8, 8, 3), value, np.uint8) for value in (100, 120))
    _, trust = follow(np.arange(64, dtype=np.int32), still, still, before, after, gain=GAIN)
    assert set(trust.tolist()) == {round(255 / np.e)}


def test_what_all_frames_agree_on_is_decided() -> None:
    own = np.zeros((32, 32), np.uint8)
    still = np.zeros((32, 32, 2), np.float32)
    assert undecided(own, [(own, still)] * 3, grow=2).size == 0
    assert undecided(own, [], grow=2).size == 0


def test_edges_and_what_another_frame_labels_otherwise_are_undecided() -> None:
    own, other = np.zeros((32, 32), np.uint8), np.zeros((32, 32), np.uint8)
    own[:, 16:] = 1
    other[:, 16:] = 1
    other[4:8, 4:8] = 1
    still = np.zeros((32, 32, 2), np.float32)
    doubt = np.zeros((32, 32), bool)
    doubt.flat[undecided(own, [(other, still)], grow=1)] = True
    assert doubt[:, 15:17].all()
    assert doubt[4:8, 4:8].all()
    assert not doubt[:, 20:].any()
    assert not doubt[12:, :12].any()


def test_a_region_is_looked_up_along_the_flow() -> None:
    own, other = np.zeros((32, 32), np.uint8), np.zeros((32, 32), np.uint8)
    own[8:20, 8:20] = 1
    other[8:20, 13:25] = 1
    moved = np.zeros((32, 32, 2), np.float32)
    moved[..., 0] = 5
    along, across = (
        undecided(own, [(other, flow)], grow=1) for flow in (moved, np.zeros((32, 32, 2), np.float32))
    )
    assert len(along) < len(across)
    assert not np.isin([14 * 32 + 14], along).any()


@pytest.mark.parametrize(("classes", "none"), [(2, 255), (3, 255), (255, 255), (256, 32767), (700, 32767)])
def test_a_class_is_sure_from_a_probability_of_98_percent(classes: int, none: int) -> None:
    probs = one_hot(torch.arange(6)[None] * (classes - 1) // 5, classes)
    probs[:, 0, 5] = 1 / classes
    labels = sure_labels(probs)[0].tolist()
    assert labels == [*(n * (classes - 1) // 5 for n in range(5)), none]


def test_objects_whose_numbers_a_byte_would_confuse_are_told_apart() -> None:
    """255 with the background, 256 with object 1: where they change places, pixels are undecided."""
    still = np.zeros((16, 16, 2), np.float32)
    for one, other in ((0, 255), (1, 256)):
        before, after = (sure_labels(one_hot(torch.full((16, 16), number), 300)) for number in (one, other))
        assert len(undecided(before, [(after, still)], grow=1)) == 16 * 16


def test_places_are_held_in_the_smaller_form() -> None:
    flow = np.full((20, 28, 2), 1.5, np.float32)
    few, many = (np.arange(n, dtype=np.int32) for n in (256, 40 * 56))
    for pixels, form in ((few, Places), (many, Route)):
        x, y = (pixels % 56 + 1.5).astype(np.float32), (pixels // 56 + 1.5).astype(np.float32)
        way = smallest(places(x, y), flow, (40, 56))
        assert isinstance(way, form)
        tracks = Tracks(pixels=pixels, ways={1: way}, trust={1: np.full(len(pixels), 255, np.uint8)})
        columns = np.mgrid[:40, :56][1].astype(np.float32)
        inside = x < 55
        assert np.allclose(tracks.places(1).sample(columns, len(pixels))[inside], x[inside])


@pytest.mark.parametrize("size", [(1, 32767), (32767, 1)])
def test_pictures_that_cannot_be_sampled_are_refused(size: tuple[int, int]) -> None:
    still = np.zeros((*size, 2), np.float32)
    picture = np.zeros((*size, 3), np.uint8)
    with pytest.raises(InputError, match=rf"at most 32766 pixels a side .*got {size[1]} x {size[0]}"):
        follow(np.arange(4, dtype=np.int32), still, still, picture, picture, gain=GAIN)
