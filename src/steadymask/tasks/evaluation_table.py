"""The clips of a data set put together: one number a metric and set of masks."""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steadymask.data.lineup import TRUTH
from steadymask.metrics.agreement import Agreement
from steadymask.metrics.temporal_consistency import Recipe
from steadymask.tasks.accuracy import of_object
from steadymask.tasks.clip_accuracy import class_accuracy, from_lists
from steadymask.tasks.clip_evaluation import Found
from steadymask.tasks.compared_sets import compared
from steadymask.tasks.comparison import (
    Average,
    Values,
    Weights,
    every_clip_once,
    mean_over_clips,
    resampled,
)
from steadymask.tasks.protocols import Protocol
from steadymask.tasks.recipes import recipes_of

_OF_OBJECTS = tuple(of_object((), ()))
_CLASS_ACCURACY = ("mean_iou", "mean_accuracy", "pixel_accuracy")

Results = Mapping[str, Mapping[str, Found]]
"""By clip and role what was found."""


def averages_of(
    results: Results, role: str, protocol: Protocol, seen: Mapping[str, Mapping[int, bool]]
) -> dict[str, Average]:
    """By metric how the score of the data set follows from its clips.

    Args:
        results: by clip.
        role: of the set of masks.
        protocol: says what accuracy is a mean over.
        seen: of the objects of clips, whether their category is known from training.
    """
    found = [roles.get(role) for roles in results.values()]
    keys = dict.fromkeys(key for each in found if each is not None for key in each["overall"])
    averages = {key: _over_clips(found, key) for key in keys}
    if protocol.average == "objects":
        averages |= {key: _over_objects(found, key) for key in _OF_OBJECTS if key in keys}
    if any(seen.values()):
        averages |= _seen_and_unseen(results, role, seen)
    names = dict.fromkeys(name for each in found if each is not None for name in each["sums"])
    for name in names:
        counts = [None if each is None else each["sums"].get(name) for each in found]
        for key in _CLASS_ACCURACY if name == "accuracy" else (name,):
            averages[key] = partial(_pooled, counts=counts, name=name, key=key)
    return averages


def evaluation(
    results: Results,
    sets: Sequence[str],
    *,
    protocol: Protocol,
    seen: Mapping[str, Mapping[int, bool]],
    groups: Mapping[str, str],
    class_names: Sequence[str],
) -> dict[str, Any]:
    """Everything but settings: scores of the data set, of clips and objects, ranks and differences.

    Args:
        results: by clip and role.
        sets: names of the sets of masks; the first is what the others are compared with.
        protocol: says what accuracy is a mean over.
        seen: by clip, see `DatasetClip`.
        groups: by clip, likewise.
        class_names: where every pixel has a class.
    """
    averages = {role: averages_of(results, role, protocol, seen) for role in (*sets, TRUTH)}
    overall = {
        role: {key: float(average(every_clip_once(len(results)))[0]) for key, average in of.items()}
        for role, of in averages.items()
    }
    parts = {
        role: {
            "overall": overall[role],
            "clips": {clip: _shown(roles[role]) for clip, roles in results.items() if role in roles},
            "groups": _of_groups(averages[role], groups),
            "classes": _of_classes(results, role, class_names),
        }
        for role in averages
    }
    truth = parts.pop(TRUTH)
    return {
        "predictions": parts,
        "truth": truth if truth["clips"] else None,
    } | compared(averages, sets, resampled(len(results)))


def _over_clips(found: Sequence[Found | None], key: str) -> Average:
    """The mean of the clips' values, or of all that they are means of, where they tell its sum and count."""
    means = [_mean(each, key) for each in found]
    return mean_over_clips([total for total, _ in means], [count for _, count in means])


def _mean(found: Found | None, key: str) -> tuple[float, float]:
    if found is None:
        return math.nan, 1.0
    if key in found.get("means", {}):
        total, count = found["means"][key]
        return (float(total), float(count)) if count else (math.nan, 1.0)
    value = found["overall"].get(key)
    return (math.nan if value is None else float(value)), 1.0


