"""What temporal loss, distillation and pseudo labels do for ESPNetV2 on CamVid.

python -m benchmarks.quality.temporal_distillation [--train]

Every row trains for 300 steps from the published weights for Cityscapes: four labeled pictures of `train` a
step, and two pairs of frames of `val` 1 to 50 or, with pseudo labels, two triplets around pseudo-labeled
frames of it. Accuracy is that on `test`; consistency is that on `val` 51 to 101, the same drive a few seconds
later, without its labels: this is adaptation, and says nothing of other drives. The teacher has s = 2.
Intervals are of 95 %: of accuracy by a bootstrap over pictures, of consistency over blocks of ten frames.

`--train` trains what is not trained yet, two runs at once, each on one thread; weights and masks lie under
`STEADYMASK_RUNS`. Writes benchmarks/results/temporal_distillation.json.
"""

import argparse
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from benchmarks.inputs import DATA
from benchmarks.provenance import provenance, write_result
from benchmarks.quality.training_runs import RUNS, Run, train_all

from steadymask import evaluate, segment
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

_CAMVID = DATA / "camvid"
_WEIGHTS = DATA / "weights" / "espnetv2"
_STUDENT = str(_WEIGHTS / "espnetv2_s_1.0_city_512x256.pth")
_TEACHER = str(_WEIGHTS / "espnetv2_s_2.0_city_1024x512.pth")
_RECIPES_FILE = "benchmarks/quality/camvid_rows.py"
_FIRST, _LAST = 50, 101  # frames of `val` that consistency is measured on
_BLOCK, _RESAMPLES = 10, 2000
_RECIPES: tuple[Recipe, ...] = ("strict", "etc", "vspw")
_CLASSES = len(CLASSES.names)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of a table.

    Args:
        recipe: its name in camvid_rows.
        table: of paper 3 that it belongs to.
        seeds: how many.
        teacher: the row that taught it; None: nobody did.
        network: the weights it starts from.
        before: the row it is compared with; None: with none.
    """

    recipe: str
    table: str
    seeds: int = 1
    teacher: str | None = None
    network: str = _STUDENT
    before: str | None = None


_TAUGHT = "teacher+TL"
ROWS = {
    "teacher": Row(recipe="teacher_alone", table="III", network=_TEACHER),
    _TAUGHT: Row(recipe="teacher", table="III", network=_TEACHER, before="teacher"),
    "baseline": Row(recipe="baseline", table="I", seeds=3),
    "PF+MF+TL+PL": Row(recipe="full", table="I", seeds=3, teacher=_TAUGHT, before="baseline"),
    "TL": Row(recipe="TL", table="I", seeds=3, before="baseline"),
    "PL": Row(recipe="PL", table="I", teacher=_TAUGHT, before="baseline"),
    "PF": Row(recipe="PF", table="I", teacher=_TAUGHT, before="baseline"),
    "MF": Row(recipe="MF", table="I", teacher=_TAUGHT, before="baseline"),
    "PF+MF": Row(recipe="PF_MF", table="I", teacher=_TAUGHT, before="baseline"),
    "PF+MF+TL": Row(recipe="PF_MF_TL", table="I", teacher=_TAUGHT, before="baseline"),
    "TL+PL": Row(recipe="TL_PL", table="I", teacher=_TAUGHT, before="baseline"),
    "SF": Row(recipe="SF", table="I", teacher=_TAUGHT, before="baseline"),
    "SF+TL": Row(recipe="SF_TL", table="I", teacher=_TAUGHT, before="baseline"),
    "SF+PF+MF+TL": Row(recipe="SF_PF_MF_TL", table="I", teacher=_TAUGHT, before="baseline"),
    "TL, next frames": Row(recipe="TL_next", table="II", before="TL"),
    "PF+MF, next frames": Row(recipe="PF_MF_next", table="II", teacher=_TAUGHT, before="PF+MF"),
    "PF+MF+TL+PL, next frames": Row(recipe="full_next", table="II", teacher=_TAUGHT, before="PF+MF+TL+PL"),
    "PF of the teacher alone": Row(recipe="PF", table="III", teacher="teacher", before="PF"),
    "teacher, 37 labels": Row(recipe="few_teacher", table="VIII", network=_TEACHER),
    "37 labels": Row(recipe="few", table="VIII", seeds=3),
    "37 labels+PL": Row(
        recipe="few_pl", table="VIII", seeds=3, teacher="teacher, 37 labels", before="37 labels"
    ),
}


def run_of(name: str, seed: int) -> Run:
    """The training of a row with one seed."""
    row = ROWS[name]
    arguments = [
        f"{_RECIPES_FILE}:{row.recipe}",
        "--data",
        str(_CAMVID),
        "--weights",
        row.network,
        "--seed",
        str(seed),
    ]
    after: tuple[Run, ...] = ()
    if row.teacher is not None:
        after = (run_of(row.teacher, 0),)
        arguments += ["--teacher", str(after[0].weights)]
    return Run(
        name=f"camvid-{name.replace(', ', '-').replace(' ', '-')}-{seed}",
        arguments=tuple(arguments),
        after=after,
    )


def runs() -> list[Run]:
    """All training: what others need first, then by seed."""
    return [run_of(name, seed) for seed in range(3) for name, row in ROWS.items() if seed < row.seeds]


class Truth:
    """What masks are held against."""

    @cached_property
    def later(self) -> Path:
        """The last 51 frames of `val` as a data set of their own."""
        folder = RUNS / "camvid-later"
        if not folder.exists():
            for part in ("val", "valannot"):
                (folder / part).mkdir(parents=True)
                for path in sorted((_CAMVID / part).glob("*.png"))[_FIRST:_LAST]:
                    shutil.copy(path, folder / part)
        return folder

    @cached_property
    def test(self) -> list[torch.Tensor]:
        """The labels of `test`; −1 is void."""
        clips = camvid(_CAMVID, "test").clips
        return [CLASSES.of_truth(_read(path)) for clip in clips for path in clip.truth]

    @cached_property
    def flows(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """From each frame of `later` to the one before, and back."""
        frames = [
            torch.from_numpy(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)).permute(2, 0, 1)
            for path in sorted((self.later / "val").glob("*.png"))
        ]
        return [(DIS()(b, a), DIS()(a, b)) for a, b in pairwise(frames)]


def _read(path: Path) -> torch.Tensor:
    return torch.from_numpy(cv2.imread(str(path), cv2.IMREAD_UNCHANGED).astype(np.int32))


def masks_of(run: Run, truth: Truth) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """The labels of `test` and of `later`, in order."""
    found = []
    for part, frames in (("test", _CAMVID / "test"), ("later", truth.later / "val")):
        place = RUNS / f"masks-camvid-{part}" / run.name
        if not place.exists():
            segment(frames, place, model=str(run.weights), format="grey", batch=2)
        found.append([_read(path) for path in sorted(place.glob("*.png"))])
    return found[0], found[1]


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Of one run: agreement with the truth by picture, and between frames by pair and recipe."""

    accuracy: Sequence[Agreement]
    consistency: dict[Recipe, Sequence[Agreement]]


