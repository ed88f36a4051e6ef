import math

import pytest
import torch

from steadymask.metrics.series import FrameSums, decay, mean, means_over_pairs, recall_of_frames


def test_each_frame_gets_the_mean_of_its_pairs():
    series = means_over_pairs([(0, 1, 0.2), (0, 2, 0.4), (1, 2, 0.6)], frames=4)
    assert series[:3] == pytest.approx([0.3, 0.4, 0.5])
    assert math.isnan(series[3])


def test_quarters_share_a_frame_and_long_clips_do_not_wrap():
    assert decay([1.0, 1.0, 0.5, 0.0, 0.0]) == 1  # frames 0-1 against frames 3-4
    assert decay([1.0] * 300 + [0.0] * 300) == 1


def test_frames_without_a_value_are_left_out():
    assert mean([0.2, math.nan, 0.4]) == pytest.approx(0.3)
    assert recall_of_frames([0.6, math.nan, 0.4]) == 0.5


@pytest.mark.parametrize("statistic", [mean, decay, recall_of_frames])
def test_no_frames_have_no_statistic(statistic):
    assert math.isnan(statistic([]))


def test_sums_of_frames_add():
    sums = FrameSums(total=torch.tensor([1.0, 0.5]), frames=1) + FrameSums(
        total=torch.tensor([0.0, 0.5]), frames=1
    )
    assert sums.mean.tolist() == [0.5, 0.5]
    assert FrameSums(total=torch.zeros(1), frames=0).mean.isnan().all()
