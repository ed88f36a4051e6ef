"""What recipes of one measure say of the same labels: temporal and video consistency on CamVid.

python -m benchmarks.quality.recipes

The truth and the labels of a network, which both have void (id 11). Besides the recipes as they are there is
what becomes of `etc` when void is given the number 12, so that no pixel has 11: it interpolates numbers, and
counts a class that nobody has as 0. Results are written to benchmarks/results/recipes.json.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from benchmarks.inputs import INPUTS
from benchmarks.provenance import provenance, write_result

from steadymask.arrays import Picture, PictureFlow, PictureLabels
from steadymask.data.reading import Reading
from steadymask.flow.dis import DIS, one_thread
from steadymask.io.mask_frame import labels_of
from steadymask.io.video import open_video
from steadymask.metrics.agreement import Agreement
from steadymask.metrics.temporal_consistency import Recipe, temporal_consistency, temporal_consistency_sums
from steadymask.metrics.video_consistency import (
    VideoConsistencyStream,
    VideoConsistencySums,
    video_consistency,
)
from steadymask.warp import visibility

VOID, CLASSES = 11, 11
COLUMNS: dict[str, tuple[Recipe, int]] = {
    "strict": ("strict", -1),
    "strict_void_a_class": ("strict", VOID),
    "vspw": ("vspw", VOID),
    "etc": ("etc", VOID),
    "etc_void_renumbered": ("etc", VOID + 1),
}
"""The recipe, and the number that void gets; −1 leaves it out."""


def pair_sums(
    column: str, now: PictureLabels, after: PictureLabels, flows: tuple[PictureFlow, PictureFlow]
) -> Agreement:
    """Compare the labels of two frames; `flows` are those from the first to the second, and back."""
    recipe, void = COLUMNS[column]
    classes = max(CLASSES, void + 1)
    now, after = _with_void(now, void), _with_void(after, void)
    there, back = flows
    if recipe == "strict":
        visible = visibility(back[None], there[None])[0]
        return temporal_consistency_sums(after, now, back, classes=classes, visible=visible)
    # Both scripts bring the next frame onto this one.
    return temporal_consistency_sums(now, after, there, classes=classes, recipe=recipe)


def video_consistencies(labels: Sequence[PictureLabels], truth: Sequence[PictureLabels]) -> dict[str, float]:
    """VC of 8 and 16 frames; void counts nowhere in `strict`, and is a class in `vspw`."""
    found = {}
    for frames in (8, 16):
        for recipe, void in (("strict", -1), ("vspw", VOID)):
            stream = VideoConsistencyStream(frames=frames, recipe=recipe)  # type: ignore[arg-type]
            sums = VideoConsistencySums(total=0.0, windows=0)
            for each, true in zip(labels, truth, strict=True):
                # Predicted void is a class: it is no way around being wrong.
                sums += stream.push(each, _with_void(true, void))
            found[f"{frames}_{recipe}"] = round(video_consistency(sums), 6)
    return found


def _with_void(labels: PictureLabels, void: int) -> PictureLabels:
    return torch.where(labels == VOID, void, labels)


def _temporal_consistency(
    column: str, labels: Sequence[PictureLabels], flows: Sequence[tuple[PictureFlow, PictureFlow]]
) -> float:
    sums = [pair_sums(column, *pair, flow) for pair, flow in zip(pairwise(labels), flows, strict=True)]
    return round(temporal_consistency(sum(sums[1:], start=sums[0]), recipe=COLUMNS[column][0]), 6)


def measure() -> dict[str, Any]:
    """All values, by labelling."""
    of = INPUTS["camvid"]
    paths = dict(zip(("frames", "espnet", "truth"), of.paths("val"), strict=True))
    pictures: list[Picture] = [each.picture for each in open_video(paths["frames"], fps=15.0).frames()]
    reading = Reading(read_as="labels")
    labels = {
        name: [labels_of(each).int() for each in reading.masks(paths[name]).frames()]
        for name in ("truth", "espnet")
    }
    constant = [torch.zeros_like(each) for each in labels["truth"]]
    flow = DIS()
    flows = [(flow(now, after), flow(after, now)) for now, after in pairwise(pictures)]
    return {
        "temporal_consistency": {
            name: {column: _temporal_consistency(column, each, flows) for column in COLUMNS}
            for name, each in labels.items()
        },
        "video_consistency": {
            name: video_consistencies(each, labels["truth"])
            for name, each in (labels | {"constant": constant}).items()
        },
    }


def main() -> None:
    torch.set_num_threads(1)
    with one_thread():
        found = measure()
    settings = {"flow": "OpenCV DIS medium, full resolution", "data": "CamVid 0016E5, 101 frames, 480 x 360"}
    about = "Recipes of one measure on the same labels"
    write_result("recipes", {"about": about, "settings": settings, "made": [provenance()], **found})


if __name__ == "__main__":
    main()
