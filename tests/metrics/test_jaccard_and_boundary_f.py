"""J and F share their reference, davis2017-evaluation, and so their tests."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from steadymask.metrics.boundary_f import boundary_f, boundary_f_sums
from steadymask.metrics.jaccard import jaccard, jaccard_sums
from steadymask.metrics.series import decay, mean, recall_of_frames

QUICK = ["car-shadow", "paragliding-launch"]
SLOW = ["blackswan", "breakdance", "camel", "dance-twirl", "dog", "drift-straight", "horsejump-high", "libby"]


def mask(path: Path) -> torch.Tensor:
    return torch.from_numpy((np.array(Image.open(path)) > 0).astype(np.int8))


@pytest.mark.parametrize("clip", QUICK + [pytest.param(clip, marks=pytest.mark.slow) for clip in SLOW])
@pytest.mark.parametrize("method", ["osvos", "rvos"])
def test_every_frame_and_statistic_equals_davis2017_evaluation(data, reference, clip, method):
    expected = json.loads((reference / "davis2017_jf_binary.json").read_text())["clips"][clip][method]
    folder = data / "davis-dev-480p"
    values: dict[str, list[float]] = {"J": [], "F": []}
    for truth in sorted((folder / "truth" / clip).iterdir()):
        masks = mask(folder / method / clip / truth.name), mask(truth)
        values["J"].append(float(jaccard(jaccard_sums(*masks, classes=2))))
        values["F"].append(float(boundary_f(boundary_f_sums(*masks, classes=2))))
    assert values["J"] == pytest.approx(expected["jaccard"], abs=1e-9)
    assert values["F"] == pytest.approx(expected["boundary_f"], abs=1e-9)
    for rule, frames in {"all_frames": slice(None), "official": slice(1, -1)}.items():
        for name in ("J", "F"):
            series = values[name][frames]
            assert mean(series) == pytest.approx(expected[rule][name]["mean"], abs=1e-9)
            assert recall_of_frames(series) == pytest.approx(expected[rule][name]["recall"], abs=1e-9)
            assert decay(series) == pytest.approx(expected[rule][name]["decay"], abs=1e-9)


def square(top: int, left: int, side: int = 20, label: int = 1) -> torch.Tensor:
    labels = torch.zeros(60, 80, dtype=torch.int32)
    labels[top : top + side, left : left + side] = label
    return labels


def test_a_square_shifted_by_one_pixel_worked_by_hand():
    masks = square(10, 10), square(10, 11)
    assert float(jaccard(jaccard_sums(*masks, classes=2))) == pytest.approx(380 / 420)
    # The diagonal is 100 pixels, the tolerance one pixel: every contour pixel is met.
    assert float(boundary_f(boundary_f_sums(*masks, classes=2))) == 1
    # Three pixels off: each contour is a ring of 80 pixels. Of ours 19 of the 21 in the upper and the lower
    # row are met, and from these rows the two ends of the right column: 40.
    assert float(boundary_f(boundary_f_sums(square(10, 10), square(10, 13), classes=2))) == 0.5


@pytest.mark.parametrize("score", [(jaccard, jaccard_sums), (boundary_f, boundary_f_sums)])
def test_objects_in_neither_score_one_and_in_only_one_zero(score):
    value, sums = score
    nothing = torch.zeros(60, 80, dtype=torch.int32)
    assert value(sums(nothing, nothing, classes=3)).tolist() == [1, 1]
    assert value(sums(square(10, 10), nothing, classes=3)).tolist() == [0, 1]
    assert value(sums(nothing, square(10, 10, label=2), classes=3)).tolist() == [1, 0]


@pytest.mark.parametrize("score", [(jaccard, jaccard_sums), (boundary_f, boundary_f_sums)])
def test_what_the_truth_leaves_void_does_not_count(score):
    value, sums = score
    truth = square(10, 10)
    truth[:, 40:] = -1
    found = square(10, 10) + square(30, 50)  # the second square lies in the void
    assert value(sums(found, truth, classes=2)).tolist() == [1]


@pytest.mark.parametrize("score", [(jaccard, jaccard_sums), (boundary_f, boundary_f_sums)])
@settings(deadline=None, derandomize=True, max_examples=25)
@given(seed=st.integers(0, 10**6))
def test_each_object_scores_as_if_alone(score, seed):
    value, sums = score
    noise = torch.Generator().manual_seed(seed)
    found, truth = (
        torch.randint(0, 4, (2, 6, 8), generator=noise).repeat_interleave(10, 1).repeat_interleave(10, 2)
    )
    values = value(sums(found, truth, classes=5))
    for each in range(1, 5):
        alone = value(sums((found == each).int(), (truth == each).int(), classes=2))
        assert float(values[each - 1]) == pytest.approx(float(alone))
        assert 0 <= float(alone) <= 1


def test_the_border_of_the_picture_is_no_contour():
    whole = torch.ones(60, 80, dtype=torch.int32)
    nothing = torch.zeros(60, 80, dtype=torch.int32)
    assert float(boundary_f(boundary_f_sums(whole, nothing, classes=2))) == 1  # neither has a contour
    assert float(jaccard(jaccard_sums(whole, nothing, classes=2))) == 0


def test_pooling_frames_is_the_mean_over_frames():
    frames = [(square(10, 10), square(10, left)) for left in (10, 12, 20)]
    for value, sums in ((jaccard, jaccard_sums), (boundary_f, boundary_f_sums)):
        each = [sums(*frame, classes=2) for frame in frames]
        pooled = value(sum(each[1:], start=each[0]))
        assert float(pooled) == pytest.approx(sum(float(value(one)) for one in each) / 3)
