"""Average precision and recall of tracks, against the published evaluation and worked by hand."""

import json
import math
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from steadymask.errors import InputError
from steadymask.io.rle import encoded, packed
from steadymask.metrics.instances import (
    AREAS,
    THRESHOLDS,
    InstanceSums,
    average_precision,
    average_recall,
    instance_sums,
    track_iou,
)
from steadymask.track import Track


class Reference:
    """The synthetic YouTube-VIS pair, and the numbers of the published evaluation."""

    def __init__(self, folder: Path) -> None:
        self.expected: dict[str, Any] = json.loads((folder / "youtube_vis.json").read_text())
        truth = json.loads((folder / "truth.json").read_text())
        self.videos = [each["id"] for each in truth["videos"]]
        self.categories = [each["id"] for each in truth["categories"]]
        self.truth = truth["annotations"]
        self.found = json.loads((folder / "predictions.json").read_text())

    def tracks(self, annotations: list[dict[str, Any]], video: int, category: int | None) -> list[Track]:
        """Without a category those of all, one category after the other: so the reference breaks ties."""
        return [
            Track(
                masks=[None if mask is None else packed(mask) for mask in each["segmentations"]],
                score=each.get("score", 1.0),
                crowd=bool(each.get("iscrowd", 0)),
            )
            for each in sorted(annotations, key=lambda each: each["category_id"])
            if each["video_id"] == video and category in (None, each["category_id"])
        ]

    def sums(self, category: int | None, area: str = "all") -> InstanceSums:
        return reduce(
            add,
            (
                instance_sums(
                    self.tracks(self.found, video, category),
                    self.tracks(self.truth, video, category),
                    area=area,
                )
                for video in self.videos
            ),
        )


@pytest.fixture(scope="module")
def youtube_vis(reference: Path) -> Reference:
    return Reference(reference / "youtube_vis")


def mean(values: list[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else -1.0  # their sign for undefined


@pytest.mark.parametrize("with_categories", [True, False])
def test_the_twelve_statistics_are_those_of_the_published_evaluation(
    youtube_vis: Reference, with_categories: bool
) -> None:
    categories = youtube_vis.categories if with_categories else [None]
    by_area = {area: [youtube_vis.sums(each, area) for each in categories] for area in AREAS}
    found = {
        "AP": mean([average_precision(each) for each in by_area["all"]]),
        "AP50": mean([average_precision(each, threshold=0.5) for each in by_area["all"]]),
        "AP75": mean([average_precision(each, threshold=0.75) for each in by_area["all"]]),
    }
    for most in (1, 10, 100):
        found[f"AR_{most}"] = mean([average_recall(each, most=most) for each in by_area["all"]])
    for area in ("small", "medium", "large"):
        found[f"AP_{area}"] = mean([average_precision(each) for each in by_area[area]])
        found[f"AR_{area}"] = mean([average_recall(each) for each in by_area[area]])
    expected = youtube_vis.expected["stats" if with_categories else "stats_without_categories"]
    assert found == pytest.approx(expected, abs=1e-9)


def test_categories_and_thresholds_have_the_values_of_the_published_evaluation(
    youtube_vis: Reference,
) -> None:
    sums = {each: youtube_vis.sums(each) for each in youtube_vis.categories}
    for category, value in youtube_vis.expected["AP_per_category"].items():
        expected = math.nan if value is None else value
        assert average_precision(sums[int(category)]) == pytest.approx(expected, abs=1e-9, nan_ok=True)
    found = [mean([average_precision(each, threshold=at) for each in sums.values()]) for at in THRESHOLDS]
    assert found == pytest.approx(youtube_vis.expected["AP_per_iou_threshold"], abs=1e-9)


def test_overlaps_are_those_of_the_published_evaluation(youtube_vis: Reference) -> None:
    for each in youtube_vis.expected["track_iou_rows_predictions_by_score_columns_truth"]:
        found, truth = (
            youtube_vis.tracks(annotations, each["video"], each["category"])
            for annotations in (youtube_vis.found, youtube_vis.truth)
        )
        found = sorted(found, key=lambda track: -track.score)
        overlaps = [[track_iou(one, other) for other in truth] for one in found]
        assert np.array(overlaps) == pytest.approx(np.array(each["iou"]), abs=1e-9)


def square(y: int, x: int, side: int = 4, size: int = 12) -> dict[str, Any]:
    mask = torch.zeros(size, size, dtype=torch.bool)
    mask[y : y + side, x : x + side] = True
    return packed(encoded(mask))


def test_the_overlap_of_two_tracks_worked_by_hand() -> None:
    one = Track(masks=[square(0, 0), square(0, 0), None])
    other = Track(masks=[square(0, 2), None, None])
    assert track_iou(one, other) == 8 / (24 + 16)
    assert track_iou(one, one) == 1
    assert track_iou(Track(masks=[None]), Track(masks=[None])) == 0


def test_precision_and_recall_worked_by_hand() -> None:
    """Two objects; the surest track misses, the second finds one of them."""
    truth = [Track(masks=[square(0, 0)]), Track(masks=[square(8, 8)])]
    found = [Track(masks=[square(4, 4)], score=0.9), Track(masks=[square(0, 0)], score=0.8)]
    sums = instance_sums(found, truth)
    assert average_recall(sums) == 0.5
    assert average_recall(sums, most=1) == 0
    assert average_precision(sums) == pytest.approx(0.5 * 51 / 101)  # levels 0 to 0.5


def test_an_object_is_found_once_and_a_crowd_costs_nothing() -> None:
    truth = [Track(masks=[square(0, 0)]), Track(masks=[square(8, 8)], crowd=True)]
    twice = [Track(masks=[square(0, 0)], score=score) for score in (0.9, 0.8)]
    crowd = [Track(masks=[square(8, 8)], score=score) for score in (0.95, 0.94)]
    assert average_precision(instance_sums(twice[:1] + crowd, truth)) == 1
    assert instance_sums(twice, truth).hits[0].tolist() == [True, False]


def test_the_truth_finds_itself_and_nothing_to_find_is_undefined() -> None:
    truth = [Track(masks=[square(0, 0)]), Track(masks=[square(8, 8)])]
    assert average_precision(instance_sums(truth, truth)) == 1
    assert average_recall(instance_sums(truth, truth)) == 1
    assert average_precision(instance_sums([], truth)) == 0
    assert math.isnan(average_precision(instance_sums(truth, [])))
    assert math.isnan(average_recall(instance_sums(truth, [])))


def test_tracks_of_other_lengths_and_thresholds_are_errors() -> None:
    one, other = Track(masks=[None]), Track(masks=[None, None])
    with pytest.raises(InputError, match="wanted as many frames in both tracks, got 1 and 2"):
        track_iou(one, other)
    with pytest.raises(InputError, match="threshold"):
        average_precision(instance_sums([one], [one]), threshold=0.6001)
