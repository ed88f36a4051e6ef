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
import shutil
from collections.abc import Mapping
from math import prod
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
from steadymask.recipes.start import open_weights

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
ONLINE = {"online": "continued", "online-coherent": "coherent"}
"""Rows that are fitted to each clip by its first frame, and the rows they start from."""
_BEFORE = {"online-coherent": "davis-online", "coherent-stabilized": "davis-continued-0-stabilized"}
"""What rows of one seed are compared with, if not the supervised one of that seed."""
MEASURES = ("mean_iou", "jaccard", "boundary_f", "inconsistency", "temporal_consistency")
RATES = ("stability_rate_global", "stability_rate_local", "jaccard")

START = Run(name="davis-start", arguments=("espnetv2-davis", "--data", _TRAINING, "--weights", _PASCAL))
"""Supervised to convergence; all rows go on from here."""


def run_of(loss: str, seed: int) -> Run:
    """One row's training with one seed."""
    arguments = (f"espnetv2-davis-{loss}", "--data", _TRAINING, "--weights", str(START.weights))
    return Run(name=f"davis-{loss}-{seed}", arguments=(*arguments, "--seed", str(seed)), after=(START,))


def runs() -> list[Run]:
    """The training of all rows but those that are fitted, what matters most first."""
    return [START, *(run_of(loss, seed) for seed in range(3) for loss in ROWS if seed < SEEDS.get(loss, 1))]


def fitted(row: str, clip: str) -> Run:
    """The row's fitting to one clip, by its first frame."""
    loss = ONLINE[row]
    before = run_of(loss, 0)
    folder = RUNS / "davis-dev-240p"
    arguments = (f"espnetv2-davis-{loss}", "--data", str(folder / "frames" / clip))
    arguments += ("--online", str(folder / "first" / f"{clip}.png"), "--weights", str(before.weights))
    return Run(name=f"davis-{row}/{clip}", arguments=arguments, after=(before,))


def small() -> Path:
    """The clips at 240 x 427, as they are predicted: `frames`, and the first frame's mask in `first`."""
    folder = RUNS / "davis-dev-240p"
    for clip in CLIPS:
        place = folder / "frames" / clip
        if place.exists():
            continue
        unfinished = place.with_name(f".{clip}")
        (folder / "first").mkdir(parents=True, exist_ok=True)
        unfinished.mkdir(parents=True, exist_ok=True)
        for path in sorted((DAVIS / "frames" / clip).glob("*.jpg")):
            Image.open(path).resize(_SIZE[::-1], Image.Resampling.BOX).save(unfinished / f"{path.stem}.png")
        mask = Image.open(DAVIS / "truth" / clip / "00000.png").resize(_SIZE[::-1], Image.Resampling.NEAREST)
        mask.save(folder / "first" / f"{clip}.png")
        unfinished.rename(place)
    return folder


def synthetic() -> Path:
    """Sequences of the first frame of each clip."""
    folder, first = RUNS / "davis-synthetic", RUNS / "davis-first-frames"
    if not folder.exists():
        first.mkdir(exist_ok=True)
        for clip in CLIPS:
            shutil.copy(small() / "frames" / clip / "00000.png", first / f"{clip}.png")
        synthesize(first, small() / "first", folder)
    return folder


def masks_of(name: str, weights: Mapping[str, Path]) -> None:
    """Segment the clips, each with its weights, softly and then with a threshold."""
    soft, hard = RUNS / "masks-soft" / name, RUNS / "masks" / name
    if hard.exists():
        return
    for clip, each in weights.items():
        segment(
            DAVIS / "frames" / clip,
            soft / clip,
            model=str(each),
            size=_SIZE,
            format="probability8",
            overwrite=(soft / clip).exists(),
        )
    unfinished = hard.with_name(f".{name}")
    for path in soft.glob("*/*.png"):
        place = unfinished / path.relative_to(soft)
        place.parent.mkdir(parents=True, exist_ok=True)
        probability = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        cv2.imwrite(str(place), np.where(probability > 127, 255, 0).astype(np.uint8))
    unfinished.rename(hard)


