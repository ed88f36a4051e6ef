"""How fast are J and F, and `evaluate` from files to files, beside the plain definition?

python -m benchmarks.speed.evaluate [--repeats 7]

Ten DAVIS clips at 854 x 480, 643 frames, the union of OSVOS's objects against the truth, two cores, process
start excluded. The peer is what davis2017-evaluation computes, written plainly from its definition in NumPy
and OpenCV, one frame after the other. Once on arrays that are in memory, once with the reading of the PNGs;
for `evaluate` with everything that it writes. All take turns, so that all see the same load, and both find
the same numbers. Whether the workers of `evaluate` were forked, as on the command line, is told; so is how
the stored time of davis2017-evaluation itself compares (STEADYMASK_REFERENCE; one process, Pillow reads).
Writes benchmarks/results/speed_evaluate.json.
"""

import argparse
import json
import math
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from benchmarks.inputs import CLIPS, DATA, DAVIS
from benchmarks.provenance import provenance, write_result
from benchmarks.speed.timing import in_turn, on_cores
from numpy.typing import NDArray
from PIL import Image

from steadymask.flow.dis import one_thread
from steadymask.metrics.boundary_f import boundary_f_sums
from steadymask.metrics.jaccard import jaccard_sums
from steadymask.tasks.evaluate import evaluate
from steadymask.tasks.forking import can_fork
from steadymask.tasks.torch_threads import torch_in_one_thread

REFERENCE = Path(os.environ.get("STEADYMASK_REFERENCE", DATA.parent / "reference"))

Mask = NDArray[np.bool_]
Scores = NDArray[np.float64]
"""J and F of every frame."""


def plain_jaccard(mask: Mask, truth: Mask) -> float:
    union = (mask | truth).sum()
    return float((mask & truth).sum() / union) if union else 1.0


def plain_contour(mask: Mask) -> Mask:
    """Pixels that differ from the one to the right, below, or both; in the last row and column from one."""
    right, below, both = (np.zeros_like(mask) for _ in range(3))
    right[:, :-1], below[:-1], both[:-1, :-1] = mask[:, 1:], mask[1:], mask[1:, 1:]
    contour: Mask = (mask ^ right) | (mask ^ below) | (mask ^ both)
    contour[-1], contour[:, -1] = mask[-1] ^ right[-1], mask[:, -1] ^ below[:, -1]
    contour[-1, -1] = False
    return contour


def plain_boundary_f(mask: Mask, truth: Mask) -> float:
    radius = math.ceil(0.008 * math.hypot(*mask.shape))
    offsets = np.arange(-radius, radius + 1)
    disk = (offsets**2 + offsets[:, None] ** 2 <= radius**2).astype(np.uint8)
    ours, theirs = plain_contour(mask), plain_contour(truth)
    our_reach, their_reach = (cv2.dilate(each.astype(np.uint8), disk) > 0 for each in (ours, theirs))
    found, wanted = ours.sum(), theirs.sum()
    if not found or not wanted:
        return float(not found and not wanted)
    precision, recall = (ours & their_reach).sum() / found, (theirs & our_reach).sum() / wanted
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def plain_scores(pairs: Iterator[tuple[Mask, Mask]] | list[tuple[Mask, Mask]]) -> Scores:
    return np.array([(plain_jaccard(*pair), plain_boundary_f(*pair)) for pair in pairs])


def our_scores(pairs: list[tuple[torch.Tensor, torch.Tensor]]) -> Scores:
    return np.array(
        [
            (
                float(jaccard_sums(*pair, classes=2).total[0]),
                float(boundary_f_sums(*pair, classes=2).total[0]),
            )
            for pair in pairs
        ]
    )


def read_pairs() -> Iterator[tuple[Mask, Mask]]:
    for clip in CLIPS:
        for path in sorted((DAVIS / "truth" / clip).iterdir()):
            mask = np.array(Image.open(DAVIS / "osvos" / clip / path.name))
            yield mask > 0, np.array(Image.open(path)) > 0


def layout(root: Path) -> Path:
    """The stored clips as DAVIS 2016 lays them out."""
    for place in ("Annotations", "JPEGImages", "ImageSets/2016"):
        (root / place).mkdir(parents=True)
    (root / "Annotations" / "480p").symlink_to(DAVIS / "truth")
    (root / "JPEGImages" / "480p").symlink_to(DAVIS / "frames")
    (root / "ImageSets" / "2016" / "val.txt").write_text("\n".join(CLIPS))
    return root


def beside_the_tool(seconds: float) -> dict[str, Any]:
    """What davis2017-evaluation itself took for the same clips, as stored, and how it compares."""
    stored = json.loads((REFERENCE / "davis2017_timing.json").read_text())
    total = stored["median"]["total"]
    return {
        "tool": f"davis2017-evaluation {stored['provenance']['commit'][:7]}",
        "cores": stored["machine"]["cores"],
        "date": stored["provenance"]["date"],
        "seconds": round(total, 2),
        "evaluate_seconds": round(seconds, 2),
        "times_as_fast": round(total / seconds, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    # One for the arrays; `evaluate` has a clip on each core, and forks only where PyTorch has no threads.
    set_to = on_cores(2, torch_threads=1)
    masks = list(read_pairs())
    labels = [tuple(torch.from_numpy(each.astype(np.int8)) for each in pair) for pair in masks]
    assert np.allclose(plain_scores(masks), our_scores(labels), atol=1e-12)  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as temporary:
        root = layout(Path(temporary) / "davis")

        def evaluated() -> None:
            evaluate(
                root,
                (DAVIS / "osvos",),
                measures=("accuracy",),
                out=Path(temporary) / "out",
                overwrite=True,
                workers=2,
            )

        work: dict[str, Callable[[], object]] = {
            "arrays, plain": lambda: plain_scores(masks),
            "arrays": lambda: our_scores(labels),  # type: ignore[arg-type]
            "files, plain": lambda: plain_scores(read_pairs()),
            "files, evaluate": evaluated,
        }
        found = in_turn(work, repeats=arguments.repeats, frames=len(masks))
    with one_thread(), torch_in_one_thread():
        set_to["workers"] = "forked" if can_fork() else "threads"
    times = {
        ours: {
            unit: round(found[plain][unit] / found[ours][unit], 2)
            for unit in ("ms_a_frame", "cpu_ms_a_frame")
        }
        for ours, plain in (("arrays", "arrays, plain"), ("files, evaluate", "files, plain"))
    }
    write_result(
        "speed_evaluate",
        {
            "about": "J and F of binary masks, and evaluate of palette PNGs, process start excluded",
            "settings": {"clips": list(CLIPS), "frames": len(masks), "height": 480, "width": 854} | set_to,
            "made": provenance(),
            "runs": found,
            "times_as_fast_as_plain": times,
            "beside_the_tool": beside_the_tool(found["files, evaluate"]["ms_a_frame"] * len(masks) / 1000),
        },
    )


if __name__ == "__main__":
    main()
