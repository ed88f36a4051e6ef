"""Which pairs and triplets are drawn, and when."""

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from steadymask.data.sampling import (
    draw_pair,
    draw_triplet,
    equally_spaced_pairs,
    has_triplet,
    random_at,
    visited,
)
from steadymask.data.training_data import LabeledImage, UnlabeledVideo
from steadymask.errors import InputError


def frame(index: int) -> torch.Tensor:
    return torch.full((3, 2, 4), index, dtype=torch.uint8)


def labels() -> torch.Tensor:
    return torch.zeros(2, 4, dtype=torch.int32)


def video(count: int, cuts: tuple[int, ...] = ()) -> UnlabeledVideo:
    return UnlabeledVideo(name="dog", count=count, fps=24.0, frame=frame, cuts=frozenset(cuts))


def labeled(index: int, of: UnlabeledVideo) -> LabeledImage:
    return LabeledImage(
        name=f"dog/{index}", picture=lambda: frame(index), labels=labels, video=of, index=index
    )


@settings(deadline=None, derandomize=True, max_examples=60)
@given(count=st.integers(2, 400), wanted=st.integers(1, 40))
def test_pairs_lie_equally_far_apart_from_the_first_frame_to_the_last(count, wanted):
    firsts = equally_spaced_pairs(video(count), wanted)
    assert len(firsts) == min(wanted, count - 1)
    if len(firsts) > 1:
        assert (firsts[0], firsts[-1]) == (0, count - 2)
        assert max(np.diff(firsts)) - min(np.diff(firsts)) <= 1


def test_30_pairs_of_a_video_of_300_frames():
    assert equally_spaced_pairs(video(300))[:4] == (0, 10, 21, 31)  # 298 / 29 = 10.28 apart
    assert equally_spaced_pairs(video(300), None) == tuple(range(299))


def test_no_pair_reaches_across_a_cut_or_out_of_the_video():
    cut = video(10, (4, 5))
    assert equally_spaced_pairs(cut, None) == (0, 1, 2, 5, 6, 7, 8)
    assert equally_spaced_pairs(cut, None, gaps=(-3, 3)) == (0, 3, 5, 6, 8, 9)
    assert equally_spaced_pairs(video(1)) == ()
    random = np.random.default_rng(0)
    for first in equally_spaced_pairs(cut, None, gaps=(-2, -1, 1, 2)):
        for _ in range(20):
            assert cut.same_scene(first, draw_pair(cut, first, (-2, -1, 1, 2), random).j)
    with pytest.raises(InputError, match="dog: frame 4: wanted another frame of its scene, got none"):
        draw_pair(cut, 4, (1, -1), random)


def test_each_gap_that_is_possible_comes_as_often():
    random = np.random.default_rng(0)
    gaps = Counter(draw_pair(video(10), 1, (-3, -2, -1, 1, 2, 3), random).j - 1 for _ in range(4000))
    assert {*gaps} == {-1, 1, 2, 3}
    assert min(gaps.values()) > 900


def test_triplets_have_a_frame_before_and_one_after_at_gaps_that_are_drawn_alone():
    random, image = np.random.default_rng(0), labeled(2, video(20))
    drawn = Counter(
        (each.before, each.after) for each in (draw_triplet(image, 3, random) for _ in range(6000))
    )
    assert {*drawn} == {(before, after) for before in (0, 1) for after in (3, 4, 5)}
    assert min(drawn.values()) > 880
    assert [(each.i, each.j) for each in draw_triplet(image, 1, random).pairs] == [(2, 1), (2, 3)]


def test_a_labeled_frame_at_an_end_or_alone_makes_no_triplet():
    there = video(6, (3,))
    assert [has_triplet(labeled(index, there)) for index in range(6)] == [
        False,
        True,
        False,
        False,
        True,
        False,
    ]
    alone = LabeledImage(name="a", picture=lambda: frame(0), labels=labels)
    assert not has_triplet(alone)
    with pytest.raises(InputError, match="a: wanted a frame of a video, got a picture alone"):
        draw_triplet(alone, 3, np.random.default_rng(0))


@settings(deadline=None, derandomize=True, max_examples=30)
@given(count=st.integers(1, 50), round=st.integers(0, 5), seed=st.integers(0, 1000))
def test_everything_comes_once_before_anything_comes_again(count, round, seed):
    come = [visited(seed, "pairs", position, count) for position in range(round * count, (round + 1) * count)]
    assert sorted(come) == list(range(count))


def test_rounds_seeds_and_purposes_have_orders_of_their_own():
    def order(seed, purpose, round):
        return tuple(visited(seed, purpose, position, 40) for position in range(40 * round, 40 * round + 40))

    orders = {
        order(seed, purpose, round) for seed in (0, 1) for purpose in ("labeled", "pairs") for round in (0, 1)
    }
    assert len(orders) == 8
    assert order(0, "pairs", 1) == order(0, "pairs", 1)


def test_the_numbers_of_a_position_are_always_the_same_and_never_those_of_another():
    drawn = {
        float(random_at(seed, purpose, position).random())
        for seed in (0, 1)
        for purpose in ("labeled", "pairs", "triplets")
        for position in (0, 1, 10**12)
    }
    assert len(drawn) == 18
    assert random_at(0, "pairs", 5).random() == random_at(0, "pairs", 5).random()
