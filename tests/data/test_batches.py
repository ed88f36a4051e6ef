"""Batches: what stands in them, and that they depend on nothing but their step."""

import pickle
import time
from dataclasses import fields
from itertools import islice

import pytest
import torch

from steadymask.data.augmentation import Augmentation
from steadymask.data.batch import Batch, LabeledBatch, Motion, PairBatch, TripletBatch, stacked, to_device
from steadymask.data.batches import Batches, BatchSettings
from steadymask.data.davis import davis_training
from steadymask.data.read_ahead import read_ahead
from steadymask.data.training_data import LabeledImage, TrainingData, UnlabeledVideo
from steadymask.errors import InputError
from steadymask.flow.dis import DIS
from steadymask.warp import warp
from world import World

WORLD = World()
VIDEO = UnlabeledVideo(name="world", count=12, fps=24.0, frame=WORLD.picture)


class Labels:
    def __init__(self, index: int) -> None:
        self.index = index

    def __call__(self) -> torch.Tensor:
        return WORLD.labels(self.index)


class Frame(Labels):
    def __call__(self) -> torch.Tensor:
        return WORLD.picture(self.index)


DATA = TrainingData(
    name="world",
    classes=("ground", "left", "right"),
    labeled=tuple(
        LabeledImage(name=str(index), picture=Frame(index), labels=Labels(index), video=VIDEO, index=index)
        for index in range(12)
    ),
    videos=(VIDEO,),
)
CUT = Augmentation(size=(30, 40), scales=(1.0, 1.0), hue=0.1)
ALL = BatchSettings(labeled=4, pairs=2, triplets=2, gaps=(-2, -1, 1, 2), seed=7)


def exact(picture_i: torch.Tensor, picture_j: torch.Tensor) -> torch.Tensor:
    i, j = (
        next(index for index in range(VIDEO.count) if WORLD.picture(index).equal(each))
        for each in (picture_i, picture_j)
    )
    return WORLD.flow(i, j)


def batches(**changed: object) -> Batches:
    return Batches(**({"data": DATA, "settings": ALL, "augmentation": CUT, "flows": exact} | changed))


def indices(drawn: object) -> list[int]:
    return [getattr(drawn, name, 0) for name in ("i", "j", "before", "after")]


def same(one: object, other: object) -> bool:
    """To the bit."""
    if isinstance(one, torch.Tensor):
        return one.dtype == other.dtype and one.equal(other)
    if isinstance(one, (Batch, LabeledBatch, PairBatch, TripletBatch, Motion)):
        return all(same(getattr(one, each.name), getattr(other, each.name)) for each in fields(one))
    if isinstance(one, tuple) and one and not isinstance(one[0], str):
        indices = [[getattr(each, name, 0) for name in ("i", "j", "before", "after")] for each in one]
        return indices == [
            [getattr(each, name, 0) for name in ("i", "j", "before", "after")] for each in other
        ]
    return one == other


def test_a_batch_is_stacked_as_training_takes_it():
    batch = batches()(3)
    assert batch.step == 3
    assert batch.labeled.pictures.shape == (4, 3, 30, 40)
    assert (batch.labeled.labels.shape, batch.labeled.labels.dtype) == ((4, 30, 40), torch.int64)
    assert len(batch.labeled.names) == 4
    assert batch.pairs.pictures_i.shape == batch.pairs.pictures_j.shape == (2, 3, 30, 40)
    assert batch.pairs.motion.flow_ij.shape == (2, 2, 30, 40)
    assert batch.pairs.motion.visible_ji.shape == (2, 30, 40)
    assert batch.triplets.before.shape == batch.triplets.after.shape == (2, 3, 30, 40)
    assert 0 <= batch.labeled.pictures.min() < batch.labeled.pictures.max() <= 1
    alone = batches(settings=BatchSettings(labeled=1), flows=None)(0)
    assert (alone.pairs, alone.triplets) == (None, None)


def test_frames_of_a_pair_lie_on_each_other_along_its_flow():
    for step in range(6):
        pairs = batches()(step).pairs
        for x_i, x_j, flow, visible in (
            (pairs.pictures_i, pairs.pictures_j, pairs.motion.flow_ij, pairs.motion.visible_ij),
            (pairs.pictures_j, pairs.pictures_i, pairs.motion.flow_ji, pairs.motion.visible_ji),
        ):
            assert visible.float().mean() > 0.6
            difference = (warp(x_j, flow) - x_i).abs().amax(1)
            assert difference[visible].max() < 1e-4
            assert difference.max() > 0.1  # what is hidden does not fit


