"""How fast is `stabilize`, where does the time go, and how far above the floor is it?

python -m benchmarks.speed.stabilize [--clip camel] [--frames 60] [--repeats 5]

From JPEG and from PNG frames with palette PNG masks to PNG masks, 854 x 480, two cores; everything but the
start of the process is in the time (reading masks twice, hashing the input, cut detection, the manifest).
Peers in the same rounds: the exponential average (all the reading and writing, no motion), and the flows
alone. Writes benchmarks/results/speed_stabilize.json.
"""

import argparse
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.inputs import DAVIS
from benchmarks.provenance import provenance, write_result
from benchmarks.speed.timing import cpu_ms, in_turn, on_cores
from PIL import Image

from steadymask import Reading, stabilize
from steadymask.filters.motion import MotionFusion
from steadymask.flow.between import FlowBetween
from steadymask.flow.dis import one_thread
from steadymask.io.mask_writer import open_mask_writer
from steadymask.io.video import open_video
from steadymask.tasks.methods import Method, flow_of

READING = Reading(merge_objects=True)
MODES: dict[str, tuple[Method, bool]] = {
    "offline": ("motion", False),
    "live": ("motion", True),
    "average": ("average", True),
}
_FLOWS = {"offline": 2 * MotionFusion().radius, "live": 2, "average": 0}  # a frame


def prepare(folder: Path, clip: str, frames: int) -> dict[str, Path]:
    """The first frames of a clip as JPEG and as PNG, and its masks; by kind."""
    kinds = {kind: folder / kind for kind in ("jpeg", "png", "masks")}
    for each in kinds.values():
        each.mkdir()
    for path in sorted((DAVIS / "frames" / clip).iterdir())[:frames]:
        (kinds["jpeg"] / path.name).write_bytes(path.read_bytes())
        Image.open(path).save(kinds["png"] / f"{path.stem}.png")
        mask = DAVIS / "osvos" / clip / f"{path.stem}.png"
        (kinds["masks"] / mask.name).write_bytes(mask.read_bytes())
    return kinds


def stabilized(video: Path, masks: Path, out: Path, mode: str) -> None:
    """One timed run."""
    method, live = MODES[mode]
    stabilize(video, masks, out, method=method, live=live, reading=READING, overwrite=True, workers=2)


def flows_alone(video: Path) -> None:
    """Decode, and estimate the two flows a frame that the live filter needs, side by side on two threads."""
    source = open_video(video)
    with one_thread(), ThreadPoolExecutor(2) as threads:
        flows = FlowBetween(flow_of(source.size), threads)
        waiting: list[tuple[int, int]] = []
        for frame in source.frames():
            flows.add(frame.index, frame.picture)
            pairs = [(frame.index, frame.index - 1), (frame.index - 1, frame.index)] if frame.index else []
            flows.prepare(pairs)
            for pair in waiting:
                flows(*pair)
            waiting = pairs
            flows.forget(frame.index - 1)
        for pair in waiting:
            flows(*pair)


def stages(kinds: dict[str, Path], folder: Path) -> dict[str, float]:
    """Processor milliseconds a frame of each stage by itself, on one thread."""
    masks = list(READING.masks(kinds["masks"]).frames())
    size = masks[0].size
    pictures = [frame.picture for frame, _ in zip(open_video(kinds["jpeg"]).frames(), range(9), strict=False)]
    estimator = flow_of(size)
    writer = open_mask_writer(folder / "encoded", READING.masks(kinds["masks"]).format, size=size)

    def decoded(path: Path) -> int:
        return sum(1 for _ in open_video(path).frames())

    def read() -> int:
        return sum(1 for _ in READING.masks(kinds["masks"]).frames())

    def flowed() -> int:
        return sum(1 for i, j in pairwise(pictures) if estimator(i, j) is not None)

    def encoded() -> int:
        return sum(1 for each in masks if writer.write(each))

    with one_thread():
        return {
            "decode_jpeg": cpu_ms(partial(decoded, kinds["jpeg"])),
            "decode_png": cpu_ms(partial(decoded, kinds["png"])),
            "read_mask": cpu_ms(read),
            "flow": cpu_ms(flowed),
            "encode_mask": cpu_ms(encoded),
        }


