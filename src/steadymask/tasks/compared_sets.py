"""Several sets of masks of one data set against each other: places, differences, excess removed."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from steadymask.data.lineup import TRUTH
from steadymask.metrics.inconsistency import excess_removed
from steadymask.report.glossary import described
from steadymask.tasks.comparison import Average, Weights, difference, every_clip_once, ranks, scored


def compared(
    averages: Mapping[str, Mapping[str, Average]], sets: Sequence[str], weights: Weights
) -> dict[str, Any]:
    """The sets of masks against each other: `ranks`, `differences`, `excess_removed`.

    Args:
        averages: by set (and for the truth, where it was measured) and metric.
        sets: in order; the first is what the others are compared with.
        weights: of clips, see `resampled`.
    """
    once = every_clip_once(weights.shape[1])
    overall = {name: {key: float(of(once)[0]) for key, of in each.items()} for name, each in averages.items()}
    return {
        "ranks": _ranks(overall, sets),
        "differences": _differences(averages, sets, weights),
        "excess_removed": _excess_removed(averages, sets, clips=weights.shape[1]),
    }


def better_of(keys: Iterable[str]) -> dict[str, str]:
    """By metric which way is better."""
    return {key: metric.better for key, metric in described(set(keys), {}).items()}


def _ranks(overall: Mapping[str, Mapping[str, float]], sets: Sequence[str]) -> dict[str, Any]:
    """The place of each set by metric, and the sum of its places; nothing to rank with one set alone."""
    if len(sets) < 2:
        return {}
    keys = list(dict.fromkeys(key for name in sets for key in overall[name]))
    better = better_of(keys)
    by_metric = {
        key: ranks(
            {name: overall[name].get(key, math.nan) for name in sets},
            higher_is_better=better[key] == "higher",
        )
        for key in keys
    }
    complete = {key: places for key, places in by_metric.items() if len(places) == len(sets)}
    return {
        name: {
            "metrics": {key: places[name] for key, places in complete.items()},
            "sum": sum(places[name] for places in complete.values()),
        }
        for name in sets
    }


def _differences(
    averages: Mapping[str, Mapping[str, Average]], sets: Sequence[str], weights: Weights
) -> list[dict[str, Any]]:
    """Each later set against each earlier one, metric by metric."""
    if len(sets) < 2:
        return []
    drawn = {
        name: {key: scored(average, weights) for key, average in averages[name].items()} for name in sets
    }
    return [
        {
            "from": before,
            "to": after,
            "metrics": {
                key: asdict(difference(drawn[after][key], drawn[before][key], clips=weights.shape[1]))
                for key in drawn[after]
                if key in drawn[before]
            },
        }
        for number, before in enumerate(sets)
        for after in sets[number + 1 :]
    ]


def _excess_removed(
    averages: Mapping[str, Mapping[str, Average]], sets: Sequence[str], *, clips: int
) -> dict[str, float]:
    """Of the flicker of the first set above the truth's own, the share that each other set lacks.

    Only clips count in which the truth's own is known.
    """
    key = "inconsistency_none"
    if key not in averages.get(TRUTH, {}):
        return dict.fromkeys(sets[1:], math.nan)
    known = np.isfinite(averages[TRUTH][key](np.eye(clips)))[None].astype(float)
    flicker = {
        role: float(averages[role][key](known)[0]) if key in averages[role] else math.nan
        for role in (*sets, TRUTH)
    }
    before, floor = flicker[sets[0]], flicker[TRUTH]
    return {name: excess_removed(before, flicker[name], floor) for name in sets[1:]}
