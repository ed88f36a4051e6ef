"""Do two measures of steadiness agree, and what do they cost? Temporal stability beside temporal consistency.

python -m benchmarks.quality.two_measures [--workers 2]

Table IV of Liu et al. (2020), who find T slow where there are many classes. Masks as they came, filtered by
the default, and the truth; J of the objects or mean IoU of the classes beside them. Times are those of one
core's own work a pair of frames; consistency also needs the flow both ways, which all masks share. Writes
benchmarks/results/two_measures.json.
"""

import argparse
import math
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from statistics import mean
from typing import Any

import torch
from benchmarks.inputs import INPUTS
from benchmarks.provenance import provenance, write_result
from jaxtyping import Int
from torch import Tensor

from steadymask import stabilize
from steadymask.arrays import PictureFlow
from steadymask.data.objects import objects_of
from steadymask.flow.dis import DIS, one_thread
from steadymask.io.mask_frame import labels_of
from steadymask.io.video import open_video
from steadymask.metrics.temporal_consistency import temporal_consistency, temporal_consistency_sums
from steadymask.metrics.temporal_stability import (
    TemporalStabilityStream,
    TemporalStabilitySums,
    temporal_stability,
)
from steadymask.tasks.accuracy import Accuracy
from steadymask.warp import visibility

NAMES = ("osvos", "rvos", "camvid")
"""Of the inputs."""
ROWS = ("input", "motion", "truth")

Labels = list[Int[Tensor, "h w"]]
Flows = tuple[PictureFlow, PictureFlow]


class Clock:
    """The processor's time that each kind of work has taken so far."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def __call__(self, work: str) -> Iterator[None]:
        """Add the time of what is done meanwhile."""
        started = time.thread_time()
        yield
        self.seconds[work] += time.thread_time() - started


def measure_clip(name: str, clip: str) -> dict[str, Any]:
    """Both measures of all rows of a clip; called in a process of its own."""
    torch.set_num_threads(1)
    of = INPUTS[name]
    video, masks, truth = of.paths(clip)
    with tempfile.TemporaryDirectory() as folder, one_thread():
        filtered = Path(folder) / "motion"
        stabilize(video, masks, filtered, reading=of.reading, workers=1)
        opened = {
            row: of.reading.beside(path) for row, path in zip(ROWS, (masks, filtered, truth), strict=True)
        }
        objects = objects_of([opened["input"], opened["truth"]])
        labels: dict[str, Labels] = {
            row: [objects.to_classes(labels_of(each)).int() for each in frames.frames()]
            for row, frames in opened.items()
        }
        clock = Clock()
        flows = _flows(video, of.reading.fps, clock)
        found = {
            row: _measured(each, labels["truth"], flows, objects.classes, clock)
            for row, each in labels.items()
        }
    pairs = len(flows)
    return {
        "pairs": pairs,
        "rows": found,
        "flow_ms_a_pair": round(1000 * clock.seconds.pop("flow") / pairs, 2),
        "ms_a_pair": {
            work: round(1000 * seconds / (pairs * len(ROWS)), 2) for work, seconds in clock.seconds.items()
        },
    }


def _flows(video: Path, fps: float | None, clock: Clock) -> list[Flows]:
    """Between consecutive frames, there and back."""
    pictures, flow, flows = [each.picture for each in open_video(video, fps=fps).frames()], DIS(), []
    for before, after in pairwise(pictures):
        with clock("flow"):
            flows.append((flow(before, after), flow(after, before)))
    return flows


def _measured(
    labels: Labels, truth: Labels, flows: Sequence[Flows], classes: int, clock: Clock
) -> dict[str, float]:
    """Both measures of one set of masks, and its accuracy."""
    accuracy = Accuracy(classes=classes, objects=range(1, classes))
    for index, pair in enumerate(zip(labels, truth, strict=True)):
        accuracy.frame(index, *pair)
    agreements = []
    for (before, after), (there, back) in zip(pairwise(labels), flows, strict=True):
        with clock("temporal_consistency"):
            visible = visibility(back[None], there[None])[0]
            agreements.append(
                temporal_consistency_sums(after, before, back, classes=classes, visible=visible)
            )
    background = int(classes > 2)  # of several classes the first is one like the others
    stream = TemporalStabilityStream(classes=classes + background)
    stable = TemporalStabilitySums(total=0.0, pairs=0)
    for each in labels:
        with clock("temporal_stability"):
            stable += stream.push(each + background)
    return {
        "accuracy": accuracy.overall()["jaccard" if classes == 2 else "mean_iou"],
        "temporal_stability": temporal_stability(stable),
        "temporal_consistency": temporal_consistency(sum(agreements[1:], start=agreements[0])),
    }


def run(name: str, *, workers: int) -> dict[str, Any]:
    """All clips of an input: means over clips, and the times of a median clip."""
    clips = INPUTS[name].clips
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        found = dict(zip(clips, pool.map(measure_clip, [name] * len(clips), clips), strict=True))
    overall = {
        row: {
            key: round(mean(each["rows"][row][key] for each in found.values()), 6)
            for key in ("accuracy", "temporal_stability", "temporal_consistency")
        }
        for row in ROWS
    }
    assert not any(math.isnan(value) for row in overall.values() for value in row.values())
    return {"about": INPUTS[name].about, "overall": overall, "clips": found}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workers", type=int, default=2, help="processes, one for each clip")
    arguments = parser.parse_args()
    content = {
        "about": "Temporal stability beside temporal consistency",
        "settings": {"flow": "OpenCV DIS medium, full resolution; consecutive frames", "cores": 1},
        "made": [provenance()],
        "inputs": {name: run(name, workers=arguments.workers) for name in NAMES},
    }
    write_result("two_measures", content)


if __name__ == "__main__":
    main()
