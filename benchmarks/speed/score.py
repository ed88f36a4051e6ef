"""How long does `score` take, beside the six flows a frame that it cannot do without?

python -m benchmarks.speed.score [--clip camel] [--frames 40] [--repeats 5]

854 x 480, two cores, process start excluded: masks alone, with truth, and with truth and compared masks; in
the same rounds inconsistency as the only measure, and the flows by themselves (DIS medium, full resolution,
pairs up to three frames apart, both ways, on two threads). Writes benchmarks/results/speed_score.json.
"""

import argparse
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import torch
from benchmarks.inputs import DAVIS
from benchmarks.provenance import provenance, write_result
from benchmarks.speed.timing import in_turn, on_cores

from steadymask import Reading, score
from steadymask.flow.between import FlowBetween
from steadymask.flow.dis import DIS, one_thread
from steadymask.io.mask_frame import labels_of
from steadymask.io.video import open_video
from steadymask.metrics.inconsistency import InconsistencySums, inconsistency, inconsistency_sums
from steadymask.tasks.pairs import REACH, Seen, with_pairs
from steadymask.tasks.torch_threads import torch_in_one_thread

READING = Reading(merge_objects=True)


def flows_alone(video: Path) -> None:
    """Every flow of the clip, estimated once, without looking at it."""
    with one_thread(), ThreadPoolExecutor(2) as threads:
        flows = FlowBetween(DIS(), threads)
        for frame in open_video(video).frames():
            flows.add(frame.index, frame.picture)
            near = range(max(0, frame.index - REACH), frame.index)
            flows.prepare(pair for i in near for pair in ((i, frame.index), (frame.index, i)))
            for i in near:  # as far behind as memory allows
                if frame.index - i == REACH:
                    flows(i, frame.index)
                    flows(frame.index, i)
            flows.forget(frame.index - REACH)


def inconsistency_alone(video: Path, masks: Path) -> float:
    """The one measure, with its flows: no other number, no report."""
    labels = ((labels_of(each) > 0).to(torch.int8) for each in READING.masks(masks).frames())
    frames = (
        Seen(
            index=frame.index,
            seconds=frame.seconds,
            picture=frame.picture,
            starts_scene=frame.index == 0,
            labels={"masks": each},
        )
        for frame, each in zip(open_video(video).frames(), labels, strict=True)
    )
    sums = InconsistencySums(pairs=0, total=0.0, of_classes=torch.zeros(2, dtype=torch.float64))
    with one_thread(), torch_in_one_thread(), ThreadPoolExecutor(2) as threads:
        for _, pairs in with_pairs(frames, FlowBetween(DIS(), threads)):
            for pair in pairs:
                sums += inconsistency_sums(
                    pair.i.labels["masks"],
                    pair.j.labels["masks"],
                    pair.flow_ij,
                    pair.flow_ji,
                    visible_ij=pair.visible_ij,
                    visible_ji=pair.visible_ji,
                    classes=2,
                )
    return inconsistency(sums)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clip", default="camel")
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    set_to = on_cores(2)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for kind in ("frames", "osvos", "truth"):
            (folder / kind).mkdir()
            for path in sorted((DAVIS / kind / arguments.clip).iterdir())[: arguments.frames]:
                (folder / kind / path.name).symlink_to(path)
        frames = len(list((folder / "frames").iterdir()))
        scored = partial(
            score,
            folder / "frames",
            folder / "osvos",
            out=folder / "score",
            overwrite=True,
            reading=READING,
            workers=2,
        )
        work: dict[str, Callable[[], object]] = {
            "masks": scored,
            "masks and truth": partial(scored, truth=folder / "truth"),
            "masks, truth and compare": partial(scored, truth=folder / "truth", compare=folder / "truth"),
            "inconsistency alone": partial(inconsistency_alone, folder / "frames", folder / "osvos"),
            "flows alone": partial(flows_alone, folder / "frames"),
        }
        found = in_turn(work, repeats=arguments.repeats, frames=frames)
        floor = found["flows alone"]["ms_a_frame"]
        height, width = open_video(folder / "frames").size
    settings = {"clip": arguments.clip, "frames": frames, "height": height, "width": width} | set_to
    write_result(
        "speed_score",
        {
            "about": "score of palette PNG masks, report included, process start excluded",
            "settings": settings,
            "made": provenance(),
            "runs": {
                name: run | {"times_the_flows": round(run["ms_a_frame"] / floor, 2)}
                for name, run in found.items()
            },
        },
    )


if __name__ == "__main__":
    main()
