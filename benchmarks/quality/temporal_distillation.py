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
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from benchmarks.inputs import DATA
from benchmarks.provenance import provenance, write_result
from benchmarks.quality.camvid_counts import (
    CAMVID,
    Counts,
    Truth,
    consistency_of_classes,
    counts_of,
    interval,
    measures,
    read_labels,
)
from benchmarks.quality.training_runs import RUNS, Run, train_all

from steadymask import Reading, evaluate, segment, stabilize
from steadymask.data.camvid import CLASSES

_WEIGHTS = DATA / "weights" / "espnetv2"
_STUDENT = str(_WEIGHTS / "espnetv2_s_1.0_city_512x256.pth")
_TEACHER = str(_WEIGHTS / "espnetv2_s_2.0_city_1024x512.pth")
_RECIPES_FILE = "benchmarks/quality/camvid_rows.py"


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


STEADIED = ("baseline", "PF+MF+TL+PL")
"""Rows whose masks are filtered too."""
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
        str(CAMVID),
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


def masks_of(run: Run, truth: Truth) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """The labels of `test` and of `later`, in order."""
    found = []
    for part, frames in (("test", CAMVID / "test"), ("later", truth.later / "val")):
        place = RUNS / f"masks-camvid-{part}" / run.name
        if not place.exists():
            segment(frames, place, model=str(run.weights), format="grey", batch=1)
        found.append([read_labels(path) for path in sorted(place.glob("*.png"))])
    return found[0], found[1]


def steadied(name: str, truth: Truth) -> Counts:
    """The masks of a run after `stabilize`, on the later frames of `val`."""
    place = RUNS / "masks-camvid-later" / f"{name}-stabilized"
    if not place.exists():
        labels = Reading(read_as="labels")
        stabilize(truth.later / "val", RUNS / "masks-camvid-later" / name, place, reading=labels)
    later = [read_labels(path) for path in sorted(place.glob("*.png"))]
    return counts_of(None, later, truth)


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
    counts = {run.name: counts_of(*masks_of(run, truth), truth) for run in there}
    for row in STEADIED:
        name = run_of(row, 0).name
        if name in counts:
            counts[f"{name}-stabilized"] = steadied(name, truth)
    beside = others([*counts], truth)
    write_result("temporal_distillation", _content(counts, beside))


def _content(counts: dict[str, Counts], beside: dict[str, dict[str, float]]) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    for name, row in ROWS.items():
        names = [run_of(name, seed).name for seed in range(row.seeds)]
        before = [] if row.before is None else [run_of(row.before, seed).name for seed in range(row.seeds)]
        rows[name] = _row(names, before, counts, beside) | {"table": row.table, "recipe": row.recipe}
    alone = [run_of(name, 0).name for name in STEADIED]
    for name, run in zip(STEADIED, alone, strict=True):
        title = f"{name}, then stabilize"
        rows[title] = _row([f"{run}-stabilized"], alone[:1], counts, beside) | {"table": "stabilized"}
        rows[f"{name}, seed 0"] = _row([run], alone[:1], counts, beside) | {"table": "stabilized"}
    rows = {name: row for name, row in rows.items() if "mean" in row}
    return {
        "provenance": provenance(),
        "budget": {"steps": 300, "pictures": 4, "pairs": 2, "size": [240, 320]},
        "classes": list(CLASSES.names),
        "rows": rows,
    }


def _row(
    names: Sequence[str],
    before: Sequence[str],
    counts: dict[str, Counts],
    beside: dict[str, dict[str, float]],
) -> dict[str, Any]:
    """A row of as many seeds as are there."""
    names = [each for each in names if each in counts]
    if not names:
        return {}
    ours = [counts[each] for each in names]
    theirs = [counts[each] for each in before if each in counts][: len(ours)]
    seeds = [measures(counts[each]) | beside[each] for each in names]
    return {
        "seeds": len(seeds),
        "mean": {key: float(np.mean([each[key] for each in seeds])) for key in seeds[0]},
        "each_seed": seeds,
        "difference": _differences(ours, theirs) if theirs and theirs != ours else None,
        "consistency_of_classes": consistency_of_classes(ours),
    }


def _differences(ours: Sequence[Counts], before: Sequence[Counts]) -> dict[str, Any]:
    found = {}
    for key in measures(ours[0]):
        blocks = key.startswith("temporal") or key == "mean_iou_later"
        found[key] = interval(ours, before, lambda each, key=key: measures(each)[key], blocks=blocks)
    return found


if __name__ == "__main__":
    main()
