"""What each number of `scores.json` is called, what it means and how it is written."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeGuard

Kind = Literal["stability", "accuracy"]
Better = Literal["higher", "lower"]


@dataclass(frozen=True)
class Metric:
    """One metric for people.

    Args:
        name: in words.
        kind: "stability" or "accuracy".
        better: which way is better.
        share: whether it lies in [0, 1] and is written in percent.
        meaning: one sentence.
    """

    name: str
    kind: Kind
    better: Better
    share: bool
    meaning: str


PERCENT = "\N{NO-BREAK SPACE}%"
"""Stays with its number at the end of a line."""

DASH, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"

_METRICS = {
    "inconsistency": Metric(
        "Flicker (inconsistency)", "stability", "lower", False,
        "Pixels that change their label although the motion does not explain it, counted from a frame to its "
        "neighbors and back, for each pixel of the masks' edge.",
    ),
    "inconsistency_by_masks_boundary": Metric(
        "Flicker, on one scale", "stability", "lower", False,
        "Flickering pixels for each pixel of the edge of the masks, also of compare and truth: a longer edge "
        "makes none of them look steadier.",
    ),
    "inconsistency_area": Metric(
        "Flicker, by area", "stability", "lower", False,
        "The same for each unit of the square root of the objects' area.",
    ),
    "inconsistency_none": Metric(
        "Flicker, not normalized", "stability", "lower", False,
        "The same as a share of the picture.",
    ),
    "temporal_consistency": Metric(
        "Temporal consistency", "stability", "higher", True,
        "How well a mask, moved along the motion, covers the next one: the overlap of the two as a share "
        "of their union.",
    ),
    "warping_pixel_accuracy": Metric(
        "Warping pixel accuracy", "stability", "higher", True,
        "Share of pixels that keep their label when a frame's mask is moved along the motion onto the next.",
    ),
    "smoothness": Metric(
        "Smoothness", "stability", "lower", False,
        "How much the masks change when they are blurred in time; it does not know motion, so that moving "
        "objects cost, and it grows with the length of the clip.",
    ),
    "temporal_stability": Metric(
        "Contour instability (DAVIS T)", "stability", "lower", False,
        "How much the outline changes its shape from one frame to the next.",
    ),
    "stability_rate": Metric(
        "Stability rate", "stability", "higher", True,
        "Share of pixels whose label agrees with the previous frame's, moved along the motion.",
    ),
    "video_consistency_8": Metric(
        "Video consistency, 8 frames", "stability", "higher", True,
        "Of the pixels whose true label stays the same for 8 frames, the share that is right throughout.",
    ),
    "video_consistency_16": Metric(
        "Video consistency, 16 frames", "stability", "higher", True,
        "Of the pixels whose true label stays the same for 16 frames, the share that is right throughout.",
    ),
    "jaccard_and_boundary_f": Metric(
        "J&F", "accuracy", "higher", True, "The mean of region overlap J and boundary accuracy F.",
    ),
    "jaccard": Metric(
        "Region overlap J", "accuracy", "higher", True,
        "Overlap of mask and truth as a share of their union (Jaccard index, IoU), mean over frames.",
    ),
    "boundary_f": Metric(
        "Boundary accuracy F", "accuracy", "higher", True,
        "How well the mask's outline meets the true outline within a small tolerance, mean over frames.",
    ),
    "recall": Metric(
        "Recall", "accuracy", "higher", True, "Share of the true object's pixels that the mask covers.",
    ),
    "mean_iou": Metric(
        "Mean IoU", "accuracy", "higher", True,
        "Overlap of mask and truth as a share of their union, mean over classes.",
    ),
    "pixel_accuracy": Metric(
        "Pixel accuracy", "accuracy", "higher", True, "Share of pixels with the true label.",
    ),
    "mean_absolute_error": Metric(
        "Mean absolute error", "accuracy", "lower", True,
        "Mean difference between mask and truth over all pixels: for hard masks, the share of wrong pixels.",
    ),
    "jaccard_recall": Metric(
        "J recall", "accuracy", "higher", True, "Share of frames whose region overlap J exceeds 50 %.",
    ),
    "boundary_f_recall": Metric(
        "F recall", "accuracy", "higher", True, "Share of frames whose boundary accuracy F exceeds 50 %.",
    ),
    "jaccard_decay": Metric(
        "J decay", "accuracy", "lower", True,
        "Region overlap J in the first quarter of the clip less that in the last: what is lost.",
    ),
    "boundary_f_decay": Metric(
        "F decay", "accuracy", "lower", True,
        "Boundary accuracy F in the first quarter of the clip less that in the last: what is lost.",
    ),
}  # fmt: skip


def described(keys: Mapping[str, Any] | set[str], better: Mapping[str, str]) -> dict[str, Metric]:
    """The metrics behind `keys`, in the order of the glossary.

    A recipe is a suffix of the key and stands behind the name; a key that is not known keeps its own name.

    Args:
        keys: of `scores.json`.
        better: its `settings.better`, which wins over the glossary.
    """
    order = list(_METRICS)
    known = {key: _described(key) for key in keys}
    ranks = {key: order.index(family) if family else len(order) for key, (family, _) in known.items()}
    return {
        key: _with_better(known[key][1], better.get(key))
        for key in sorted(known, key=lambda key: (ranks[key], key))
    }


def written(value: float | None, metric: Metric) -> str:
    r"""A value for people; undefined is a dash.

    >>> written(0.8664, _METRICS["jaccard"]), written(1.2345, _METRICS["inconsistency"])
    ('86.6\xa0%', '1.23')
    """
    if not defined(value):
        return DASH
    if metric.share:
        return f"{100 * value:.1f}{PERCENT}"
    return f"{value:.3g}" if 0.001 <= abs(value) < 1000 or value == 0 else f"{value:.2e}"


def change(before: float | None, after: float | None, metric: Metric) -> str:
    r"""What happened to a value: points of percent for shares, otherwise percent of the old value.

    >>> change(0.62, 0.665, _METRICS["jaccard"]), change(1.2, 0.6, _METRICS["inconsistency"])
    ('+4.5 points', '−50\xa0%')
    """
    if not (defined(before) and defined(after)):
        return DASH
    if metric.share:
        return _signed(f"{100 * (after - before):+.1f}", " points")
    return _signed(f"{100 * (after - before) / before:+.0f}", PERCENT) if before else DASH


def improves(before: float | None, after: float | None, metric: Metric) -> bool | None:
    """Whether a value went the better way; None where it did not move or is undefined."""
    if not (defined(before) and defined(after)) or abs(after - before) < 5e-4 * (
        1 if metric.share else abs(before)
    ):
        return None
    return (after > before) == (metric.better == "higher")


def defined(value: float | None) -> TypeGuard[float]:
    """Whether there is a number."""
    return value is not None and math.isfinite(value)


def _described(key: str) -> tuple[str | None, Metric]:
    family = max(
        (name for name in _METRICS if key == name or key.startswith(f"{name}_")), key=len, default=None
    )
    if family is None:
        return None, Metric(
            key.replace("_", " ").capitalize(),
            "stability",
            "higher",
            False,
            "Described in the documentation.",
        )
    suffix = key[len(family) :].strip("_").replace("_", " ")
    metric = _METRICS[family]
    return family, replace(metric, name=f"{metric.name}, {suffix}") if suffix else metric


def _with_better(metric: Metric, better: str | None) -> Metric:
    if better == "higher":
        return replace(metric, better="higher")
    return replace(metric, better="lower") if better == "lower" else metric


def _signed(number: str, unit: str) -> str:
    """With a true minus sign, and no sign before zero."""
    number = number.lstrip("+-") if float(number) == 0 else number
    return number.replace("-", MINUS) + unit