def test_frames_of_a_triplet_lie_on_the_labeled_one():
    batch = batches(settings=BatchSettings(labeled=0, triplets=6, seed=1))(0).triplets
    for other, motion in ((batch.before, batch.to_before), (batch.after, batch.to_after)):
        difference = (warp(other, motion.flow_ij) - batch.pictures).abs().amax(1)
        assert difference[motion.visible_ij].max() < 1e-4
    for at, triplet in enumerate(batch.triplets):
        gap = torch.tensor([triplet.after - triplet.image.index])
        ground = batch.labels[at] == 0
        assert batch.to_after.flow_ij[at, 0][ground].abs().equal(gap.float().expand(int(ground.sum())))
        assert triplet.before < triplet.image.index < triplet.after


def test_labels_lie_on_their_picture():
    whole = Augmentation(size=(48, 64), scales=(1.0, 1.0), brightness=0.0, contrast=0.0, saturation=0.0)
    batch = batches(settings=BatchSettings(labeled=12), augmentation=whole)(0).labeled
    assert sorted(map(int, batch.names)) == list(range(12))
    flipped = 0
    for name, picture, labels in zip(batch.names, batch.pictures, batch.labels, strict=True):
        seen, true = WORLD.picture(int(name)) / 255, WORLD.labels(int(name)).long()
        if not picture.equal(seen):
            seen, true, flipped = seen.flip(-1), true.flip(-1), flipped + 1
        assert picture.equal(seen)
        assert labels.equal(true)
    assert 0 < flipped < 12


def test_a_step_gives_the_same_batch_in_any_run_and_order():
    first, second = batches(), batches()
    forward = [first(step) for step in range(5)]
    backward = [second(step) for step in reversed(range(5))][::-1]
    assert all(same(*each) for each in zip(forward, backward, strict=True))
    assert same(pickle.loads(pickle.dumps(batches(flows=None)))(4), batches(flows=None)(4))
    assert not same(forward[0].labeled, forward[1].labeled)
    other = batches(settings=BatchSettings(labeled=4, pairs=2, triplets=2, gaps=(-2, -1, 1, 2), seed=8))
    assert not same(forward[0].labeled, other(0).labeled)


def test_what_else_a_batch_holds_does_not_change_its_labeled_pictures():
    alone = batches(settings=BatchSettings(labeled=4, seed=7))
    assert same(alone(2).labeled, batches()(2).labeled)


def test_processes_share_a_batch_out_among_them():
    whole = batches()(5)
    shares = [batches(rank=rank, processes=2)(5) for rank in (0, 1)]
    assert [len(each.labeled.names) for each in shares] == [2, 2]
    for rank, share in enumerate(shares):
        assert share.labeled.pictures.equal(whole.labeled.pictures[rank::2])
        assert share.labeled.labels.equal(whole.labeled.labels[rank::2])
        assert share.pairs.motion.flow_ij.equal(whole.pairs.motion.flow_ij[rank::2])
        assert share.triplets.after.equal(whole.triplets.after[rank::2])


def test_every_picture_comes_once_in_an_epoch():
    found = batches(settings=BatchSettings(labeled=5))
    assert found.epoch == 3
    names = [name for step in range(3) for name in found(step).labeled.names]
    assert sorted(map(int, names[:12])) == list(range(12))
    assert batches(settings=BatchSettings(labeled=4)).epoch == 3
    with pytest.raises(InputError, match="labeled: wanted 1 or more to count epochs, got 0"):
        _ = batches(settings=BatchSettings(labeled=0, pairs=1)).epoch


def test_pairs_are_those_that_lie_equally_far_apart():
    found = batches(settings=BatchSettings(labeled=0, pairs=4, pairs_per_video=4))
    assert sorted((pair.i, pair.j) for pair in found(0).pairs.pairs) == [(0, 1), (3, 4), (7, 8), (10, 11)]
    every = batches(settings=BatchSettings(labeled=0, pairs=11, pairs_per_video=None))
    assert sorted(pair.i for pair in every(0).pairs.pairs) == list(range(11))


def test_without_flows_a_batch_holds_no_motion():
    batch = batches(flows=None)(0)
    assert (batch.pairs.motion, batch.triplets.to_before, batch.triplets.to_after) == (None, None, None)


@pytest.mark.parametrize("threads", [0, 1, 3])
def test_reading_ahead_gives_the_same_batches_in_order(threads):
    found = list(read_ahead(batches(), range(4, 9), threads=threads))
    assert [each.step for each in found] == [4, 5, 6, 7, 8]
    assert all(same(each, batches()(each.step)) for each in found)


def test_reading_ahead_reads_while_others_work_and_ends_when_it_is_closed():
    read = []

    def slow(step: int) -> Batch:
        if step == 3:
            raise InputError("step 3")
        read.append(step)
        return Batch(step=step)

    ahead = read_ahead(slow, range(10**9), threads=2)
    assert next(ahead).step == 0
    deadline = time.monotonic() + 10
    while sorted(read) != [0, 1, 2] and time.monotonic() < deadline:
        time.sleep(0.01)
    assert sorted(read) == [0, 1, 2]
    assert [each.step for each in islice(ahead, 2)] == [1, 2]
    with pytest.raises(InputError, match="step 3"):
        next(ahead)
    closed = read_ahead(slow, range(10**9), threads=2)
    next(closed)
    closed.close()
    with pytest.raises(InputError, match="threads: wanted 0 or more, got -1"):
        read_ahead(slow, range(3), threads=-1)


