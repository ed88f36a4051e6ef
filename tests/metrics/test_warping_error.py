"""The warping error, against the published script's numbers and worked by hand."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from steadymask.metrics.warping_error import WarpingErrorSums, warping_error, warping_error_sums
from steadymask.warp import visibility
from world import World

WORLD = World()


@pytest.mark.parametrize("clip", ["car-shadow", "dance-twirl", "libby"])
@pytest.mark.parametrize("what", ["video", "osvos_mask"])
def test_three_pairs_have_the_values_of_the_published_script(reference: Path, clip: str, what: str) -> None:
    arrays = np.load(reference / "fast_blind" / f"{clip}.npz")
    frames = torch.from_numpy(arrays["frames_rgb"]).permute(0, 3, 1, 2) / 255
    if what == "osvos_mask":
        frames = torch.from_numpy(arrays["osvos_mask"])[:, None].float()
    forward, backward = (torch.from_numpy(arrays[f"flow_{way}"]).float() for way in ("forward", "backward"))
    expected = json.loads((reference / "fast_blind" / "fast_blind.json").read_text())["clips"][clip]["pairs"]
    visible = visibility(forward, backward, motion_edges=True, outside_is_visible=True)
    for t, pair in enumerate(expected):
        sums = warping_error_sums(frames[t], frames[t + 1], forward[t], visible_ij=visible[t])
        assert warping_error(sums) == pytest.approx(pair[f"warping_error_of_the_{what}"], abs=1e-6)


def test_one_pair_worked_by_hand() -> None:
    one = torch.tensor([[[0.0, 1.0, 0.5]], [[0.0, 0.0, 0.0]]])
    two = torch.tensor([[[0.0, 0.0, 1.0]], [[0.0, 0.5, 0.0]]])
    right = torch.zeros(2, 1, 3)
    right[0] = 1  # found one pixel to the right: 0 1 . and .5 0 .
    visible = torch.tensor([[True, True, False]])
    sums = warping_error_sums(one, two, right, visible_ij=visible)
    assert warping_error(sums) == pytest.approx((0 + 0 + 0.25 + 0) / 4)


def test_a_world_under_its_own_motion_has_no_error() -> None:
    pictures = [WORLD.picture(t) / 255 for t in (0, 1)]
    sums = warping_error_sums(*pictures, WORLD.flow(0, 1), visible_ij=WORLD.visible(0, 1))
    assert warping_error(sums) == pytest.approx(0, abs=1e-9)


def test_pairs_pool_as_their_mean_and_unseen_ones_do_not_count() -> None:
    black, white, still = torch.zeros(3, 2, 2), torch.ones(3, 2, 2), torch.zeros(2, 2, 2)
    everywhere = torch.ones(2, 2, dtype=torch.bool)
    same = warping_error_sums(black, black, still, visible_ij=everywhere)
    other = warping_error_sums(black, white, still, visible_ij=everywhere)
    unseen = warping_error_sums(black, white, still, visible_ij=~everywhere)
    assert warping_error(same + other + unseen) == 0.5
    assert np.isnan(warping_error(unseen + WarpingErrorSums(total=0.0, pairs=0)))
