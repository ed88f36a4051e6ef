"""What the benchmark of the measures says: a measure that follows an axis is told from one that does not."""

import runpy
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

WORTH = runpy.run_path(str(Path(__file__).parent.parent / "benchmarks" / "quality" / "worth.py"))
EROSIONS, DISPLACEMENTS = (0, 10, 20), (0, 4, 8)


def clips(value, count=3):
    """Clips whose one measure is a function of clip, erosion and displacement."""
    levels = list(product(EROSIONS, DISPLACEMENTS))
    return {str(n): {f"{e}/{d}": {"key": value(n, e, d)} for e, d in levels} for n in range(count)}


def worth(value, better="lower"):
    return WORTH["worth"](clips(value), "key", better=better)


@settings(deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2)), min_size=2, max_size=9))
def test_rank_correlation_is_that_of_scipy(pairs):
    values, axis = zip(*pairs, strict=True)
    found = WORTH["spearman"](values, axis)
    if len(set(values)) == 1 or len(set(axis)) == 1:
        assert found == 0
    else:
        assert found == pytest.approx(spearmanr(values, axis).statistic)


def test_a_measure_that_knows_one_axis_alone_follows_it_alone():
    shaken = worth(lambda n, e, d: n + d)
    assert (shaken["displacement"]["mean"], shaken["erosion"]["mean"], shaken["qualifies"]) == (1, 0, 3)
    wrong = worth(lambda n, e, d: n + e)
    assert (wrong["displacement"]["mean"], wrong["erosion"]["mean"], wrong["qualifies"]) == (0, 1, 0)


def test_where_higher_is_better_falling_is_getting_worse():
    found = worth(lambda n, e, d: 1 - d / 10 + e / 1000, better="higher")
    assert (found["displacement"]["mean"], found["erosion"]["mean"]) == (1, -1)


def test_a_clip_without_a_value_counts_nowhere_and_is_named():
    found = worth(lambda n, e, d: None if n == 1 and e == 20 else d)
    assert (found["clips"], found["undefined"], found["displacement"]["mean"]) == (2, ["1"], 1)


def test_smoothness_by_the_edge_of_the_truth_knows_no_other_edge():
    def level(edge, moved):  # of 1000 pixels
        return {"inconsistency": 0.02 * 1000 / edge, "inconsistency_none": 0.02, "smoothness": moved / edge}

    found = WORTH["on_one_scale"]({"0/0": level(50, 400), "0/4": level(80, 500)})
    assert [found[name]["smoothness_by_truth_boundary"] for name in found] == pytest.approx([8, 10])
    still = {"inconsistency": 0.0, "inconsistency_none": 0.0, "smoothness": 0.0}
    assert WORTH["on_one_scale"]({"0/0": still})["0/0"]["smoothness_by_truth_boundary"] is None


def test_the_interval_covers_the_mean_of_clips_that_differ():
    found = worth(lambda n, e, d: d if n else -d)["displacement"]
    low, high = found["interval"]
    assert found["mean"] == pytest.approx(1 / 3, abs=1e-4)
    assert low == -1 < found["mean"] < high == 1
