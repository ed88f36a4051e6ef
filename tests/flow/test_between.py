from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from steadymask.flow.between import FlowBetween
from steadymask.flow.dis import DIS
from world import World


class Counted:
    """A flow that only says which frames it was asked for."""

    def __init__(self):
        self.asked = []

    def __call__(self, picture_i: torch.Tensor, picture_j: torch.Tensor) -> torch.Tensor:
        pair = int(picture_i[0, 0, 0]), int(picture_j[0, 0, 0])
        self.asked.append(pair)
        return torch.full((2, 2, 2), float(10 * pair[0] + pair[1]))


def numbered(index: int) -> torch.Tensor:
    return torch.full((3, 2, 2), index, dtype=torch.uint8)


def test_each_flow_is_estimated_once():
    estimator = Counted()
    flows = FlowBetween(estimator)
    for index in range(3):
        flows.add(index, numbered(index))
    flows.prepare([(0, 1), (1, 0), (0, 1)])
    assert flows(0, 1)[0, 0, 0] == 1
    assert flows(1, 0)[0, 0, 0] == 10
    assert flows(0, 2)[0, 0, 0] == 2
    assert flows(0, 1)[0, 0, 0] == 1
    assert estimator.asked == [(0, 1), (1, 0), (0, 2)]
    assert flows.estimated == 3


def test_what_is_forgotten_is_gone_and_the_rest_is_kept():
    estimator = Counted()
    flows = FlowBetween(estimator)
    for index in range(4):
        flows.add(index, numbered(index))
    flows.prepare([(0, 1), (1, 0), (1, 2), (2, 3)])
    flows.forget(1)
    with pytest.raises(KeyError):
        flows(0, 1)
    assert flows(1, 2)[0, 0, 0] == 12
    flows.forget(2)
    assert flows(2, 3)[0, 0, 0] == 23
    assert len(estimator.asked) == 4


def test_flows_are_released_when_both_frames_are_passed_and_frames_stay():
    estimator = Counted()
    flows = FlowBetween(estimator)
    for index in range(4):
        flows.add(index, numbered(index))
    flows.prepare([(0, 1), (2, 1), (1, 3)])
    flows.release(2)
    flows(1, 3)
    assert len(estimator.asked) == 3
    assert flows(0, 1)[0, 0, 0] == 1  # estimated anew
    assert len(estimator.asked) == 4


def test_threads_find_the_flows_that_one_finds():
    world = World(size=(64, 80))
    pairs = [(i, j) for i in range(4) for j in range(4) if i != j]
    with ThreadPoolExecutor(4) as threads:
        alone, together = FlowBetween(DIS()), FlowBetween(DIS(), threads)
        for flows in (alone, together):
            for index in range(4):
                flows.add(index, world.picture(index))
            flows.prepare(pairs)
        for pair in pairs:
            assert alone(*pair).equal(together(*pair))
