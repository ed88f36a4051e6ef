"""The drawn pond: its pictures, labels, flow and visibility tell one story."""

from itertools import islice, pairwise

import pytest
import torch
from torch.nn.functional import max_pool2d

from steadymask.data.rendered import render_world
from steadymask.errors import InputError
from steadymask.flow.dis import DIS
from steadymask.warp import visibility, warp, warp_labels


def _near_an_edge(labels: torch.Tensor) -> torch.Tensor:
    """Pixels with another label among their eight neighbours."""
    x = labels[None, None].float()
    return (max_pool2d(x, 3, 1, 1) != -max_pool2d(-x, 3, 1, 1))[0, 0]


def test_the_same_seed_gives_the_same_clip(pond):
    for frame, again in zip(pond, render_world(size=(180, 320), frames=2, fps=12.0), strict=False):
        assert torch.equal(frame.picture, again.picture)
        assert torch.equal(frame.labels, again.labels)
        assert torch.equal(frame.flow_next, again.flow_next)


def test_another_seed_gives_another_clip(pond):
    other = next(render_world(size=(180, 320), fps=12.0, seed=1))
    assert not torch.equal(pond[0].picture, other.picture)


def test_a_clip_without_end_is_drawn_frame_by_frame():
    frames = islice(render_world(size=(36, 64), frames=10**9), 2)
    assert [frame.index for frame in frames] == [0, 1]


def test_types_and_shapes(pond):
    frame = pond[3]
    assert frame.picture.shape == (3, 180, 320)
    assert frame.picture.dtype == torch.uint8
    assert frame.labels.shape == frame.visible_next.shape == (180, 320)
    assert frame.flow_next.shape == frame.flow_previous.shape == (2, 180, 320)


def test_objects_enter_meet_and_hide_one_another(pond):
    assert not (pond[0].labels == 2).any()  # the turtle is still outside
    assert set(pond[-1].labels.unique().tolist()) == {0, 1, 2, 3}
    covered = 0
    for frame, following in pairwise(pond):
        hidden = (frame.labels == 1) & ~frame.visible_next
        covered += int((hidden & (warp_labels(following.labels[None], frame.flow_next[None])[0] == 3)).sum())
    assert covered > 100  # the koi swims under the leaf


def test_labels_follow_the_flow_to_the_pixel(pond):
    # Rounding a position moves it by less than a pixel: labels can differ only where the nearest pixel of the
    # next frame has another label among its neighbours, or the part is thinner than a pixel (tips, barbels).
    for frame, following in pairwise(pond):
        flow = frame.flow_next[None]
        arrived = warp_labels(following.labels[None], flow)[0]
        at_edge = warp_labels(_near_an_edge(following.labels)[None].int(), flow)[0] > 0
        wrong = frame.visible_next & (arrived != frame.labels)
        assert (wrong & ~at_edge).sum() <= 5
        assert wrong.float().mean() < 0.006


def test_going_there_and_back_leads_home(pond):
    for frame, following in pairwise(pond):
        home = frame.flow_next[None] + warp(following.flow_previous[None], frame.flow_next[None])
        gap = home.norm(dim=1)[0][frame.visible_next]
        assert gap.median() < 1e-3
        assert gap.quantile(0.95) < 0.1


def test_visibility_is_what_the_forward_backward_check_finds(pond):
    # That check interpolates the flow across motion edges and tolerates small gaps: it errs near them.
    for frame, following in pairwise(pond):
        found = visibility(frame.flow_next[None], following.flow_previous[None])[0]
        assert (found == frame.visible_next).float().mean() > 0.98
        back = visibility(following.flow_previous[None], frame.flow_next[None])[0]
        assert (back == following.visible_previous).float().mean() > 0.98


def test_pictures_follow_the_flow():
    for frame, following in pairwise(
        render_world(size=(180, 320), frames=2, fps=6.0, noise=0.0, shutter=0.0)
    ):
        arrived = warp(following.picture[None].float(), frame.flow_next[None])[0]
        gap = (arrived - frame.picture).abs().mean(0)
        unmoved = (following.picture.float() - frame.picture).abs().mean(0)
        assert gap[frame.visible_next].mean() < 0.5 * unmoved[frame.visible_next].mean()
        assert gap[frame.visible_next].median() < 4


def test_an_estimator_finds_the_flow(pond):
    errors = {label: [] for label in range(4)}
    for frame, following in pairwise(pond[18:22]):
        gap = (DIS()(frame.picture, following.picture) - frame.flow_next).norm(dim=0)
        interior = frame.visible_next & ~_near_an_edge(frame.labels)
        for label, gaps in errors.items():
            gaps.append(gap[interior & (frame.labels == label)])
    medians = {label: float(torch.cat(gaps).median()) for label, gaps in errors.items()}
    assert all(median < 0.5 for median in medians.values()), medians


def test_any_shape_of_picture_is_filled():
    for size in ((32, 32), (40, 100), (80, 40)):
        frame = next(render_world(size=size, noise=0.0))
        assert frame.picture.shape[1:] == size
        assert frame.picture.amax(0).min() > 8  # nowhere empty


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("size", (8, 640)), ("frames", -1), ("fps", 0.0), ("shutter", 1.5), ("noise", -1.0)],
)
def test_parameters_out_of_range_are_named(parameter, value):
    with pytest.raises(InputError, match=f"^{parameter}: wanted"):
        render_world(**{parameter: value})
