"""The causal average on a synthetic world whose flow is known exactly."""

from dataclasses import replace

import pytest
import torch
from moving import WORLD, Exact, Still, one_hot, result, world_items, world_labels

from steadymask.errors import InputError
from steadymask.filters.motion_live import MotionAverage
from steadymask.filters.run import Item, look_back, run
from steadymask.flow.between import FlowBetween

FRAMES = 11
LIVE = MotionAverage()


def wrong(probs: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    return (probs.argmax(1) != truth).flatten(1).sum(1)


def flickering(frames: int = FRAMES) -> torch.Tensor:
    """The truth, with a hole and a leak at another place in every frame, `t h w`."""
    generator = torch.Generator().manual_seed(0)
    labels = world_labels(frames)
    for each in labels:
        for value in (0, 1):
            y, x = (int(torch.randint(0, n - 12, (), generator=generator)) for n in each.shape)
            each[y : y + 9, x : x + 11] = value
    return labels


@pytest.mark.parametrize("soft", [False, True])
def test_still_masks_of_a_still_video_stay_the_same(soft: bool) -> None:
    probs = one_hot(WORLD.labels(0), 3)
    if soft:
        probs = torch.nn.functional.avg_pool2d(probs, 7, 1, 3, count_include_pad=False)
    picture = WORLD.picture(0)
    items = [Item(index=t, picture=picture, probs=probs, starts_scene=t == 0) for t in range(FRAMES)]
    assert (result(LIVE, items, Still(WORLD.size)) - probs).abs().max() < 1e-5


def test_masks_that_move_with_the_video_stay_the_truth() -> None:
    truth = world_labels(FRAMES)
    assert wrong(result(LIVE, world_items(truth), Exact()), truth).sum() == 0


def test_a_leak_and_a_drop_out_of_one_frame_are_mostly_undone() -> None:
    truth = world_labels(FRAMES)
    masks = truth.clone()
    masks[6, 1:11, 28:48] = 2
    masks[6][:, 27:32][masks[6][:, 27:32] == 1] = 0
    there = wrong(one_hot(masks, 3), truth)[6]
    assert there > 250
    changed = wrong(result(LIVE, world_items(masks), Exact()), truth)
    assert changed[6] < 0.1 * there
    assert changed[7:].sum() == 0


def test_what_appears_for_good_is_there_after_a_few_frames() -> None:
    masks = world_labels(FRAMES)
    for t in range(4, FRAMES):
        masks[t, 2:11, 16 + t : 36 + t] = 2
    changed = wrong(result(LIVE, world_items(masks), Exact()), masks)
    assert changed[:4].sum() == 0
    assert changed[8:].sum() == 0


def line_appears(t: int, frames: int = 12) -> torch.Tensor:
    """A body that stays, and a line at its side from frame `t` on, `t h w`."""
    masks = torch.zeros(frames, *WORLD.size, dtype=torch.long)
    masks[:, 10:30, 10:30] = 1
    masks[t:, 20, 30:60] = 1
    return masks


def still_items(masks: torch.Tensor, other: int | None = None) -> list[Item]:
    """The same picture for all masks, but at frame `other` a picture of something else."""
    items = [replace(item, picture=WORLD.picture(0)) for item in world_items(masks)]
    if other is not None:
        items[other] = replace(items[other], picture=255 - items[other].picture)
    return items


def line_length(live: MotionAverage, items: list[Item]) -> list[int]:
    """Pixels of the line, by frame."""
    return (result(live, items, Still(WORLD.size))[:, 1, 20, 32:60] > 0.5).sum(1).tolist()


def test_a_thin_part_is_believed_at_once_where_its_place_can_be_followed_far_back() -> None:
    masks = line_appears(10)
    assert line_length(LIVE, still_items(masks)) == [0] * 10 + [28] * 2
    assert line_length(replace(LIVE, thin=0.0), still_items(masks)) == [0] * 12


def test_a_thin_part_is_held_where_its_place_cannot_be_followed() -> None:
    assert line_length(LIVE, still_items(line_appears(10), other=1)) == [0] * 11 + [28]  # 1 is 9 before 10
    assert line_length(LIVE, still_items(line_appears(10), other=2)) == [0] * 10 + [28, 0]


def test_a_thin_part_is_held_while_the_scene_is_young() -> None:
    assert line_length(LIVE, still_items(line_appears(8))) == [0] * 9 + [28] * 3


@pytest.mark.parametrize("hold", [1, 3])
@pytest.mark.parametrize("comes", [False, True])
def test_a_change_is_held_for_as_many_frames_as_asked(hold: int, comes: bool) -> None:
    masks = world_labels(FRAMES)[:1].repeat(FRAMES, 1, 1)
    part = (slice(2, 40), slice(16, 60))
    masks[:, *part] = 0 if comes else 2
    masks[5:, *part] = 2 if comes else 0
    items = [replace(item, picture=WORLD.picture(0)) for item in world_items(masks)]
    live = MotionAverage(hold=hold, tolerance=0.05)
    changed = wrong(result(live, items, Still(WORLD.size)), masks)
    assert changed[:5].sum() == 0
    assert (changed[5 : 5 + hold] > 1000).all()
    assert (changed[5 + hold :] < 50).all()  # the corners are round for a while


def test_where_flow_cannot_be_trusted_nothing_is_held() -> None:
    masks = world_labels(FRAMES)[:1].repeat(FRAMES, 1, 1)
    masks[:5, 2:40, 16:60] = 2
    masks[5:, 2:40, 16:60] = 0
    pictures = [WORLD.picture(0), WORLD.picture(0).flip(0)]  # of other colors
    items = [replace(item, picture=pictures[item.index >= 5]) for item in world_items(masks)]
    kept, followed = (
        wrong(result(MotionAverage(gain=gain), items, Still(WORLD.size)), masks)[5] for gain in (1e-6, 1e3)
    )
    assert followed < 0.2 * kept


def test_the_future_changes_nothing() -> None:
    items = world_items(flickering())
    changed = [item if item.index < 6 else replace(item, probs=item.probs.flip(0)) for item in items]
    plain, other = (result(LIVE, each, Exact()) for each in (items, changed))
    assert torch.equal(plain[:6], other[:6])
    assert not torch.equal(plain[6], other[6])


def test_a_run_goes_on_from_its_state_with_the_same_result() -> None:
    items = world_items(flickering(), cuts=[7])
    whole = list(run([LIVE], items, flows=Exact()))
    probs = torch.stack([item.probs for item, _ in whole])
    for start in range(1, FRAMES):
        begin = max(0, start - look_back([LIVE]))
        resumed = result(LIVE, items[begin:], Exact(), state=whole[start - 1][1], start=start)
        assert torch.equal(resumed, probs[start:])


def test_scenes_are_filtered_as_if_they_stood_alone() -> None:
    labels = flickering()
    both = result(LIVE, world_items(labels, cuts=[4, 5]), Exact())
    for first, end in ((0, 4), (4, 5), (5, FRAMES)):
        alone = [replace(item, starts_scene=item.index == first) for item in world_items(labels)[first:end]]
        assert torch.equal(result(LIVE, alone, Exact()), both[first:end])


def test_permuting_objects_permutes_the_result() -> None:
    labels = flickering()
    swap = torch.tensor([0, 2, 1])
    plain = result(LIVE, world_items(labels), Exact())
    swapped = result(LIVE, world_items(swap[labels.long()]), Exact())
    assert (swapped[:, swap] - plain).abs().max() < 1e-5


def test_a_mirrored_video_gives_mirrored_masks() -> None:
    """Not to the bit: points lie on a grid of 1/32 pixel, and every second pixel stands for all."""
    plain = result(LIVE, world_items(flickering()), Exact())
    items = [
        replace(item, picture=item.picture.flip(-1), probs=item.probs.flip(-1))
        for item in world_items(flickering())
    ]
    mirrored = result(LIVE, items, Exact(mirror=True)).flip(-1)
    assert (mirrored.argmax(1) != plain.argmax(1)).float().mean() < 0.003
    assert (mirrored - plain).abs().mean() < 0.003


@pytest.mark.parametrize("void", [False, True])
def test_probabilities_sum_to_one(void: bool) -> None:
    items = world_items(flickering())
    if void:  # void belongs to no class
        for item in items:
            item.probs[:, 20:24, 20:24] = 0
    filtered = result(LIVE, items, Exact())
    assert (filtered.sum(1) - 1).abs().max() < 1e-5
    assert filtered.min() >= 0


def test_a_clip_without_objects_stays_without() -> None:
    empty = torch.zeros(FRAMES, *WORLD.size, dtype=torch.int32)
    assert wrong(result(LIVE, world_items(empty), Exact()), empty).sum() == 0


def test_without_objects_all_is_background_even_where_masks_say_nothing() -> None:
    items = [replace(item, probs=torch.zeros(1, *WORLD.size)) for item in world_items(flickering(4))]
    assert torch.equal(result(LIVE, items, Exact()), torch.ones(4, 1, *WORLD.size))


def test_the_average_remembers_as_many_frames_as_asked() -> None:
    """After a past of n frames a new one counts 1 / (1 + n), but at least 1 / (1 + 4)."""
    picture = torch.full((3, 16, 16), 90, dtype=torch.uint8)
    for past, share in ((1, 1 / 2), (2, 1 / 3), (4, 1 / 5), (9, 1 / 5)):
        items = [
            Item(
                index=t,
                picture=picture,
                probs=torch.tensor([0.2, 0.8] if t == past else [0.5, 0.5])[:, None, None].expand(2, 16, 16),
                starts_scene=t == 0,
            )
            for t in range(past + 1)
        ]
        filtered = result(
            MotionAverage(frames=4.0, tolerance=1e6, threshold=0.5, smooth=0.0), items, Still((16, 16))
        )
        assert torch.allclose(filtered[past, 1], torch.tensor(0.5 + 0.3 * share))


@pytest.mark.parametrize("classes", [1, 2])
def test_a_long_stream_is_filtered_in_constant_memory(classes: int) -> None:
    class Counting(FlowBetween):
        most = most_pictures = 0

        def forget(self, before: int) -> None:
            super().forget(before)
            self.most = max(self.most, len(self._flows))
            self.most_pictures = max(self.most_pictures, len(self._pictures))

    flows = Counting(lambda i, j: torch.zeros(2, *i.shape[1:]))
    labels = torch.randint(0, classes, (60, 8, 8), generator=torch.Generator().manual_seed(0))
    picture = torch.zeros(3, 8, 8, dtype=torch.uint8)
    items = [
        Item(index=t, picture=picture, probs=one_hot(each, classes), starts_scene=t in (0, 30))
        for t, each in enumerate(labels)
    ]
    for _ in run([LIVE], items, flows=flows):
        pass
    assert flows.most <= 2
    assert flows.most_pictures <= LIVE.flow_memory + 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("frames", 0.5),
        ("tolerance", 0.0),
        ("neighborhood", 0.0),
        ("gain", -1.0),
        ("hold", -1),
        ("smooth", -0.1),
        ("threshold", 1.0),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: float) -> None:
    with pytest.raises(InputError, match=f"^{name}: wanted"):
        MotionAverage(**{name: value})
