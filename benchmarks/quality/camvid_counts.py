"""What a row on CamVid is measured by: agreement with the truth, and of frames with each other."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from benchmarks.inputs import DATA
from benchmarks.quality.training_runs import RUNS

from steadymask.data.camvid import CLASSES, camvid
from steadymask.flow.dis import DIS
from steadymask.metrics.agreement import Agreement, agreement
from steadymask.metrics.mean_iou import mean_iou
from steadymask.metrics.pixel_accuracy import pixel_accuracy
from steadymask.metrics.temporal_consistency import (
    Recipe,
    temporal_consistency,
    temporal_consistency_of_classes,
    temporal_consistency_sums,
)
from steadymask.warp import visibility

CAMVID = DATA / "camvid"
_FIRST, _LAST = 50, 101  # frames of `val` that consistency is measured on
_BLOCK, _RESAMPLES = 10, 2000
RECIPES: tuple[Recipe, ...] = ("strict", "etc", "vspw")
_CLASSES = len(CLASSES.names)


class Truth:
    """What masks are held against."""

    @cached_property
    def later(self) -> Path:
        """The last 51 frames of `val` as a data set of their own."""
        folder = RUNS / "camvid-later"
        if not folder.exists():
            for part in ("val", "valannot"):
                (folder / part).mkdir(parents=True)
                for path in sorted((CAMVID / part).glob("*.png"))[_FIRST:_LAST]:
                    shutil.copy(path, folder / part)
        return folder

    @cached_property
    def test(self) -> list[torch.Tensor]:
        """The labels of `test`; −1 is void."""
        clips = camvid(CAMVID, "test").clips
        return [CLASSES.of_truth(read_labels(path)) for clip in clips for path in clip.truth]

    @cached_property
    def later_labels(self) -> list[torch.Tensor]:
        """The labels of `later`; −1 is void."""
        return [
            CLASSES.of_truth(read_labels(path)) for path in sorted((self.later / "valannot").glob("*.png"))
        ]

    @cached_property
    def flows(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """From each frame of `later` to the one before, and back."""
        frames = [
            torch.from_numpy(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)).permute(2, 0, 1)
            for path in sorted((self.later / "val").glob("*.png"))
        ]
        return [(DIS()(b, a), DIS()(a, b)) for a, b in pairwise(frames)]


def read_labels(path: Path) -> torch.Tensor:
    return torch.from_numpy(cv2.imread(str(path), cv2.IMREAD_UNCHANGED).astype(np.int32))


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Of one run: agreement with the truth by picture, and between frames by pair and recipe."""

    accuracy: Sequence[Agreement]
    accuracy_later: Sequence[Agreement]
    consistency: dict[Recipe, Sequence[Agreement]]


def counts_of(test: Sequence[torch.Tensor] | None, later: Sequence[torch.Tensor], truth: Truth) -> Counts:
    """Count what the measures are made of.

    Args:
        test: labels of `test`, in order; None: not looked at.
        later: labels of the later frames of `val`.
        truth: what they are held against.
    """
    return Counts(
        accuracy=[] if test is None else _right(truth.test, test),
        accuracy_later=_right(truth.later_labels, later),
        consistency={recipe: _consistency(later, truth, recipe) for recipe in RECIPES},
    )


def _right(truth: Sequence[torch.Tensor], labels: Sequence[torch.Tensor]) -> list[Agreement]:
    return [agreement(one, other, classes=_CLASSES) for one, other in zip(truth, labels, strict=True)]


def _consistency(labels: list[torch.Tensor], truth: Truth, recipe: Recipe) -> list[Agreement]:
    found = []
    for at, (back, forth) in enumerate(truth.flows):
        before, after = labels[at], labels[at + 1]
        visible = visibility(back[None], forth[None])[0] if recipe == "strict" else None
        # The published scripts bring the next frame onto the current one.
        pair = (after, before, back) if recipe == "strict" else (before, after, forth)
        found.append(temporal_consistency_sums(*pair, classes=_CLASSES, visible=visible, recipe=recipe))
    return found


def _sum(parts: Sequence[Agreement]) -> Agreement:
    return Agreement(
        pixels=torch.stack([each.pixels for each in parts]).sum(0),
        lost=torch.stack([each.lost for each in parts]).sum(0),
        gained=torch.stack([each.gained for each in parts]).sum(0),
    )


def measures(counts: Counts) -> dict[str, float]:
    """The numbers of a run."""
    found = {"mean_iou_later": mean_iou(_sum(counts.accuracy_later))}
    if counts.accuracy:
        right = _sum(counts.accuracy)
        found |= {"mean_iou": mean_iou(right), "pixel_accuracy": pixel_accuracy(right)}
    for recipe, parts in counts.consistency.items():
        key = "temporal_consistency" + ("" if recipe == "strict" else f"_{recipe}")
        found[key] = temporal_consistency(_sum(parts), recipe=recipe)
    return found


def interval(
    row: Sequence[Counts], before: Sequence[Counts], measure: Callable[[Counts], float], *, blocks: bool
) -> dict[str, Any]:
    """The difference of two rows, the mean over seeds, with a paired bootstrap interval.

    Args:
        row: by seed.
        before: by seed.
        measure: of counts drawn anew.
        blocks: draw blocks of ten pairs of frames in place of pictures.
    """
    random = np.random.default_rng(0)
    pairs = len(row[0].consistency["strict"])
    pictures = len(row[0].accuracy)
    drawn = []
    for _ in range(_RESAMPLES):
        if blocks:
            starts = random.integers(pairs - _BLOCK + 1, size=-(-pairs // _BLOCK))
            at = (starts[:, None] + np.arange(_BLOCK)).ravel()[:pairs]
        else:
            at = random.integers(pictures, size=pictures)
        drawn.append(
            np.mean([measure(_at(each, at, blocks)) for each in row])
            - np.mean([measure(_at(each, at, blocks)) for each in before])
        )
    low, high = np.quantile(drawn, (0.025, 0.975))
    mean = np.mean([measure(each) for each in row]) - np.mean([measure(each) for each in before])
    return {"mean": float(mean), "interval": [float(low), float(high)]}


def _at(counts: Counts, at: np.ndarray, blocks: bool) -> Counts:
    if not blocks:
        return replace(counts, accuracy=[counts.accuracy[each] for each in at])
    drawn = {key: [parts[each] for each in at] for key, parts in counts.consistency.items()}
    return replace(counts, accuracy_later=[counts.accuracy_later[each] for each in at], consistency=drawn)


def consistency_of_classes(seeds: Sequence[Counts]) -> list[float | None]:
    each = np.array(
        [temporal_consistency_of_classes(_sum(one.consistency["strict"])).numpy() for one in seeds]
    )
    return [None if np.isnan(value) else float(value) for value in each.mean(0)]
