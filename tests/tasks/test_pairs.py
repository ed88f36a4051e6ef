"""The pairs of near frames of a stream."""

import torch

from steadymask.flow.between import FlowBetween
from steadymask.tasks.pairs import Seen, with_pairs

SIZE = (6, 8)


class Counting(FlowBetween):
    """Knows the most flows that were there at once, when a pair was about to be looked at."""

    @property
    def there(self) -> int:
        return len(self._flows)


def seen(index: int, *, starts_scene: bool = False) -> Seen:
    picture = torch.full((3, *SIZE), index, dtype=torch.uint8)
    labels = {"masks": torch.zeros(SIZE, dtype=torch.int32)}
    return Seen(
        index=index,
        seconds=index / 24,
        picture=picture,
        starts_scene=starts_scene or index == 0,
        labels=labels,
    )


def counting() -> Counting:
    """Flows that say how many frames apart their pictures are."""
    return Counting(lambda i, j: (j[0, 0, 0].float() - i[0, 0, 0].float()).expand(2, *SIZE).clone())


def test_each_frame_comes_with_those_before_it_the_nearest_first() -> None:
    pairs = {
        frame.index: [(pair.i.index, pair.j.index) for pair in pairs]
        for frame, pairs in with_pairs((seen(t) for t in range(5)), counting(), reach=2)
    }
    assert pairs == {0: [], 1: [(0, 1)], 2: [(1, 2), (0, 2)], 3: [(2, 3), (1, 3)], 4: [(3, 4), (2, 4)]}


def test_flows_point_as_their_names_say() -> None:
    for _, pairs in with_pairs((seen(t) for t in range(5)), counting()):
        for pair in pairs:
            apart = pair.j.index - pair.i.index
            assert (pair.flow_ij == apart).all()
            assert (pair.flow_ji == -apart).all()


def test_no_pair_reaches_across_a_cut() -> None:
    frames = (seen(t, starts_scene=t == 3) for t in range(6))
    found = [(pair.i.index, pair.j.index) for _, pairs in with_pairs(frames, counting()) for pair in pairs]
    assert found == [(0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5)]


def test_flows_are_estimated_once_and_let_go_of_when_looked_at() -> None:
    flows = counting()
    there = [flows.there for _ in with_pairs((seen(t) for t in range(20)), flows, reach=3)]
    assert max(there) == 6  # those of the next frame
    assert flows.estimated == 2 * (1 + 2 + 3 * 17)
