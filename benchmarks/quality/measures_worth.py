"""What are the measures worth: does each follow how steady masks are, and not how right they are?

python -m benchmarks.quality.measures_worth [--clips dog …] [--workers 2] [--first-frames 24] [--again]

The truth of each clip is spoiled along two separate axes, 3 × 3, as Azulay et al. do it to tell apart raters
who judge steadiness from raters who judge accuracy. Every measure is taken of all nine, along the same flows,
and ranked against each axis. Results are written to benchmarks/results/measures_worth.json after each clip;
clips that are there, measured with the same settings, are not measured again unless told so.
"""

import argparse
import math
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import islice, product
from multiprocessing import get_context
from typing import Any

import torch
from benchmarks.inputs import CLIPS, DAVIS
from benchmarks.provenance import provenance, read_result, source_of, write_result
from benchmarks.quality.worth import RESAMPLES, on_one_scale, worth
from jaxtyping import Bool
from torch import Tensor

from steadymask.arrays import PictureLabels
from steadymask.data.qualification import DISPLACEMENTS, EROSIONS, Qualification, qualification_clip
from steadymask.data.reading import Reading
from steadymask.flow.between import FlowBetween
from steadymask.flow.dis import DIS, one_thread
from steadymask.io.mask_frame import labels_of
from steadymask.io.video import Video, open_video
from steadymask.metrics.agreement import warped_agreement
from steadymask.metrics.smoothness import smoothness_sigma
from steadymask.metrics.stability_rate import near_edge
from steadymask.report.glossary import described
from steadymask.tasks.accuracy import Accuracy
from steadymask.tasks.outline_stability import OutlineStability
from steadymask.tasks.pairs import Pair, Seen, with_pairs
from steadymask.tasks.recipes import Recipes, VideoConsistencies
from steadymask.tasks.stability import Stability

RESULT = "measures_worth"
SEED = 0
LEVELS = {
    f"{erosion}/{displacement:g}": Qualification(erosion=erosion, displacement=displacement)
    for erosion, displacement in product(EROSIONS, DISPLACEMENTS)
}
"""How far a truth is spoiled, by a name made of the pixels on either axis."""

_TRUTH = "truth"
_ACCURACIES = ("jaccard", "boundary_f", "recall")


class Measures:
    """All measures of one spoiled truth; a further one is gathered and added to `values` here.

    Args:
        level: its name.
        sigma: of smoothness, in frames.
    """

    def __init__(self, level: str, *, sigma: float) -> None:
        self._level = level
        self._stability = Stability(classes=2, sigma=sigma)
        self._recipes, self._consistencies = Recipes(classes=2), VideoConsistencies(vspw=True)
        self._accuracy = Accuracy(classes=2, objects=[1])
        self._outlines = OutlineStability(classes=2)

    def add(self, seen: Seen, pairs: tuple[Pair, ...], edge: Bool[Tensor, "h w"]) -> None:
        """Look at the next frame, its pairs with those before it, and the band around the truth's edge."""
        labels, truth = seen.labels[self._level], seen.labels[_TRUTH]
        self._stability.frame(labels, starts_scene=seen.starts_scene)
        self._accuracy.frame(seen.index, labels, truth)
        self._consistencies.frame(labels, truth)
        self._outlines.frame(seen.index, labels, starts_scene=seen.starts_scene)
        for pair in pairs:
            i, j = pair.i.labels[self._level], pair.j.labels[self._level]
            ij = warped_agreement(i, j, pair.flow_ij, visible_ij=pair.visible_ij, classes=2)
            ji = warped_agreement(j, i, pair.flow_ji, visible_ij=pair.visible_ji, classes=2)
            self._stability.pair(pair.i.index, pair.j.index, ij, ji)
            if pair.j.index - pair.i.index == 1:
                self._recipes.pair(i, j, pair.flow_ij)
                near = pair.visible_ji & edge
                self._stability.at_edges(warped_agreement(j, i, pair.flow_ji, visible_ij=near, classes=2))

    def values(self, *, pixels: int) -> dict[str, float | None]:
        """By the keys of the contract; what is undefined is None."""
        self._stability.finish()
        accurate = self._accuracy.overall()
        found = (
            self._stability.overall(pixels=pixels)
            | self._recipes.overall()
            | self._consistencies.overall()
            | self._outlines.overall()
            | {key: accurate[key] for key in _ACCURACIES}
        )
        return {key: None if math.isnan(value) else round(value, 9) for key, value in found.items()}


