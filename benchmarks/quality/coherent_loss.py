"""Does the coherent loss make ESPNetV2 steadier on clips it never saw, and at what cost?

python -m benchmarks.quality.coherent_loss [--train] [--rows continued coherent …]

All rows start from one network, ESPNetV2 (s = 1, PASCAL VOC) after 400 supervised steps on the 30 training
clips of DAVIS at 240 x 427, and train for 300 steps more: of four labeled pictures, and for the coherent loss
and its parts of two pairs of frames beside them. They are tested on the ten clips at hand of DAVIS's
validation set: predicted at 240 x 427, probabilities enlarged to 854 x 480. The stability rate is that of
synthetic sequences made of the first frames of these clips at 240 x 427.

`--train` trains what is not trained yet, two runs at once, each on one thread; weights and masks lie under
`STEADYMASK_RUNS`. Writes benchmarks/results/coherent_loss.json.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from benchmarks.inputs import CLIPS, DATA, DAVIS
from benchmarks.provenance import provenance, write_result
from benchmarks.quality.paired import difference, mean_of_seeds, means
from benchmarks.quality.training_runs import RUNS, Run, train_all
from PIL import Image

from steadymask import Reading, evaluate, segment, stabilize, synthesize

_TRAINING = str(DATA / "davis-train-240p")
_PASCAL = str(DATA / "weights" / "espnetv2" / "espnetv2_s_1.0_pascal_256x256.pth")
_SIZE = (240, 427)
_STEADIED = ("continued", "coherent")
ROWS = {
    "continued": "supervised only",
    "coherent": "coherent loss",
    "boundary": "boundary coherency",
    "global": "global coherency",
    "transform-invariance": "transform invariance",
}
SEEDS = {"continued": 3, "coherent": 3}
"""How many seeds a row has, where it has more than one."""
MEASURES = ("mean_iou", "jaccard", "boundary_f", "inconsistency", "temporal_consistency")
RATES = ("stability_rate_global", "stability_rate_local", "jaccard")

START = Run(name="davis-start", arguments=("espnetv2-davis", "--data", _TRAINING, "--weights", _PASCAL))
"""Supervised to convergence; all rows go on from here."""


def run_of(loss: str, seed: int) -> Run:
    """One row's training with one seed."""
    arguments = (f"espnetv2-davis-{loss}", "--data", _TRAINING, "--weights", str(START.weights))
    return Run(name=f"davis-{loss}-{seed}", arguments=(*arguments, "--seed", str(seed)), after=(START,))


def runs() -> list[Run]:
    """All training, what matters most first."""
    return [START, *(run_of(loss, seed) for seed in range(3) for loss in ROWS if seed < SEEDS.get(loss, 1))]


def synthetic() -> Path:
    """Sequences of the first frame of each clip."""
    folder = RUNS / "davis-synthetic"
    if not folder.exists():
        for clip in CLIPS:
            picture = Image.open(DAVIS / "frames" / clip / "00000.jpg").resize(
                _SIZE[::-1], Image.Resampling.BOX
            )
            mask = Image.open(DAVIS / "truth" / clip / "00000.png").resize(
                _SIZE[::-1], Image.Resampling.NEAREST
            )
            for kind, each in (("pictures", picture), ("masks", mask)):
                (RUNS / "davis-first" / kind).mkdir(parents=True, exist_ok=True)
                each.save(RUNS / "davis-first" / kind / f"{clip}.png")
        synthesize(RUNS / "davis-first" / "pictures", RUNS / "davis-first" / "masks", folder)
    return folder


def masks_of(run: Run) -> None:
    """Segment the clips, softly and then with a threshold, and the synthetic sequences."""
    soft, hard = RUNS / "masks-soft" / run.name, RUNS / "masks" / run.name
    if not hard.exists():
        segment(
            DAVIS / "frames",
            soft,
            model=str(run.weights),
            size=_SIZE,
            format="probability8",
            overwrite=soft.exists(),
        )
        for path in soft.glob("*/*.png"):
            place = hard.with_name(f".{run.name}") / path.relative_to(soft)
            place.parent.mkdir(parents=True, exist_ok=True)
            probability = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
            cv2.imwrite(str(place), np.where(probability > 127, 255, 0).astype(np.uint8))
        hard.with_name(f".{run.name}").rename(hard)
    for frames in sorted(synthetic().glob("*/*/frames")):
        place = RUNS / "synthetic-masks" / run.name / frames.parent.relative_to(synthetic())
        if not place.exists():
            segment(frames, place, model=str(run.weights), format="binary")


