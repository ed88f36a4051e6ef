"""A line of pixels through time, raw and aligned to the motion."""

import pytest
import torch

from steadymask.errors import InputError
from steadymask.report.slices import Slice, SlicesCollector, SlicesSettings

HEIGHT, WIDTH = 24, 40


def picture(seed: int = 0, width: int = WIDTH) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (3, HEIGHT, width), dtype=torch.uint8, generator=generator)


def box(left: int, top: int = 6) -> torch.Tensor:
    labels = torch.zeros(HEIGHT, WIDTH, dtype=torch.long)
    labels[top : top + 12, left : left + 10] = 1
    return labels


def flow(dx: float, dy: float = 0.0) -> torch.Tensor:
    return torch.tensor([dx, dy])[:, None, None].expand(2, HEIGHT, WIDTH).clone()


def by_kind(collector: SlicesCollector) -> dict[str, Slice]:
    return {each.kind: each for each in collector.slices()}


def test_slices_of_a_still_video_are_constant_in_time() -> None:
    collector = SlicesCollector()
    for t in range(10):
        collector.add(picture(), {"masks": box(12)}, flow_ij=None if t == 0 else flow(0))
    slices = by_kind(collector)
    assert set(slices) == {"raw", "aligned"}
    for each in slices.values():
        assert (each.picture == each.picture[..., :1]).all()
        assert (each.labels["masks"] == each.labels["masks"][:, :1]).all()
        assert not each.occluded.any()


def translating(shift: int, frames: int = 12) -> dict[str, Slice]:
    """A world that moves `shift` pixels to the left a frame, seen with the exact flow."""
    world = picture(width=WIDTH + shift * frames)
    collector = SlicesCollector()
    for t in range(frames):
        labels = {"masks": box(26 - shift * t)}
        view = world[:, :, shift * t : shift * t + WIDTH]
        collector.add(view, labels, flow_ij=None if t == 0 else flow(-shift))
    return by_kind(collector)


@pytest.mark.parametrize("shift", [1, 2])
def test_aligned_a_translating_world_lies_still_where_raw_it_is_slanted(shift: int) -> None:
    slices = translating(shift)
    aligned, raw = slices["aligned"], slices["raw"]
    seen = ~aligned.occluded
    assert torch.equal(aligned.picture[:, seen], aligned.picture[..., :1].expand_as(aligned.picture)[:, seen])
    masks = aligned.labels["masks"]
    assert torch.equal(masks[seen], masks[:, :1].expand_as(masks)[seen])
    assert torch.equal(raw.picture[:, :-shift, 1], raw.picture[:, shift:, 0])
    assert not torch.equal(raw.labels["masks"][:, 0], raw.labels["masks"][:, -1])


def test_points_that_leave_the_picture_are_occluded_from_then_on() -> None:
    occluded = translating(2)["aligned"].occluded
    expected = torch.arange(WIDTH)[:, None] < 2 * torch.arange(12)
    assert torch.equal(occluded, expected)


def test_a_point_hidden_once_comes_back_and_one_hidden_twice_is_lost() -> None:
    collector = SlicesCollector()
    for t in range(8):
        visible = torch.ones(HEIGHT, WIDTH, dtype=torch.bool)
        visible[:, 5] = t != 3
        visible[:, 9] = t not in (3, 4)
        collector.add(picture(), {"masks": box(12)}, flow_ij=None if t == 0 else flow(0), visible_ij=visible)
    occluded = by_kind(collector)["aligned"].occluded
    assert occluded[5].nonzero().flatten().tolist() == [3]
    assert occluded[9].nonzero().flatten().tolist() == [3, 4, 5, 6, 7]
    assert occluded.any(1).sum() == 2


