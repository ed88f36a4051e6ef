"""Does inconsistency depend on how large objects are, under each normalizer? After figure 4 of Azulay et al.

python -m benchmarks.quality.normalizers [--clips dog …]

A point is an object of a clip: of the truth (one in each clip), and of the masks of OSVOS. Results are
written to benchmarks/results/normalizers.json after each clip; `python -m benchmarks.tables DOC…` draws them.
"""

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from benchmarks.inputs import CLIPS, DAVIS
from benchmarks.provenance import provenance, read_result, write_result
from benchmarks.quality.worth import RESAMPLES, SEED, spearman

from steadymask import Reading, score
from steadymask.io.mask_frame import labels_of

RESULT = "normalizers"
NORMALIZERS = ("inconsistency_none", "inconsistency_area", "inconsistency")
KINDS = ("truth", "osvos")

Point = dict[str, Any]


def points_of(clip: str) -> list[Point]:
    """Score a clip; a point for each object that has a value."""
    frames, masks, truth = (DAVIS / kind / clip for kind in ("frames", "osvos", "truth"))
    with tempfile.TemporaryDirectory() as folder:
        scores = score(frames, masks, truth=truth, out=Path(folder) / "scores", workers=1).scores
    found = []
    for kind, objects in (("osvos", scores["objects"]), ("truth", scores["truth"]["objects"])):
        sizes = root_areas(DAVIS / kind / clip)
        found += [
            {"clip": clip, "masks": kind, "object": id, "root_area": round(sizes[id], 3)}
            | {key: round(each[key], 6) for key in NORMALIZERS}
            for id, each in objects.items()
            if id in sizes and all(each.get(key) is not None for key in NORMALIZERS)
        ]
    return found


def root_areas(masks: Path) -> dict[str, float]:
    """The root of each object's median area over the frames that show it, in pixels."""
    areas: dict[str, list[int]] = {}
    for frame in Reading().masks(masks).frames():
        for id, count in enumerate(labels_of(frame).clamp(min=0).flatten().bincount().tolist()):
            if id and count:
                areas.setdefault(str(id), []).append(count)
    return {id: median(each) ** 0.5 for id, each in areas.items()}


def correlations(points: Sequence[Point]) -> dict[str, Any]:
    """Spearman's ρ of each normalizer's value with the root of the area, and its interval over clips."""
    return {
        kind: {
            key: _with_interval([each for each in points if each["masks"] == kind], key)
            for key in NORMALIZERS
        }
        for kind in KINDS
    }


def _with_interval(points: Sequence[Point], key: str) -> dict[str, Any]:
    by_clip: dict[str, list[Point]] = {}
    for each in points:
        by_clip.setdefault(each["clip"], []).append(each)
    clips = list(by_clip.values())
    picks = np.random.default_rng(SEED).integers(len(clips), size=(RESAMPLES, len(clips)))
    values = [_rho([each for number in pick for each in clips[number]], key) for pick in picks]
    low, high = np.percentile(values, (2.5, 97.5))
    return {
        "objects": len(points),
        "rho": round(_rho(points, key), 4),
        "interval": [round(float(low), 4), round(float(high), 4)],
    }


def _rho(points: Sequence[Mapping[str, Any]], key: str) -> float:
    return spearman([each[key] for each in points], [each["root_area"] for each in points])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", nargs="+", choices=CLIPS, default=list(CLIPS))
    torch.set_num_threads(1)
    made, points = provenance(), read_result(RESULT).get("points", [])
    runs = read_result(RESULT).get("made", [])
    for clip in parser.parse_args().clips:
        points = [each for each in points if each["clip"] != clip] + points_of(clip)
        points.sort(key=lambda each: (each["clip"], each["masks"], each["object"]))
        content = {
            "about": "Inconsistency of objects against their size, under each normalizer",
            "settings": {"flow": "OpenCV DIS medium, full resolution", "seed": SEED, "resamples": RESAMPLES},
            "made": [*runs, made],
            "correlations": correlations(points),
            "points": points,
        }
        write_result(RESULT, content)
        print(f"{clip}: {len([each for each in points if each['clip'] == clip])} objects", flush=True)


if __name__ == "__main__":
    main()
