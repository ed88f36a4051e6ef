"""Tracks of instances as YouTube-VIS counts them: precision and recall over all videos of a data set."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial, reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np

from steadymask.data.youtube_vis import InstanceVideo, YouTubeVis, read_youtube_vis
from steadymask.io.made_of import digest_of
from steadymask.io.manifest import versions
from steadymask.metrics.instances import (
    AREAS,
    InstanceSums,
    average_precision,
    average_recall,
    instance_sums,
)
from steadymask.tasks.compared_sets import compared
from steadymask.tasks.comparison import Values, Weights, every_clip_once, resampled
from steadymask.tasks.progress import Progress

_RESAMPLES = 200  # a resample counts all tracks anew

_Sums = Mapping[tuple[int, str], InstanceSums]
"""By category and range of areas."""

_SCORES: dict[str, tuple[str, Callable[[InstanceSums], float]]] = {
    "average_precision": ("all", average_precision),
    "average_precision_50": ("all", partial(average_precision, threshold=0.5)),
    "average_precision_75": ("all", partial(average_precision, threshold=0.75)),
    "average_precision_small": ("small", average_precision),
    "average_precision_medium": ("medium", average_precision),
    "average_precision_large": ("large", average_precision),
    "average_recall_1": ("all", partial(average_recall, most=1)),
    "average_recall_10": ("all", partial(average_recall, most=10)),
    "average_recall_100": ("all", average_recall),
    "average_recall_small": ("small", average_recall),
    "average_recall_medium": ("medium", average_recall),
    "average_recall_large": ("large", average_recall),
}


@dataclass(frozen=True, kw_only=True)
class TrackPlan:
    """Tracks to evaluate; they are counted in one go.

    Args:
        truth: the JSON of the data set.
        sets: the results of each set of masks, by its name.
    """

    truth: Path
    sets: Mapping[str, Path]

    @property
    def state(self) -> dict[str, Any]:
        """What a result must have been begun with to be this one's."""
        return {
            "versions": versions(),
            "protocol": "youtube-vis",
            "predictions": [*self.sets],
            "clips": [],
        }

    @cached_property
    def made_of(self) -> dict[str, str]:
        """By set a digest of the files that it is counted from."""
        return {name: digest_of([self.truth, found]) for name, found in self.sets.items()}

    def result(self, folder: Path, *, workers: int | None, progress: Progress) -> dict[str, Any]:
        """Count all tracks; return the contents of `evaluation.json`.

        Args:
            folder: is not needed.
            workers: likewise.
            progress: told of every finished video.

        Raises:
            InputError: a file is none of these, or something in it does not fit.
            VideoError: a file cannot be read.
        """
        about = {"dataset": self.truth.stem, "protocol": "youtube-vis", "settings": {"versions": versions()}}
        return about | _evaluation(self.truth, self.sets, progress)


def _evaluation(truth: Path, sets: Mapping[str, Path], progress: Progress) -> dict[str, Any]:
    read = {name: read_youtube_vis(truth, found) for name, found in sets.items()}
    counts = {name: len(each.videos) for name, each in read.items()}
    sums: dict[str, list[_Sums]] = {name: [] for name in sets}
    for name, each in read.items():
        for video in each.videos:
            sums[name].append(_of_video(video, each.categories))
            progress("evaluate", sum(map(len, sums.values())), sum(counts.values()))
    categories = next(iter(read.values())).categories
    averages = {
        name: {
            key: partial(_pooled, of=tuple(each), key=key, categories=tuple(categories)) for key in _SCORES
        }
        for name, each in sums.items()
    }
    parts = {
        name: {
            "overall": {
                key: float(of(every_clip_once(len(sums[name])))[0]) for key, of in averages[name].items()
            },
            "clips": {},
            "groups": {},
            "classes": _of_categories(sums[name], read[name]),
        }
        for name in sets
    }
    videos = next(iter(counts.values()))
    weights = resampled(videos, resamples=_RESAMPLES)
    return {"videos": videos, "predictions": parts, "truth": None} | compared(averages, tuple(sets), weights)


def _of_video(video: InstanceVideo, categories: Mapping[int, str]) -> _Sums:
    return {
        (category, area): instance_sums(
            video.found.get(category, ()), video.truth.get(category, ()), area=area
        )
        for category in categories
        for area in AREAS
    }


def _pooled(weights: Weights, *, of: tuple[_Sums, ...], key: str, categories: tuple[int, ...]) -> Values:
    """A score over the videos, each taken as often as its weight says; one for each row of weights."""
    area, score = _SCORES[key]
    return np.array(
        [
            _mean([score(_added([each[category, area] for each in of], row)) for category in categories])
            for row in weights
        ]
    )


def _added(sums: list[InstanceSums], times: Values) -> InstanceSums:
    taken = [each for each, count in zip(sums, times, strict=True) for _ in range(int(count))]
    return InstanceSums(
        scores=np.concatenate([each.scores for each in taken]),
        ranks=np.concatenate([each.ranks for each in taken]),
        hits=np.concatenate([each.hits for each in taken], axis=1),
        ignored=np.concatenate([each.ignored for each in taken], axis=1),
        truths=sum(each.truths for each in taken),
    )


def _mean(values: list[float]) -> float:
    """Over the categories that the truth has."""
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan


def _of_categories(sums: list[_Sums], read: YouTubeVis) -> dict[str, dict[str, float]]:
    found = {}
    for category, name in read.categories.items():
        whole = reduce(add, (each[category, "all"] for each in sums))
        found[name] = {key: score(whole) for key, (area, score) in _SCORES.items() if area == "all"}
    return found
