"""Video consistency, against the published script's numbers and worked by hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from steadymask.errors import InputError
from steadymask.metrics.video_consistency import (
    Recipe,
    VideoConsistencyStream,
    VideoConsistencySums,
    video_consistency,
)

NONE = VideoConsistencySums(total=0.0, windows=0)


def windows(
    labels: torch.Tensor, truth: torch.Tensor, *, frames: int, recipe: Recipe = "strict"
) -> list[VideoConsistencySums]:
    """Of a clip, `t h w`, those that there are."""
    stream = VideoConsistencyStream(frames=frames, recipe=recipe)
    found = [stream.push(*pair) for pair in zip(labels.int(), truth.int(), strict=True)]
    return [each for each in found if each.windows]


def value(labels: torch.Tensor, truth: torch.Tensor, *, frames: int, recipe: Recipe = "strict") -> float:
    return video_consistency(sum(windows(labels, truth, frames=frames, recipe=recipe), start=NONE))


@pytest.mark.parametrize("frames", [8, 16])
def test_camvid_has_the_values_of_the_published_script(reference: Path, frames: int) -> None:
    arrays = np.load(reference / "camvid_labels.npz")
    labels, truth = (torch.from_numpy(arrays[each]).int() for each in ("espnet", "truth"))
    document = json.loads((reference / "camvid_tc_vc.json").read_text())
    expected: dict[str, Any] = document["video_consistency"][f"VC{frames}"]
    vspw = windows(labels, truth, frames=frames, recipe="vspw")
    assert len(vspw) == expected["vspw"]["windows"]
    assert [each.total for each in vspw] == pytest.approx(expected["vspw"]["per_window"], abs=1e-9)
    assert video_consistency(sum(vspw, start=NONE)) == pytest.approx(expected["vspw"]["value"], abs=1e-9)
    truth = torch.where(truth == 11, -1, truth)  # their void, which only the script takes for a class
    strict = windows(labels, truth, frames=frames)
    assert [each.total for each in strict] == pytest.approx(
        expected["strict"]["per_window_correct"], abs=1e-9
    )
    assert value(labels, truth, frames=frames) == pytest.approx(
        expected["strict"]["correct_prediction"], abs=1e-9
    )


def test_a_window_worked_by_hand() -> None:
    truth = torch.tensor([[[1, 1, 2, 0, -1]], [[1, 1, 2, 3, -1]], [[1, 1, 2, 3, 0]]])
    labels = torch.tensor([[[1, 1, 0, 0, 0]], [[1, 2, 0, 3, 0]], [[1, 1, 0, 3, 0]]])
    assert value(labels, truth, frames=3) == pytest.approx(1 / 3)  # still: the first three, kept: the first
    first, second = windows(labels, truth, frames=2)
    assert first.total == pytest.approx(1 / 3)
    assert second.total == pytest.approx(2 / 4)  # the fourth pixel stands still by now, the void one not
    assert value(labels, truth, frames=2) == pytest.approx((1 / 3 + 1 / 2) / 2)
    published = windows(labels, truth, frames=2, recipe="vspw")  # void counts, right or not is not asked
    assert [each.total for each in published] == [3 / 4]


def test_a_constant_map_is_perfect_only_for_the_published_script() -> None:
    truth = torch.randint(1, 3, (1, 8, 8), generator=torch.Generator().manual_seed(0)).repeat(12, 1, 1)
    constant = torch.zeros_like(truth)
    assert value(constant, truth, frames=8, recipe="vspw") == 1
    assert value(constant, truth, frames=8) == 0
    assert value(truth, truth, frames=8) == 1


@settings(deadline=None, derandomize=True, max_examples=30)
@given(seed=st.integers(0, 999), frames=st.integers(1, 5), recipe=st.sampled_from(["strict", "vspw"]))
def test_the_stream_equals_the_definition(seed: int, frames: int, recipe: Recipe) -> None:
    generator = torch.Generator().manual_seed(seed)
    labels, truth = torch.randint(-1, 2, (2, 7, 4, 5), generator=generator)
    expected = []
    for begin in range(7 - frames + 1 - (recipe == "vspw")):
        some, true = labels[begin : begin + frames], truth[begin : begin + frames]
        still, same = (true == true[0]).all(0), (some == some[0]).all(0)
        if recipe == "strict":
            still, same = still & (true >= 0).all(0) & (some >= 0).all(0), (some == true).all(0)
        if still.any():
            expected.append(float((still & same).sum() / still.sum()))
    found = windows(labels, truth, frames=frames, recipe=recipe)
    assert [each.total for each in found] == pytest.approx(expected)


def test_windows_longer_than_the_clip_have_no_value() -> None:
    assert np.isnan(value(torch.zeros(3, 2, 2), torch.zeros(3, 2, 2), frames=4))


def test_a_window_has_a_frame() -> None:
    with pytest.raises(InputError, match="frames: wanted at least 1, got 0"):
        VideoConsistencyStream(frames=0)
