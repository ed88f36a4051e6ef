"""How does the cost of measuring grow with frames, objects and pixels?

python -m benchmarks.speed.growth [--repeats 3]

Drifting disks, the same share of every picture, whatever its size and their number; labels and an exact flow
in memory, one thread. One axis grows by factors of two while the others stay. Processor time: what else the
machine does matters little. `exponent` is the slope of log time over log size: 1 is linear, less is better.
Writes benchmarks/results/speed_growth.json; `benchmarks.tables docs/metrics.md` draws growth.svg from it.
"""

import argparse
import math
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from benchmarks.provenance import provenance, write_result
from benchmarks.speed.timing import cpu_ms
from torch import Tensor

from steadymask.metrics.agreement import warped_agreement
from steadymask.metrics.boundary_f import boundary_f_sums
from steadymask.metrics.inconsistency import extent, inconsistency_of_pair
from steadymask.metrics.jaccard import jaccard_sums
from steadymask.metrics.smoothness import SmoothnessStream
from steadymask.metrics.temporal_consistency import temporal_consistency
from steadymask.metrics.temporal_stability import TemporalStabilityStream
from steadymask.metrics.video_consistency import VideoConsistencyStream
from steadymask.warp import visibility


@dataclass(frozen=True, kw_only=True)
class Size:
    """What is measured.

    Args:
        frames: of the clip.
        objects: in every frame.
        height: of the picture, in pixels; it is 16 : 9.
    """

    frames: int = 12
    objects: int = 2
    height: int = 480

    @property
    def width(self) -> int:
        """In pixels."""
        return self.height * 16 // 9

    @property
    def pixels(self) -> int:
        """Of a frame."""
        return self.height * self.width


AXES: Mapping[str, tuple[Size, ...]] = {
    "frames": tuple(Size(frames=count) for count in (12, 24, 48, 96)),
    "objects": tuple(Size(objects=count) for count in (1, 2, 4, 8, 16)),
    "pixels": tuple(Size(height=rows) for rows in (240, 340, 480, 680, 960)),
}


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A clip in memory.

    Args:
        labels: of each frame; the truth of the accuracies lies a frame behind.
        flow: from a frame to the next; back is its negative.
        classes: background included.
    """

    labels: list[Tensor]
    flow: Tensor
    classes: int


def scene_of(size: Size) -> Scene:
    """Disks that drift by a hundredth of the picture's height a frame."""
    y, x = np.mgrid[: size.height, : size.width].astype(np.float32) / size.height
    radius = math.sqrt(0.12 * 16 / 9 / (math.pi * size.objects))
    columns = math.ceil(math.sqrt(size.objects * 16 / 9))
    rows = math.ceil(size.objects / columns)
    labels = []
    for frame in range(size.frames):
        drift = 0.01 * (frame % 12)
        found = np.zeros((size.height, size.width), np.int16)
        for number in range(size.objects):
            row, column = divmod(number, columns)
            center = (column + 0.5) * 16 / 9 / columns + drift, (row + 0.5) / rows
            found[(x - center[0]) ** 2 + (y - center[1]) ** 2 < radius**2] = number + 1
        labels.append(torch.from_numpy(found))
    flow = torch.zeros(1, 2, size.height, size.width)
    flow[:, 0] = 0.01 * size.height
    return Scene(labels=labels, flow=flow, classes=size.objects + 1)


def accuracy(scene: Scene) -> int:
    for truth, labels in zip(scene.labels, scene.labels[1:], strict=False):
        jaccard_sums(labels, truth, classes=scene.classes)
        boundary_f_sums(labels, truth, classes=scene.classes)
    return 1


def flicker(scene: Scene) -> int:
    for before, labels in zip(scene.labels, scene.labels[1:], strict=False):
        extent(labels, classes=scene.classes)
        there, back = (
            warped_agreement(*pair, flow[0], visible_ij=visibility(flow, -flow)[0], classes=scene.classes)
            for pair, flow in (((before, labels), scene.flow), ((labels, before), -scene.flow))
        )
        inconsistency_of_pair(there, back)
        temporal_consistency(back)
    return 1


def smoothness(scene: Scene) -> int:
    stream = SmoothnessStream(sigma=2.0, classes=scene.classes)
    for labels in scene.labels:
        stream.push(labels)
    stream.finish()
    return 1


def video_consistency(scene: Scene) -> int:
    stream = VideoConsistencyStream(frames=8)
    for labels in scene.labels:
        stream.push(labels, labels)
    return 1


def outline_stability(scene: Scene) -> int:
    stream = TemporalStabilityStream(classes=scene.classes)
    for labels in scene.labels:
        stream.push(labels)
    return 1


MEASURES: Mapping[str, Callable[[Scene], int]] = {
    "J and F": accuracy,
    "inconsistency and TC": flicker,
    "smoothness": smoothness,
    "video consistency": video_consistency,
    "temporal stability": outline_stability,
}


def exponent(sizes: list[int], times: list[float]) -> float:
    """Slope of log time over log size, least squares."""
    slope, _ = statistics.linear_regression([math.log(each) for each in sizes], list(map(math.log, times)))
    return round(slope, 2)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    axes: dict[str, Any] = {}
    for axis, steps in AXES.items():
        sizes = [int(getattr(step, axis)) for step in steps]
        axes[axis] = {"sizes": sizes, "measures": {}}
        scenes = [scene_of(step) for step in steps]
        for name, measure in MEASURES.items():
            times = [cpu_ms(partial(measure, scene), repeats=arguments.repeats) for scene in scenes]
            axes[axis]["measures"][name] = {"cpu_ms": times, "exponent": exponent(sizes, times)}
            print(f"{axis}: {name}: {times} ms, exponent {exponent(sizes, times)}", flush=True)
    content = {
        "about": "Processor milliseconds a clip, as one axis grows",
        "settings": {"torch_threads": 1, "others": vars(replace(Size()))},
        "made": provenance(),
        "axes": axes,
    }
    write_result("speed_growth", content)


if __name__ == "__main__":
    main()