@pytest.mark.parametrize(("dx", "dy"), [(0.5, 0.0), (0.0, 0.5)])
def test_half_a_pixel_of_motion_is_followed_by_interpolation(dx: float, dy: float) -> None:
    ramp = (torch.arange(WIDTH) * 4 + torch.arange(HEIGHT)[:, None] * 4).to(torch.uint8).repeat(3, 1, 1)
    collector = SlicesCollector()
    for t in range(3):
        collector.add(ramp, {"masks": box(12)}, flow_ij=None if t == 0 else flow(dx, dy))
    aligned = by_kind(collector)["aligned"].picture
    assert (aligned[:, :30, 1] - aligned[:, :30, 0] == 2).all()
    assert (aligned[:, :30, 2] - aligned[:, :30, 0] == 4).all()


def test_the_line_shown_is_the_one_whose_masks_flicker() -> None:
    collector = SlicesCollector(settings=SlicesSettings(lines=4))  # rows 3, 9, 15 and 21
    for t in range(9):
        labels = box(12)
        labels[15, 20:30] = t % 2
        collector.add(picture(), {"masks": labels}, flow_ij=None if t == 0 else flow(0))
    assert [each.row for each in collector.slices()] == [15, 15]


def test_the_excerpt_shown_is_the_one_that_flickers_and_the_whole_clip_follows() -> None:
    collector = SlicesCollector(settings=SlicesSettings(excerpt=11, whole=16))
    for t in range(50):
        labels = {"masks": box(20 if t in (32, 34) else 12)}
        collector.add(picture(), labels, flow_ij=None if t == 0 else flow(0))
    slices = by_kind(collector)
    assert {32, 34} <= set(slices["raw"].frames)
    assert len(slices["raw"].frames) == 11
    whole = slices["whole"]
    assert list(whole.frames) == list(range(0, 50, 4))
    assert whole.picture.shape[-1] == len(whole.frames)


def test_no_excerpt_reaches_over_a_cut() -> None:
    collector = SlicesCollector()
    for t in range(20):
        labels = {"masks": box(10 + t % 2 if t >= 8 else 12)}
        collector.add(picture(int(t >= 8)), labels, flow_ij=None if t in (0, 8) else flow(0))
    raw = by_kind(collector)["raw"]
    assert list(raw.frames) == list(range(8, 20))


def test_memory_is_bounded_for_any_length() -> None:
    settings = SlicesSettings(lines=2, excerpt=5, whole=8)
    collector = SlicesCollector(settings=settings)
    small = torch.zeros(3, 4, 6, dtype=torch.uint8)
    still = torch.zeros(2, 4, 6)
    for t in range(40):
        masks = torch.full((4, 6), t % 2)
        collector.add(small, {"masks": masks}, flow_ij=None if t == 0 else still)
        held = len(collector._whole) + sum(len(each.raw) for each in collector._open)
        assert held <= 8 + 3 * 5
    assert len(by_kind(collector)["whole"].frames) <= 8


def test_roles_without_masks_are_left_out_and_missing_frames_are_void() -> None:
    collector = SlicesCollector()
    for t in range(4):
        labels = {"masks": box(12)} | ({"truth": box(12)} if t == 0 else {})
        collector.add(picture(), labels, flow_ij=None if t == 0 else flow(0))
    raw = by_kind(collector)["raw"]
    assert set(raw.labels) == {"masks", "truth"}
    assert (raw.labels["truth"][:, 0] >= 0).all()
    assert (raw.labels["truth"][:, 1:] == -1).all()


def test_without_frames_there_are_no_slices_and_one_frame_is_enough() -> None:
    collector = SlicesCollector()
    assert collector.slices() == ()
    collector.add(picture(), {"masks": torch.zeros(HEIGHT, WIDTH, dtype=torch.long)})
    assert [each.picture.shape for each in collector.slices()] == [(3, WIDTH, 1)] * 2


def test_settings_below_their_least_are_refused() -> None:
    with pytest.raises(InputError, match="excerpt: wanted at least 2, got 1"):
        SlicesSettings(excerpt=1)
