"""The contents of `scores.json`."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from steadymask.data.clip import Clip
from steadymask.flow.dis import DIS
from steadymask.io.manifest import identity, versions, without_nan
from steadymask.metrics.inconsistency import excess_removed
from steadymask.metrics.lag import lag
from steadymask.metrics.smoothness import smoothness_sigma
from steadymask.report.glossary import described
from steadymask.tasks.measured import Measured
from steadymask.tasks.pairs import REACH
from steadymask.tasks.stability import BY_MASKS

_REDUCED = ("inconsistency", "inconsistency_none", BY_MASKS)
_ACCURACIES = ("jaccard", "boundary_f", "jaccard_and_boundary_f", "recall", "mean_iou", "pixel_accuracy")


def scores_of(clip: Clip, measured: Measured, *, flow: DIS, cuts_given: bool) -> dict[str, Any]:
    """All numbers by the names of the contract; what is undefined is None.

    Args:
        clip: what was measured.
        measured: its sums.
        flow: the estimator.
        cuts_given: whether cuts came from a list.
    """
    parts = {role: _part(role, clip, measured) for role in measured.stability}
    masks, compare = parts.pop("masks"), parts.get("compare")
    if compare is not None:
        compare |= _against(masks["overall"], compare["overall"], measured)
    scores = {
        "clip": clip.name,
        "settings": _settings(clip, measured, flow, cuts_given),
        **masks,
        "truth": parts.get("truth"),
        "compare": compare,
        "excess_removed": _excess_removed(measured.like_truth),
    }
    scores["settings"]["better"] = _better(scores)
    defined: dict[str, Any] = without_nan(scores)
    return defined


def _part(role: str, clip: Clip, measured: Measured) -> dict[str, Any]:
    """The scores of masks, compare or truth: overall, by object, by frame."""
    height, width = clip.video.size
    stability, accuracy = measured.stability[role], measured.accuracy.get(role)
    others = len(measured.stability) > 1
    factor = measured.stability["masks"].factor(height * width) if others else None
    overall = stability.overall(pixels=height * width, masks_factor=factor)
    if role in measured.outlines:
        overall |= measured.outlines[role].overall()
    if role in measured.consistency:
        overall |= measured.consistency[role].overall()
    frames = stability.of_frames(pixels=height * width)
    stable, accurate = stability.of_objects(pixels=height * width), {}
    if accuracy is not None:
        overall |= accuracy.overall()
        frames |= accuracy.of_frames(clip.video.count)
        accurate = accuracy.of_objects()
    own = measured.objects.by_role[role]
    objects = {
        str(id): (stable[each - 1] if id in own else {}) | accurate.get(each, {})
        for each, id in enumerate(measured.objects.all.ids, 1)
        if id in own or each in accurate
    }
    return {"overall": overall, "objects": objects, "frames": frames}


def _against(before: Mapping[str, float], after: Mapping[str, float], measured: Measured) -> dict[str, Any]:
    """What compare has changed: shares of the inconsistency that are gone, and differences of accuracies."""
    return {
        "inconsistency_reduction": {key: _reduction(before[key], after[key]) for key in _REDUCED},
        "accuracy_change": {key: after[key] - before[key] for key in _ACCURACIES if key in before},
        "lag": lag(measured.lag["compare"]),
    }


def _reduction(before: float, after: float) -> float:
    return 1 - after / before if before else math.nan


def _excess_removed(inconsistency: Mapping[str, float]) -> float:
    """Over the pairs that the truth has, and without a factor: one scale for all three."""
    before, after, truth = (inconsistency.get(role, math.nan) for role in ("masks", "compare", "truth"))
    return excess_removed(before, after, truth)


def _settings(clip: Clip, measured: Measured, flow: DIS, cuts_given: bool) -> dict[str, Any]:
    inputs = {"video": clip.video.path} | {role: masks.path for role, masks in _masks(clip).items()}
    return {
        "flow": {"estimator": "OpenCV DIS", **asdict(flow)},
        "pairs_within_frames": REACH,
        "smoothness_sigma_frames": smoothness_sigma(clip.video.fps),
        "fps": clip.video.fps,
        "frames": clip.video.count,
        "size": list(clip.video.size),
        "cuts": list(measured.cuts),
        "cuts_from": "a list" if cuts_given else "detection",
        "reading": {role: masks.decision for role, masks in _masks(clip).items()},
        "objects": {role: list(ids) for role, ids in measured.objects.by_role.items()},
        "inputs": {role: identity(path) for role, path in inputs.items()},
        "versions": versions(),
    }


def _masks(clip: Clip) -> dict[str, Any]:
    roles = {"masks": clip.masks, "compare": clip.compare, "truth": clip.truth}
    return {role: masks for role, masks in roles.items() if masks is not None}


def _better(scores: Mapping[str, Any]) -> dict[str, str]:
    keys = {
        *scores["overall"],
        *scores["frames"],
        *(key for each in scores["objects"].values() for key in each),
    }
    return {key: metric.better for key, metric in described(keys, {}).items()}