def counts_of(run: Run, truth: Truth) -> Counts:
    """Count what the measures are made of."""
    test, later = masks_of(run, truth)
    right = [agreement(ours, mask, classes=_CLASSES) for ours, mask in zip(truth.test, test, strict=True)]
    return Counts(
        accuracy=right, consistency={recipe: _consistency(later, truth, recipe) for recipe in _RECIPES}
    )


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
    right = _sum(counts.accuracy)
    found = {"mean_iou": mean_iou(right), "pixel_accuracy": pixel_accuracy(right)}
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
        return Counts(accuracy=[counts.accuracy[each] for each in at], consistency=counts.consistency)
    drawn = {key: [parts[each] for each in at] for key, parts in counts.consistency.items()}
    return Counts(accuracy=counts.accuracy, consistency=drawn)


def others(names: Sequence[str], truth: Truth) -> dict[str, dict[str, float]]:
    """T and inconsistency of `later`, by run."""
    place = RUNS / "evaluations" / "camvid"
    # One clip, whose masks lie in a folder without folders.
    sets = tuple(RUNS / "masks-camvid-later" / name for name in names)
    chosen = ("stability", "temporal-stability")
    evaluate(
        truth.later,
        sets,
        protocol="camvid",
        subset="val",
        measures=chosen,
        out=place,
        overwrite=place.exists(),
    )
    found = json.loads((place / "evaluation.json").read_text())["predictions"]
    keys = ("inconsistency", "temporal_stability")
    return {name: {key: each["overall"][key] for key in keys} for name, each in found.items()}


def main() -> None:
    """Train, segment, score, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--train", action="store_true", help="train what is not trained yet")
    if parser.parse_args().train:
        train_all(runs())
    truth = Truth()
    there = [run for run in runs() if run.weights.exists()]
    counts = {run.name: counts_of(run, truth) for run in there}
    beside = others([run.name for run in there], truth)
    write_result("temporal_distillation", _content(counts, beside))


def _content(counts: dict[str, Counts], beside: dict[str, dict[str, float]]) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    for name, row in ROWS.items():
        names = [run_of(name, seed).name for seed in range(row.seeds)]
        names = [each for each in names if each in counts]
        if not names:
            continue
        seeds = [measures(counts[each]) | beside[each] for each in names]
        before = [] if row.before is None else [run_of(row.before, seed).name for seed in range(len(names))]
        before = [counts[each] for each in before if each in counts]
        ours = [counts[each] for each in names]
        rows[name] = {
            "table": row.table,
            "recipe": row.recipe,
            "seeds": len(seeds),
            "mean": {key: float(np.mean([each[key] for each in seeds])) for key in seeds[0]},
            "each_seed": seeds,
            "difference": None if not before else _differences(ours, before),
            "consistency_of_classes": _of_classes(ours),
        }
    return {
        "provenance": provenance(),
        "budget": {"steps": 300, "pictures": 4, "pairs": 2, "size": [240, 320]},
        "classes": list(CLASSES.names),
        "rows": rows,
    }


def _differences(ours: Sequence[Counts], before: Sequence[Counts]) -> dict[str, Any]:
    found = {}
    for key in ("mean_iou", "pixel_accuracy", *_keys()):
        blocks = key.startswith("temporal")
        found[key] = interval(ours, before, lambda each, key=key: measures(each)[key], blocks=blocks)
    return found


def _keys() -> list[str]:
    return ["temporal_consistency" + ("" if recipe == "strict" else f"_{recipe}") for recipe in _RECIPES]


def _of_classes(seeds: Sequence[Counts]) -> list[float | None]:
    each = np.array(
        [temporal_consistency_of_classes(_sum(one.consistency["strict"])).numpy() for one in seeds]
    )
    return [None if np.isnan(value) else float(value) for value in each.mean(0)]


if __name__ == "__main__":
    main()
