"""How long does the temporal stability of a pair of masks take, beside the same steps written out plainly?

python -m benchmarks.speed.temporal_stability [--clips car-shadow blackswan] [--pairs 3] [--repeats 3]

854 x 480, one thread, masks in memory. The peer takes the same outlines; what follows it writes as the
evaluation of DAVIS 2016 does: Douglas-Peucker by recursion, a histogram for each point, all distances of
histograms by broadcasting, and Dijkstra over the grid of pairs. Both in the same rounds, and
`largest_difference` between their values. Writes benchmarks/results/speed_temporal_stability.json.
"""

import argparse
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from benchmarks.inputs import DAVIS
from benchmarks.provenance import provenance, write_result
from benchmarks.speed.plain_temporal_stability import value
from benchmarks.speed.timing import in_turn, on_cores
from numpy.typing import NDArray
from PIL import Image

from steadymask.metrics.temporal_stability import TemporalStabilityStream


def ours(masks: list[NDArray[np.bool_]]) -> list[float]:
    stream = TemporalStabilityStream(classes=2)
    return [stream.push(torch.from_numpy(mask.astype(np.int8))).total for mask in masks][1:]


def plainly(masks: list[NDArray[np.bool_]]) -> list[float]:
    return [value(before, mask) for before, mask in pairwise(masks)]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", nargs="+", default=["car-shadow", "blackswan", "libby", "breakdance"])
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    set_to = on_cores(1)
    runs = {}
    for clip in arguments.clips:
        paths = sorted((DAVIS / "osvos" / clip).iterdir())[: arguments.pairs + 1]
        masks = [np.array(Image.open(path)) > 0 for path in paths]
        work = {"ours": partial(ours, masks), "plain": partial(plainly, masks)}
        found = in_turn(work, repeats=arguments.repeats, frames=arguments.pairs)
        differences = np.abs(np.array(ours(masks)) - np.array(plainly(masks)))
        faster = found["plain"]["cpu_ms_a_frame"] / found["ours"]["cpu_ms_a_frame"]
        runs[clip] = found | {
            "times_faster": round(faster, 1),
            "largest_difference": float(differences.max()),
            "height": masks[0].shape[0],
            "width": masks[0].shape[1],
        }
    settings = {"masks": "osvos", "pairs": arguments.pairs} | set_to
    write_result(
        "speed_temporal_stability",
        {
            "about": "temporal stability of pairs of masks in memory; a frame of the timing is a pair",
            "settings": settings,
            "made": provenance(),
            "runs": runs,
        },
    )


if __name__ == "__main__":
    main()