def measure_clip(clip: str, frames: int | None) -> dict[str, Any]:
    """Measure all nine of a clip; called in a process of its own.

    Args:
        clip: its name.
        frames: how many of its first frames; None for all.
    """
    torch.set_num_threads(1)
    started = time.process_time()
    video = open_video(DAVIS / "frames" / clip)
    sigma = smoothness_sigma(video.fps)
    measures = {level: Measures(level, sigma=sigma) for level in LEVELS}
    seen = 0
    with one_thread():
        for frame, pairs in with_pairs(islice(_frames(video, clip), frames), FlowBetween(DIS())):
            seen += 1
            edge = near_edge(frame.labels[_TRUTH])
            for each in measures.values():
                each.add(frame, pairs, edge)
    pixels = video.size[0] * video.size[1]
    values = {level: each.values(pixels=pixels) for level, each in measures.items()}
    return {"frames": seen, "cpu_seconds": round(time.process_time() - started, 1), "levels": values}


def _frames(video: Video, clip: str) -> Iterator[Seen]:
    def truth() -> Iterator[PictureLabels]:
        masks = Reading(merge_objects=True).masks(DAVIS / "truth" / clip)
        return ((labels_of(each) > 0).to(torch.int8) for each in masks.frames())

    seed = SEED + CLIPS.index(clip)
    streams = {_TRUTH: truth()} | {
        level: qualification_clip(truth(), seed=seed, spoiled=spoiled) for level, spoiled in LEVELS.items()
    }
    for frame in video.frames():
        yield Seen(
            index=frame.index,
            seconds=frame.seconds,
            picture=frame.picture,
            starts_scene=frame.index == 0,  # each of these clips is one take
            labels={name: next(stream) for name, stream in streams.items()},
        )


def settings_of(frames: int | None) -> dict[str, Any]:
    """What a clip must have been measured with to be kept."""
    return {
        "truth": "DAVIS 480p, all frames" if frames is None else f"DAVIS 480p, the first {frames} frames",
        "erosions": list(EROSIONS),
        "displacements": list(DISPLACEMENTS),
        "cell": Qualification().cell,
        "flow": "OpenCV DIS medium, full resolution; pairs up to 3 frames apart",
        "seed": SEED,
        "resamples": RESAMPLES,
        "spoiled_by": source_of("steadymask.data.qualification"),
    }


def run(clips: list[str], frames: int | None, *, workers: int, again: bool) -> None:
    """Measure what is missing, and write results after each clip."""
    content, settings = read_result(RESULT), settings_of(frames)
    kept = content.get("clips", {}) if content.get("settings") == settings else {}
    made = [*(content["made"] if kept else []), provenance()]
    missing = [clip for clip in clips if again or clip not in kept]
    print(f"{len(missing)} clips to measure, {len(kept)} there", flush=True)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(measure_clip, clip, frames): clip for clip in missing}
        for future in as_completed(waiting):
            clip = waiting[future]
            kept[clip] = future.result() | {"made": len(made) - 1}
            print(f"{clip}: {kept[clip]['frames']} frames, {kept[clip]['cpu_seconds']:.0f} s", flush=True)
            write_result(RESULT, _content(settings, made, kept))
    if not missing and kept:
        write_result(RESULT, _content(settings, made[:-1], kept))


def _content(settings: dict[str, Any], made: list[Any], clips: dict[str, Any]) -> dict[str, Any]:
    used = sorted({each["made"] for each in clips.values()})
    clips = {clip: clips[clip] | {"made": used.index(clips[clip]["made"])} for clip in sorted(clips)}
    levels = {clip: on_one_scale(each["levels"]) for clip, each in clips.items()}
    keys = {key for each in levels.values() for values in each.values() for key in values}
    better = {key: metric.better for key, metric in described(keys, {}).items()}
    return {
        "about": "How measures follow two axes along which the truth of clips was spoiled",
        "settings": settings,
        "made": [made[number] for number in used],
        "measures": {key: worth(levels, key, better=better[key]) for key in better},
        "clips": clips,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", nargs="+", choices=CLIPS, default=list(CLIPS))
    parser.add_argument("--workers", type=int, default=1, help="processes, one for each clip")
    parser.add_argument("--first-frames", type=int, help="of each clip; default: all")
    parser.add_argument("--again", action="store_true", help="measure also what is there")
    arguments = parser.parse_args()
    run(arguments.clips, arguments.first_frames, workers=arguments.workers, again=arguments.again)


if __name__ == "__main__":
    main()
