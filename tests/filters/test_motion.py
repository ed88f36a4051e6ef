"""The fusion with look-ahead on a synthetic world whose flow is known exactly."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from moving import WORLD, Exact, Still, one_hot, result, world_items, world_labels

from steadymask.errors import InputError
from steadymask.filters.motion import MotionFusion
from steadymask.filters.run import Item, look_back, run
from steadymask.flow.between import FlowBetween
from world import Disk, World

FRAMES = 11
MIDDLE = 5
SMALL = MotionFusion(radius=2, passes=2)
"""A reach of a few frames, so that short clips have an inside."""

ONE = World(size=(48, 72), ground=(1, 0), disks=(Disk(center=(14, 24), radius=11, velocity=(2, 0)),))

filters = pytest.mark.parametrize("fusion", [MotionFusion(), SMALL], ids=["default", "small"])


def wrong(probs: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Pixels with another label, by frame."""
    return (probs.argmax(1) != truth).flatten(1).sum(1)


def still(probs: torch.Tensor, frames: int = FRAMES) -> list[Item]:
    picture = WORLD.picture(0)
    return [Item(index=t, picture=picture, probs=probs, starts_scene=t == 0) for t in range(frames)]


def soft_masks(classes: int, frames: int | None = None) -> torch.Tensor:
    """Smooth random probabilities, `k h w` or `t k h w`."""
    noise = torch.randn(
        (frames or 1, classes, 56, 80), generator=torch.Generator().manual_seed(classes + (frames or 0))
    )
    probs = torch.softmax(20 * torch.nn.functional.avg_pool2d(noise, 9, 1), 1)
    return probs if frames else probs[0]


def flickering(frames: int = FRAMES, world: World = WORLD, seed: int = 0) -> torch.Tensor:
    """The truth, with a hole and a leak at another place in every frame, `t h w`."""
    generator = torch.Generator().manual_seed(seed)
    labels = world_labels(frames, world)
    for each in labels:
        for value in (0, 1):
            y, x = (int(torch.randint(0, n - 12, (), generator=generator)) for n in each.shape)
            each[y : y + 9, x : x + 11] = value
    return labels


@filters
def test_still_hard_masks_of_a_still_video_stay_the_same(fusion: MotionFusion) -> None:
    probs = one_hot(WORLD.labels(0), 3)
    assert torch.equal(result(fusion, still(probs), Still(WORLD.size)), probs.expand(FRAMES, -1, -1, -1))


@pytest.mark.parametrize("classes", [2, 4])
def test_still_soft_masks_of_a_still_video_stay_the_same(classes: int) -> None:
    probs = soft_masks(classes)
    filtered = result(SMALL, still(probs), Still(WORLD.size))
    assert (filtered - probs).abs().max() < 1e-5


@filters
def test_masks_that_move_with_the_video_stay_the_truth(fusion: MotionFusion) -> None:
    truth = world_labels(FRAMES)
    assert wrong(result(fusion, world_items(truth), Exact()), truth).sum() == 0


@filters
@pytest.mark.parametrize("what", ["blink", "drop-out", "leak"])
def test_what_happens_to_one_frame_alone_is_undone(fusion: MotionFusion, what: str) -> None:
    truth = world_labels(FRAMES)
    masks = truth.clone()
    frame = masks[MIDDLE]
    if what == "blink":
        frame[frame == 1] = 0
    elif what == "drop-out":
        frame[:, 26:31][frame[:, 26:31] == 1] = 0
    else:
        frame[1:11, 30:48] = 2
    assert (masks != truth).sum() > 80
    assert wrong(result(fusion, world_items(masks), Exact()), truth).sum() == 0


@pytest.mark.parametrize("since", [0, MIDDLE])
def test_a_part_that_is_there_for_good_stays(since: int) -> None:
    masks = world_labels(FRAMES)
    for t in range(since, FRAMES):  # it moves with the ground
        masks[t, 2:11, 16 + t : 36 + t] = 2
    changed = wrong(result(SMALL, world_items(masks), Exact()), masks)
    assert changed[:MIDDLE].max() <= 12  # of 180: corners, one frame early
    assert changed[MIDDLE:].max() == 0