def scores(names: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """By run, then by clip: what `evaluate` finds on the clips, and on the synthetic sequences."""
    sets = tuple(RUNS / "masks" / name for name in names)
    place = RUNS / "evaluations"
    measures = ("accuracy", "stability")
    evaluate(DAVIS, sets, measures=measures, out=place / "davis", overwrite=(place / "davis").exists())
    soft = tuple(RUNS / "masks-soft" / name for name in names if (RUNS / "masks-soft" / name).exists())
    evaluate(
        DAVIS,
        soft,
        measures=("accuracy",),
        out=place / "soft",
        reading=Reading(read_as="probability"),
        overwrite=(place / "soft").exists(),
    )
    rates = tuple(RUNS / "synthetic-masks" / each.name for each in soft)
    evaluate(synthetic(), rates, out=place / "synthetic", overwrite=(place / "synthetic").exists())
    davis, errors = _clips(place / "davis", MEASURES), _clips(place / "soft", ("mean_absolute_error",))
    for name, clips in errors.items():
        for clip, found in clips.items():
            davis[name][clip] |= found
    return davis, _by_scene(_clips(place / "synthetic", RATES))


def _clips(evaluation: Path, measures: tuple[str, ...]) -> dict[str, Any]:
    found = json.loads((evaluation / "evaluation.json").read_text())["predictions"]
    return {
        name: {
            clip: {measure: each["overall"][measure] for measure in measures}
            for clip, each in content["clips"].items()
        }
        for name, content in found.items()
    }


def _by_scene(found: dict[str, Any]) -> dict[str, Any]:
    """The mean over a scene's severities."""
    grouped: dict[str, Any] = {}
    for name, sequences in found.items():
        for sequence, values in sequences.items():
            grouped.setdefault(name, {}).setdefault(sequence.split("/")[0], []).append(values)
    return {
        name: {scene: means(dict(enumerate(each))) for scene, each in scenes.items()}
        for name, scenes in grouped.items()
    }


def main() -> None:
    """Train, segment, score, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--train", action="store_true", help="train what is not trained yet")
    arguments = parser.parse_args()
    if arguments.train:
        train_all(runs())
    there = [run for run in runs() if run.weights.exists()]
    for run in there:
        masks_of(run)
    steadied = []
    for loss in _STEADIED:
        name = f"davis-{loss}-0"
        place = RUNS / "masks" / f"{name}-stabilized"
        if not place.exists():
            stabilize(DAVIS / "frames", RUNS / "masks" / name, place)
        steadied.append(place.name)
    davis, rates = scores([*(run.name for run in there), *steadied])
    write_result("coherent_loss", _content(there, davis, rates))


def _content(there: list[Run], davis: dict[str, Any], rates: dict[str, Any]) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    of = {loss: [run_of(loss, seed).name for seed in range(SEEDS.get(loss, 1))] for loss in ROWS}
    of = (
        {"start": [START.name]}
        | of
        | {f"{loss}-stabilized": [f"davis-{loss}-0-stabilized"] for loss in _STEADIED}
    )
    known = {run.name for run in there}
    pooled: dict[str, dict[str, Any]] = {"davis": {}, "synthetic": {}}
    for row, names in of.items():
        for kind, found in (("davis", davis), ("synthetic", rates)):
            seeds = [found[name] for name in names if name in found]
            if seeds:
                pooled[kind][row] = mean_of_seeds(seeds)
        rows[row] = {
            "about": ROWS.get(row, row),
            "seeds": sum(name in davis for name in names),
            "each_seed": {name: means(davis[name]) | _rates(rates, name) for name in names if name in davis},
            "minutes": [_minutes(name) for name in names if name in known],
        }
    for kind, found in pooled.items():
        for row, values in found.items():
            rows[row][kind] = means(values)
            seed_0 = davis if kind == "davis" else rates
            before = seed_0["davis-continued-0"] if row.endswith("-stabilized") else found["continued"]
            rows[row][f"{kind}_difference"] = difference(values, before)
    return {
        "provenance": provenance(),
        "start": {"steps": 400, "pictures": 8},
        "budget": {"steps": 300, "pictures": 4, "pairs": 2, "size": [192, 336]},
        "rows": rows,
        "clips": pooled["davis"],
        "scenes": pooled["synthetic"],
    }


def _rates(rates: dict[str, Any], name: str) -> dict[str, float]:
    if name not in rates:
        return {}
    return {key: value for key, value in means(rates[name]).items() if key != "jaccard"}


def _minutes(name: str) -> float:
    """From the log: what a step took is not in it; from the file that says what came out."""
    text = (RUNS / name).with_suffix(".txt").read_text()
    found = [
        float(part.split()[0]) for line in text.splitlines() for part in line.split(", ") if "minutes" in part
    ]
    return round(sum(found), 1)


if __name__ == "__main__":
    main()