def test_batches_move_to_a_device_and_stack():
    batch = batches()(0)
    there = to_device(batch, "meta")
    assert {there.labeled.labels.device.type, there.pairs.motion.visible_ij.device.type} == {"meta"}
    assert there.pairs.pairs == batch.pairs.pairs
    two = stacked([batch.pairs, batches()(1).pairs])
    assert len(two.pairs) == len(two.pictures_i) == len(two.motion.flow_ji) == 4


def test_clips_at_hand_become_batches_whose_flow_is_estimated(data):
    found = Batches(
        data=davis_training(data / "davis-train-240p"),
        settings=BatchSettings(labeled=2, pairs=2, pairs_per_video=2),
        augmentation=Augmentation(size=(240, 428), scales=(0.75, 1.5)),
        flows=DIS(),
    )
    batch = found(0)
    pairs, motion = batch.pairs, batch.pairs.motion
    still = (pairs.pictures_j - pairs.pictures_i).abs().mean(1)[motion.visible_ij].mean()
    moved = (
        (warp(pairs.pictures_j, motion.flow_ij) - pairs.pictures_i).abs().mean(1)[motion.visible_ij].mean()
    )
    assert motion.visible_ij.float().mean() > 0.5
    assert moved < 0.5 * still
    assert {*batch.labeled.labels.unique().tolist()} <= {-1, 0, 1}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"labeled": -1}, "labeled: wanted 0 or more, got -1"),
        ({"labeled": 0}, "labeled, pairs, stills, triplets, groups: wanted one above 0, got none"),
        ({"gaps": (1, 0)}, r"gaps: wanted different numbers other than 0, got \(1, 0\)"),
        ({"reach": 0}, "reach: wanted 1 or more, got 0"),
        ({"pairs_per_video": 0}, "pairs_per_video: wanted 1 or more, got 0"),
    ],
)
def test_settings_out_of_range_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        BatchSettings(**wrong)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"rank": 2, "processes": 2}, "rank: wanted 0 to 1, got 2"),
        ({"processes": 3}, "labeled: wanted a multiple of 3 processes, got 4"),
        (
            {"data": TrainingData(name="world", classes=DATA.classes, labeled=DATA.labeled)},
            "pairs: wanted some in world, got none",
        ),
        (
            {
                "data": TrainingData(
                    name="world", classes=DATA.classes, labeled=DATA.labeled[:1], videos=(VIDEO,)
                )
            },
            "triplets: wanted some in world, got none",
        ),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_line(wrong, message):
    with pytest.raises(InputError, match=message):
        batches(**wrong)


def test_frames_of_a_pair_have_one_size():
    def growing(index: int) -> torch.Tensor:
        return torch.zeros(3, 4 + index, 6, dtype=torch.uint8)

    data = TrainingData(
        name="a",
        classes=("x", "y"),
        videos=(UnlabeledVideo(name="odd", count=2, fps=24.0, frame=growing),),
    )
    found = batches(data=data, settings=BatchSettings(labeled=0, pairs=1), flows=None)
    with pytest.raises(InputError, match="odd: frame 1: wanted height x width 4 x 6 as its pair, got 5 x 6"):
        found(0)


def test_stills_become_pairs_whose_flow_is_exact():
    settings = BatchSettings(labeled=0, stills=3, seed=2)
    smooth = Augmentation(size=(36, 48), scales=(0.8, 1.2), hue=0.1)
    batch = batches(settings=settings, augmentation=smooth, flows=None)(0)
    pairs, motion = batch.pairs, batch.pairs.motion
    assert pairs.pictures_i.shape == pairs.pictures_j.shape == (3, 3, 36, 48)
    # What frame j shows was read from frame i at the very point that the flow back leads to.
    again = warp(pairs.pictures_i, motion.flow_ji)
    torch.testing.assert_close(
        again.movedim(1, -1)[motion.visible_ji],
        pairs.pictures_j.movedim(1, -1)[motion.visible_ji],
        atol=2e-4,
        rtol=0,
    )
    assert 0.4 < motion.visible_ij.float().mean() < 1
    assert same(batches(settings=settings, augmentation=smooth, flows=None)(0), batch)


def test_pairs_of_stills_follow_those_of_videos():
    both = batches(settings=BatchSettings(labeled=1, pairs=1, stills=2))(3)
    assert [pair.video.count for pair in both.pairs.pairs] == [12, 1, 1]
    assert len(both.pairs.pictures_j) == len(both.pairs.motion.flow_ij) == 3
    with pytest.raises(InputError, match="flows: wanted the flow of pairs beside that of stills"):
        batches(settings=BatchSettings(labeled=1, pairs=1, stills=2), flows=None)
