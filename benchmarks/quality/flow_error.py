"""How far estimated flow is from the exact one, and what it takes.

python -m benchmarks.quality.flow_error

Synthetic sequences of the first frames of six DAVIS clips, by severity, and two drawn ponds with objects that
hide each other. The settings of Lucas-Kanade were chosen on the other four clips and on other ponds. Only
pixels that are visible in the other frame count. Results are written to benchmarks/results/flow_error.json.
"""

import time
from collections.abc import Iterator
from itertools import pairwise
from statistics import median
from typing import Any

import torch
from benchmarks.inputs import CLIPS, DAVIS
from benchmarks.provenance import provenance, write_result
from jaxtyping import Bool
from torch import Tensor

from steadymask.arrays import FlowEstimator, Picture, PictureFlow
from steadymask.data.rendered import render_world
from steadymask.data.synthetic import Synthesis, synthesize_sequence
from steadymask.flow.dis import DIS, one_thread
from steadymask.flow.lucas_kanade import LucasKanade
from steadymask.io.video import open_video

ESTIMATORS: dict[str, FlowEstimator] = {
    "dis_medium": DIS(),
    "dis_fast": DIS(preset="fast"),
    "dis_half": DIS(scale=0.5),
    "lucas_kanade": LucasKanade(),
    "lucas_kanade_3_iterations": LucasKanade(iterations=3),
}
CHOSEN_ON = ("breakdance", "camel", "dog", "libby")
PONDS = (2, 3)
FRAMES = 4  # of each synthetic sequence
SIZE = (480, 854)

Pair = tuple[Picture, Picture, PictureFlow, Bool[Tensor, "h w"]]


def synthetic_pairs(severity: int) -> Iterator[Pair]:
    """Consecutive frames of sequences made of stills, their exact flow and its visibility."""
    for clip in (clip for clip in CLIPS if clip not in CHOSEN_ON):
        still = next(iter(open_video(DAVIS / "frames" / clip).frames())).picture
        labels = torch.zeros(still.shape[1:], dtype=torch.int32)
        settings = Synthesis(frames=FRAMES)
        frames = synthesize_sequence(still, labels, severity=severity, settings=settings, scene=clip)
        for before, after in pairwise(frames):
            if after.motion is not None:
                motion = after.motion
                yield before.picture, after.picture, motion.flow_forward, motion.visible_forward


def pond_pairs() -> Iterator[Pair]:
    """Every sixth pair of consecutive frames of the ponds."""
    for seed in PONDS:
        frames = pairwise(render_world(size=SIZE, frames=50, seed=seed))
        for n, (before, after) in enumerate(frames):
            if n % 6 == 0:
                yield before.picture, after.picture, before.flow_next, before.visible_next


def errors_of(pairs: Iterator[Pair]) -> dict[str, Any]:
    """By estimator: the end-point error in pixels, and the processor's ms a pair; medians over pairs."""
    found: dict[str, dict[str, list[float]]] = {
        name: {"median": [], "mean": [], "ninety_fifth": [], "cpu_ms": []} for name in ESTIMATORS
    }
    moved = []
    for before, after, flow, visible in pairs:
        moved.append(float(flow.square().sum(0).sqrt()[visible].median()))
        for name, estimator in ESTIMATORS.items():
            start = time.process_time()
            estimated = estimator(before, after)
            spent = 1000 * (time.process_time() - start)
            error = (estimated - flow).square().sum(0).sqrt()[visible]
            values = error.median(), error.mean(), error.quantile(0.95), spent
            for each, value in zip(found[name].values(), values, strict=True):
                each.append(float(value))
    return {
        "pairs": len(moved),
        "motion": round(median(moved), 3),
        "estimators": {
            name: {key: round(median(each), 4) for key, each in lists.items()}
            for name, lists in found.items()
        },
    }


def main() -> None:
    torch.set_num_threads(1)
    with one_thread():
        found = {f"severity_{n}": errors_of(synthetic_pairs(n)) for n in range(1, 7)}
        found["ponds"] = errors_of(pond_pairs())
    settings = {
        "estimators": {name: repr(each) for name, each in ESTIMATORS.items()},
        "clips": [clip for clip in CLIPS if clip not in CHOSEN_ON],
        "size": SIZE,
        "frames": FRAMES,
        "pond_seeds": PONDS,
        "threads": 1,
        "seed": Synthesis().seed,
    }
    about = "End-point error of estimated flow on exact flow, in pixels, over visible pixels"
    write_result(
        "flow_error", {"about": about, "settings": settings, "made": [provenance()], "scenes": found}
    )


if __name__ == "__main__":
    main()