@pytest.mark.parametrize(("fails", "length"), [("most", 3), ("most", 6), ("few", 3), ("few", 6)])
def test_frames_that_differ_from_the_others_are_kept_or_undone_but_never_torn(
    fails: str, length: int
) -> None:
    truth = world_labels(17, ONE)
    lone = torch.zeros(17, dtype=torch.bool)
    lone[8 - length // 2 :][:length] = True
    masks = torch.where((lone if fails == "most" else ~lone)[:, None, None], truth, 0)
    there = result(MotionFusion(), world_items(masks, ONE), Exact(ONE)).argmax(1).flatten(1).sum(1)
    whole = int(truth[8].sum())
    edge = 32  # pixels; the outline has about 65
    assert all(count < edge or count > whole - edge for count in there.tolist())


def test_a_right_group_of_three_stays_amid_failing_frames_if_asked_no_further() -> None:
    truth = world_labels(FRAMES, ONE)
    masks = torch.zeros_like(truth)
    masks[4:7] = truth[4:7]
    changed = wrong(result(SMALL, world_items(masks, ONE), Exact(ONE)), masks)
    assert changed.max() <= 40


def test_a_clip_without_objects_stays_without() -> None:
    empty = torch.zeros(FRAMES, *WORLD.size, dtype=torch.int32)
    assert wrong(result(SMALL, world_items(empty), Exact()), empty).sum() == 0


def test_without_objects_all_is_background_even_where_masks_say_nothing() -> None:
    items = [replace(item, probs=torch.zeros(1, *WORLD.size)) for item in world_items(flickering(4))]
    assert torch.equal(result(MotionFusion(), items, Exact()), torch.ones(4, 1, *WORLD.size))


def test_an_object_may_be_out_of_sight_for_long() -> None:
    truth = world_labels(20, ONE)
    truth[:10] = 0
    filtered = result(SMALL, world_items(truth, ONE), Exact(ONE))
    assert wrong(filtered, truth)[:9].sum() == 0
    assert wrong(filtered, truth)[10:].max() <= 2


class Unforgetting(FlowBetween):
    """Keeps every frame and flow."""

    def release(self, last: int) -> None: ...

    def forget(self, before: int) -> None: ...


@pytest.mark.parametrize("frames", [range(6), range(9, 16), range(5, 11), (8,), range(16)], ids=str)
@pytest.mark.parametrize("whole", [False, True], ids=["empty", "full"])
def test_frames_without_an_edge_ask_for_nothing_too_late(frames: Sequence[int], whole: bool) -> None:
    labels = flickering(16, ONE)
    for t in frames:
        labels[t] = int(whole)
    items = world_items(labels, ONE)
    filtered = result(SMALL, items, FlowBetween(Estimated()))
    assert torch.equal(filtered, result(SMALL, items, Unforgetting(Estimated())))
    for start in (4, 9):
        begin = max(0, start - look_back([SMALL]))
        goes_on = result(SMALL, items[begin:], FlowBetween(Estimated()), state=(), start=start)
        assert torch.equal(goes_on, filtered[start:])


def test_permuting_objects_permutes_the_result() -> None:
    labels = flickering()
    swap = torch.tensor([0, 2, 1])
    plain = result(SMALL, world_items(labels), Exact())
    swapped = result(SMALL, world_items(swap[labels.long()]), Exact())
    assert (swapped[:, swap] - plain).abs().max() < 1e-5


def test_probabilities_sum_to_one() -> None:
    for probs in (one_hot(flickering(), 3), soft_masks(3, FRAMES)):
        items = [
            replace(item, probs=each) for item, each in zip(world_items(flickering()), probs, strict=True)
        ]
        filtered = result(SMALL, items, Exact())
        assert (filtered.sum(1) - 1).abs().max() < 1e-5
        assert filtered.min() >= 0


def test_objects_that_fill_the_picture_leave_no_gap() -> None:
    """Three regions that move with the ground, with ragged edges of another shape in every frame."""
    generator = torch.Generator().manual_seed(5)
    ground = World(size=(48, 72), ground=(1, 0), disks=())
    columns = torch.arange(72).expand(48, 72)
    masks = []
    for t in range(FRAMES):
        edges = [
            at + t + torch.randint(-4, 5, (12, 1), generator=generator).repeat_interleave(4, 0)
            for at in (20, 42)
        ]
        masks.append(1 + sum((columns > edge).int() for edge in edges))
    items = [
        replace(item, probs=one_hot(mask, 4))
        for item, mask in zip(world_items(torch.zeros(FRAMES, 48, 72), ground), masks, strict=True)
    ]
    filtered = result(SMALL, items, Exact(ground))
    assert (filtered.argmax(1) == 0).sum() == 0
    assert filtered[:, 0].max() < 0.5


def strap(*, changed: Sequence[int] = ()) -> list[Item]:
    """A strap (2) across a body (1) that the flow misses: each frame shows it a pixel off.

    The pictures of the frames `changed` show something else.
    """
    world = World(size=(96, 128), ground=(0, 0), disks=())
    masks = torch.zeros(7, 96, 128, dtype=torch.int32)
    masks[:, 10:86, 10:118] = 1
    for t, column in enumerate((60, 61, 59, 60, 61, 59, 60)):
        masks[t, 10:86, column] = 2
    items = [
        replace(item, probs=one_hot(mask, 3))
        for item, mask in zip(world_items(torch.zeros(7, 96, 128), world), masks, strict=True)
    ]
    return [replace(each, picture=255 - each.picture) if each.index in changed else each for each in items]


STRAP = MotionFusion(radius=3, passes=2, threshold=0.45, thin=0.03)


def strap_at_3(fusion: MotionFusion, items: list[Item]) -> torch.Tensor:
    """How probable the strap is in the middle frame, along its column."""
    return result(fusion, items, Exact(World(size=(96, 128), ground=(0, 0), disks=())))[3, 2, 20:76, 60]


def test_a_thin_part_in_front_of_another_object_is_kept() -> None:
    assert strap_at_3(replace(STRAP, thin=0.0), strap()).max() < 0.1
    assert strap_at_3(STRAP, strap()).min() > 0.99


def test_a_thin_part_is_not_kept_where_flow_cannot_be_followed_far() -> None:
    assert strap_at_3(STRAP, strap(changed=(0, 1, 5, 6))).max() < 0.1


def test_a_mirrored_video_gives_mirrored_masks() -> None:
    """Not to the bit: points lie on a grid of 1/32 pixel, and every second pixel stands for all."""
    labels = flickering()
    plain = result(SMALL, world_items(labels), Exact())
    items = [
        replace(item, picture=item.picture.flip(-1), probs=item.probs.flip(-1))
        for item in world_items(labels)
    ]
    mirrored = result(SMALL, items, Exact(mirror=True)).flip(-1)
    assert (mirrored.argmax(1) != plain.argmax(1)).float().mean() < 0.002
    assert (mirrored - plain).abs().mean() < 0.002


def test_a_clip_run_backwards_gives_its_masks_backwards() -> None:
    items = world_items(flickering())
    plain = result(SMALL, items, Exact())
    turned = [replace(item, index=t, starts_scene=t == 0) for t, item in enumerate(reversed(items))]
    backwards = result(SMALL, turned, Exact(last=FRAMES - 1)).flip(0)
    assert (backwards - plain).abs().max() < 1e-4


def test_the_result_depends_on_the_look_ahead_at_most() -> None:
    reach = SMALL.radius * SMALL.passes
    frames = reach + 4
    items = world_items(flickering(frames))
    changed = [
        item if item.index < reach + 2 else replace(item, probs=1 - item.probs.flip(0)) for item in items
    ]
    plain, other = (result(SMALL, each, Exact()) for each in (items, changed))
    assert torch.equal(plain[:2], other[:2])
    assert not torch.equal(plain[2], other[2])


@pytest.mark.parametrize("start", [1, 3, 4, 7, 11])
def test_a_run_goes_on_at_any_frame_with_the_same_result(start: int) -> None:
    items = world_items(flickering(12))
    whole = result(SMALL, items, Exact())
    begin = max(0, start - look_back([SMALL]))
    assert torch.equal(result(SMALL, items[begin:], Exact(), state=(), start=start), whole[start:])


def test_a_run_that_goes_on_after_a_cut_is_the_same() -> None:
    items = world_items(flickering(12), cuts=[5])
    whole = result(SMALL, items, Exact())
    for start in range(1, 12):
        begin = max(0, start - look_back([SMALL]))
        assert torch.equal(result(SMALL, items[begin:], Exact(), state=(), start=start), whole[start:])


def test_scenes_are_filtered_as_if_they_stood_alone() -> None:
    labels = flickering()
    both = result(SMALL, world_items(labels, cuts=[4, 5]), Exact())
    items = world_items(labels)
    for first, end in ((0, 4), (4, 5), (5, FRAMES)):
        alone = [replace(item, starts_scene=item.index == first) for item in items[first:end]]
        assert torch.equal(result(SMALL, alone, Exact()), both[first:end])


@settings(deadline=None, derandomize=True, max_examples=10)
@given(radius=st.integers(1, 3), passes=st.integers(1, 3), seed=st.integers(0, 9))
def test_every_reach_keeps_a_steady_world(radius: int, passes: int, seed: int) -> None:
    world = World(
        size=(40, 56), disks=(Disk(center=(20, 18), radius=9, velocity=(seed % 3 - 1, 1)),), seed=seed
    )
    truth = world_labels(6, world)
    filtered = result(MotionFusion(radius=radius, passes=passes), world_items(truth, world), Exact(world))
    assert wrong(filtered, truth).sum() == 0


def test_a_single_frame_comes_back() -> None:
    items = world_items(flickering(1))
    assert torch.equal(result(MotionFusion(), items, Exact())[0], items[0].probs)


class Counting(FlowBetween):
    """Counts what is held at most."""

    most_flows = most_pictures = 0

    def forget(self, before: int) -> None:
        super().forget(before)
        self.most_flows = max(self.most_flows, len(self._flows))
        self.most_pictures = max(self.most_pictures, len(self._pictures))


def tiny_stream(frames: int) -> list[Item]:
    generator = torch.Generator().manual_seed(0)
    pictures = torch.randint(0, 256, (frames, 3, 8, 8), dtype=torch.uint8, generator=generator)
    labels = torch.randint(0, 2, (frames, 8, 8), generator=generator)
    return [
        Item(index=t, picture=picture, probs=one_hot(mask, 2), starts_scene=t in (0, 70))
        for t, (picture, mask) in enumerate(zip(pictures, labels, strict=True))
    ]


def test_a_long_stream_is_filtered_in_constant_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[int] = []
    step = MotionFusion.step

    def watched(self: MotionFusion, state: tuple[torch.Tensor, ...], window: object) -> object:
        after = step(self, state, window)
        kept.append(len(window.kept))
        return after

    monkeypatch.setattr(MotionFusion, "step", watched)
    flows = Counting(lambda i, j: torch.zeros(2, *i.shape[1:]))
    for _ in run([SMALL], tiny_stream(120), flows=flows):
        pass
    radius, reach = SMALL.radius, SMALL.radius * SMALL.passes
    assert max(kept) <= 4 * (2 * radius + reach)
    assert max(kept[80:110]) == max(kept[20:60])  # it does not grow
    assert flows.most_pictures <= 2 * reach + radius + 2
    assert flows.most_flows <= 2 * radius * (reach + radius + 2)


@pytest.mark.parametrize("fusion", [SMALL, MotionFusion()])
@pytest.mark.parametrize("start", [0, 30])
def test_flows_of_each_pair_are_estimated_once(fusion: MotionFusion, start: int) -> None:
    flows, asked = Counting(lambda i, j: torch.zeros(2, *i.shape[1:])), []
    prepare = flows.prepare
    flows.prepare = lambda pairs: prepare([asked.append(pair) or pair for pair in pairs])
    items = tiny_stream(60)[max(0, start - look_back([fusion])) :]
    list(run([fusion], items, flows=flows, start=start))
    assert flows.estimated == len(set(asked))
    if start == 0:
        assert flows.estimated == sum(
            1 for i in range(60) for j in range(60) if 0 < abs(i - j) <= fusion.radius
        )


def test_threads_change_nothing() -> None:
    items = world_items(flickering())
    alone = result(SMALL, items, FlowBetween(Estimated()))
    with ThreadPoolExecutor(3) as threads:
        assert torch.equal(result(SMALL, items, FlowBetween(Estimated(), threads)), alone)


class Estimated:
    """A flow that follows from the two pictures."""

    def __call__(self, picture_i: torch.Tensor, picture_j: torch.Tensor) -> torch.Tensor:
        shift = picture_i.float().mean() - picture_j.float().mean()
        return shift.expand(2, *picture_i.shape[1:]).clone()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("radius", 0),
        ("passes", 0),
        ("tolerance", 0.0),
        ("neighborhood", -1.0),
        ("sigma", 0.0),
        ("gain", 0.0),
        ("threshold", 0.0),
        ("threshold", 1.0),
        ("vanished", 1.0),
        ("appeared", -0.1),
        ("thin", 1.0),
        ("smooth", -0.1),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: float) -> None:
    with pytest.raises(InputError, match=f"^{name}: wanted"):
        MotionFusion(**{name: value})