def _over_objects(
    found: Sequence[Found | None], key: str, wanted: Sequence[set[str]] | None = None
) -> Average:
    """The mean over the objects of all clips, or of some of them."""
    totals, counts = [], []
    for index, each in enumerate(found):
        values = [
            float(scores[key])
            for name, scores in (each["objects"].items() if each is not None else ())
            if scores.get(key) is not None and (wanted is None or name in wanted[index])
        ]
        known = [value for value in values if not math.isnan(value)]
        totals.append(sum(known, start=0.0))
        counts.append(float(len(known)))
    return mean_over_clips(totals, counts)


def _seen_and_unseen(
    results: Results, role: str, seen: Mapping[str, Mapping[int, bool]]
) -> dict[str, Average]:
    """J and F of objects of categories known from training, and of the others; G is the mean of the four."""
    found = [roles.get(role) for roles in results.values()]
    averages = {}
    for name, wanted in (("seen", True), ("unseen", False)):
        objects = [{str(id) for id, known in seen[clip].items() if known is wanted} for clip in results]
        for key in ("jaccard", "boundary_f"):
            averages[f"{key}_{name}"] = _over_objects(found, key, objects)
    parts = list(averages.values())

    def overall(weights: Weights) -> Values:
        mean: Values = np.mean([each(weights) for each in parts], axis=0)
        return mean

    return averages | {"youtube_vos_g": overall}


def _pooled(
    weights: Weights, *, counts: Sequence[dict[str, list[int]] | None], name: str, key: str
) -> Values:
    """A score of counts that are added up over all clips; each row of weights has sums of its own."""
    stacked = _stacked(counts)
    values = [_score({part: row @ each for part, each in stacked.items()}, name, key) for row in weights]
    return np.array(values, float)


def _stacked(counts: Sequence[dict[str, list[int]] | None]) -> dict[str, NDArray[np.float64]]:
    """Counts as `clips classes`, zero where a clip has none or fewer classes."""
    parts = ("pixels", "lost", "gained")
    width = max(len(each["pixels"]) for each in counts if each is not None)
    return {
        part: np.array([_padded(() if each is None else each[part], width) for each in counts], float)
        for part in parts
    }


def _padded(values: Sequence[int], width: int) -> list[int]:
    return [*values, *[0] * (width - len(values))]


def _score(sums: Mapping[str, NDArray[np.float64]], name: str, key: str) -> float:
    counts = from_lists({part: [round(value) for value in each] for part, each in sums.items()})
    if name == "accuracy":
        return class_accuracy(counts)[key]
    recipe: Recipe = "etc" if name.endswith("_etc") else "vspw"
    return recipes_of({recipe: counts})[key]


def _of_groups(averages: Mapping[str, Average], groups: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """The scores of the clips that have something in common, such as a severity."""
    names = sorted({name for name in groups.values() if name})
    members = {name: np.array([[float(each == name) for each in groups.values()]]) for name in names}
    return {
        name: {key: float(average(weights)[0]) for key, average in averages.items()}
        for name, weights in members.items()
    }


def _of_classes(results: Results, role: str, names: Sequence[str]) -> dict[str, dict[str, float]]:
    """The IoU and the accuracy of each class over all clips."""
    sums_of = [roles[role]["sums"] for roles in results.values() if role in roles]
    counts = [sums["accuracy"] for sums in sums_of if "accuracy" in sums]
    if not counts or not names:
        return {}
    sums: Agreement = sum((from_lists(each) for each in counts[1:]), start=from_lists(counts[0]))
    iou = (sums.intersection.double() / sums.union).tolist()
    accuracy = (sums.intersection.double() / sums.pixels).tolist()
    return {
        name: {"iou": iou[index], "accuracy": accuracy[index]}
        for index, name in enumerate(names)
        if int(sums.pixels[index])
    }


def _shown(found: Found) -> dict[str, Any]:
    return {key: found[key] for key in ("frames", "overall", "objects")}