def synthetic_masks_of(name: str, weights: Mapping[str, Path]) -> None:
    """Segment the synthetic sequences, each with the weights of its clip."""
    for frames in sorted(synthetic().glob("*/*/frames")):
        sequence = frames.parent.relative_to(synthetic())
        place = RUNS / "synthetic-masks" / name / sequence
        if not place.exists():
            segment(frames, place, model=str(weights[sequence.parts[0]]), format="binary")


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
        small()
        train_all([*runs(), *(fitted(row, clip) for row in ONLINE for clip in CLIPS)])
    there = {run.name: dict.fromkeys(CLIPS, run.weights) for run in runs() if run.weights.exists()}
    for row in ONLINE:
        weights = {clip: fitted(row, clip).weights for clip in CLIPS}
        if all(each.exists() for each in weights.values()):
            there[f"davis-{row}"] = weights
    for name, weights in there.items():
        masks_of(name, weights)
        synthetic_masks_of(name, weights)
    steadied = []
    for loss in _STEADIED:
        name = f"davis-{loss}-0"
        place = RUNS / "masks" / f"{name}-stabilized"
        if not place.exists():
            stabilize(DAVIS / "frames", RUNS / "masks" / name, place)
        steadied.append(place.name)
    davis, rates = scores([*there, *steadied])
    write_result("coherent_loss", _content([*there], davis, rates))


def _content(there: list[str], davis: dict[str, Any], rates: dict[str, Any]) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    of = {loss: [run_of(loss, seed).name for seed in range(SEEDS.get(loss, 1))] for loss in ROWS}
    of = (
        {"start": [START.name]}
        | of
        | {row: [f"davis-{row}"] for row in ONLINE}
        | {f"{loss}-stabilized": [f"davis-{loss}-0-stabilized"] for loss in _STEADIED}
    )
    pooled: dict[str, dict[str, Any]] = {"davis": {}, "synthetic": {}}
    for row, names in of.items():
        for kind, found in (("davis", davis), ("synthetic", rates)):
            seeds = [found[name] for name in names if name in found]
            if seeds:
                pooled[kind][row] = mean_of_seeds(seeds)
        if not any(name in davis for name in names):
            continue
        rows[row] = {
            "about": ROWS.get(row, row),
            "seeds": sum(name in davis for name in names),
            "each_seed": {name: means(davis[name]) | _rates(rates, name) for name in names if name in davis},
            "minutes": [_minutes(name) for name in names if name in there],
        }
    for kind, found in pooled.items():
        for row, values in found.items():
            rows[row][kind] = means(values)
            seed_0 = davis if kind == "davis" else rates
            before = (
                found["continued"]
                if row in (*ROWS, "start")
                else seed_0[_BEFORE.get(row, "davis-continued-0")]
            )
            rows[row][f"{kind}_difference"] = difference(values, before)
    return {
        "provenance": provenance(),
        "start": {"steps": 400, "pictures": 8},
        "budget": {"steps": 300, "pictures": 4, "pairs": 2, "size": [192, 336]},
        "parameters": _parameters([run_of(loss, 0).name for loss in ROWS], there),
        "rows": rows,
        "clips": pooled["davis"],
        "scenes": pooled["synthetic"],
    }


def _parameters(names: list[str], there: list[str]) -> dict[str, Any]:
    """How many numbers each row's network has, and whether all have the same ones by name and shape."""
    found = {}
    for name in (START.name, *names):
        if name in there:
            network, _ = open_weights(RUNS / name / "weights.safetensors")
            found[name] = {key: tuple(value.shape) for key, value in network.named_parameters()}
    first = found[START.name]
    counts = {name: sum(prod(shape) for shape in shapes.values()) for name, shapes in found.items()}
    return {"counts": counts, "all_the_same": all(shapes == first for shapes in found.values())}


def _rates(rates: dict[str, Any], name: str) -> dict[str, float]:
    if name not in rates:
        return {}
    return {key: value for key, value in means(rates[name]).items() if key != "jaccard"}


def _minutes(name: str) -> float:
    """How long training took, as the command line said at its end."""
    logs = (RUNS / name).glob("*.txt") if (RUNS / name).is_dir() else ()
    log = (RUNS / name).with_suffix(".txt")
    text = "\n".join(each.read_text() for each in (*logs, *((log,) if log.exists() else ())))
    found = [
        float(part.split()[0]) for line in text.splitlines() for part in line.split(", ") if "minutes" in part
    ]
    return round(sum(found), 1)


if __name__ == "__main__":
    main()