def breakdown(found: dict[str, Any], each: dict[str, float]) -> dict[str, dict[str, float]]:
    """Of each timed run the processor time by stage, and how far its wall time is above its floors.

    The floor of any filter is to decode, read and encode on both cores; that of a motion filter also has its
    flows. Masks are read twice: the first pass finds the objects and any bad file before work begins.
    """
    parts = {}
    for name, run in found.items():
        mode, _, kind = name.partition(" ")
        if mode not in MODES:
            continue
        part = {
            "decode": each[f"decode_{kind}"],
            "read_masks": 2 * each["read_mask"],
            "flow": _FLOWS[mode] * each["flow"],
            "encode": each["encode_mask"],
        }
        files = part["decode"] + each["read_mask"] + part["encode"]
        part["filter_and_rest"] = run["cpu_ms_a_frame"] - sum(part.values())
        part["floor_files_ms"] = files / 2
        part["floor_files_and_flow_ms"] = (files + part["flow"]) / 2
        part["above_floor_files"] = run["ms_a_frame"] / part["floor_files_ms"]
        part["above_floor_files_and_flow"] = run["ms_a_frame"] / part["floor_files_and_flow_ms"]
        parts[name] = {key: round(value, 2) for key, value in part.items()}
    return parts


def sizes(kinds: dict[str, Path], out: Path) -> dict[str, int]:
    """Mean bytes a frame."""
    folders = kinds | {"result": out}
    return {
        kind: round(sum(path.stat().st_size for path in files) / len(files))
        for kind, folder in folders.items()
        if (files := [path for path in folder.iterdir() if path.suffix in (".jpg", ".png")])
    }


def operations(height: int, width: int) -> dict[str, float]:
    """A rough count for one half-resolution DIS medium flow, in millions: what OpenCV's settings ask for.

    Finest scale 1/2 of the half-size picture; 8 x 8 patches 3 pixels apart, 25 descent steps of about 12
    operations a pixel; variational refinement, 5 fixed-point steps of about 5 sweeps of 20 operations a
    pixel. All coarser levels together add a third.
    """
    pixels = height * width / 4 / 4
    search, refinement = pixels / 9 * 64 * 25 * 12, pixels * 5 * 5 * 20
    return {
        "patch_search": round(search * 4 / 3 / 1e6, 1),
        "refinement": round(refinement * 4 / 3 / 1e6, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clip", default="camel")
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    set_to = on_cores(2)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        kinds = prepare(folder, arguments.clip, arguments.frames)
        frames = len(list(kinds["jpeg"].iterdir()))
        work: dict[str, Callable[[], object]] = {
            f"{mode} {kind}": partial(
                stabilized, kinds[kind], kinds["masks"], folder / f"{mode}-{kind}", mode
            )
            for kind in ("jpeg", "png")
            for mode in MODES
        }
        work["flows alone"] = partial(flows_alone, kinds["jpeg"])
        found = in_turn(work, repeats=arguments.repeats, frames=frames)
        each = stages(kinds, folder)
        height, width = open_video(kinds["jpeg"]).size
        settings = {"clip": arguments.clip, "frames": frames, "height": height, "width": width} | set_to
        write_result(
            "speed_stabilize",
            {
                "about": "stabilize from frames and palette PNG masks to PNG masks, process start excluded",
                "settings": settings,
                "made": provenance(),
                "runs": found,
                "stages_cpu_ms": each,
                "breakdown_cpu_ms": breakdown(found, each),
                "bytes_a_frame": sizes(kinds, folder / "live-jpeg"),
                "millions_of_operations_a_flow": operations(height, width),
                "flows_a_frame": _FLOWS,
            },
        )


if __name__ == "__main__":
    main()
