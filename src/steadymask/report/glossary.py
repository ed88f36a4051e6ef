"""What each number of `scores.json` is called, what it means and how it is written."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeGuard

from steadymask.report.vocabulary import VOCABULARY, Metric

PERCENT = "\N{NO-BREAK SPACE}%"
"""Stays with its number at the end of a line."""

DASH, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"

_RECIPES = {"etc": "ETC", "vspw": "VSPW"}
"""Whose published script a suffix of a key stands for."""


def described(keys: Mapping[str, Any] | set[str], better: Mapping[str, str]) -> dict[str, Metric]:
    """The metrics behind `keys`, in the order of the glossary.

    A recipe is a suffix of the key and stands behind the name; a key that is not known keeps its own name.

    >>> described({"temporal_consistency_etc"}, {})["temporal_consistency_etc"].name
    "Temporal consistency, ETC's recipe"

    Args:
        keys: of `scores.json`.
        better: its `settings.better`, which wins over the glossary.
    """
    order = list(VOCABULARY)
    known = {key: _described(key) for key in keys}
    ranks = {key: order.index(family) if family else len(order) for key, (family, _) in known.items()}
    return {
        key: _with_better(known[key][1], better.get(key))
        for key in sorted(known, key=lambda key: (ranks[key], key))
    }


def written(value: float | None, metric: Metric) -> str:
    r"""A value for people; undefined is a dash.

    >>> written(0.8664, VOCABULARY["jaccard"]), written(1.2345, VOCABULARY["inconsistency"])
    ('86.6\xa0%', '1.23')
    """
    if not defined(value):
        return DASH
    if metric.share:
        return _signed(f"{100 * value:.1f}", PERCENT)
    return _signed(f"{value:.3g}" if 0.001 <= abs(value) < 999.5 or value == 0 else f"{value:.2e}", "")


def change(before: float | None, after: float | None, metric: Metric) -> str:
    r"""What happened to a value: points of percent for shares, otherwise percent of the old value.

    >>> change(0.62, 0.665, VOCABULARY["jaccard"]), change(1.2, 0.6, VOCABULARY["inconsistency"])
    ('+4.5 points', '−50\xa0%')
    """
    if not (defined(before) and defined(after)):
        return DASH
    if metric.share:
        return _signed(f"{100 * (after - before):+.1f}", " points")
    return _signed(f"{100 * (after - before) / before:+.0f}", PERCENT) if before else DASH


def gap(value: float | None, metric: Metric) -> str:
    r"""How far a value lies above another, both of one scale: points of percent for shares.

    >>> gap(-0.1234, VOCABULARY["jaccard"]), gap(0.25, VOCABULARY["inconsistency"])
    ('−12.3', '+0.25')
    """
    if not defined(value):
        return DASH
    return _signed(f"{100 * value:+.1f}" if metric.share else f"{value:+.3g}", "")


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
        (name for name in VOCABULARY if key == name or key.startswith(f"{name}_")), key=len, default=None
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
    metric = VOCABULARY[family]
    if suffix in _RECIPES:
        recipe = _RECIPES[suffix]
        meaning = f"{metric.meaning} Computed as the script of {recipe} does it."
        return family, replace(metric, name=f"{metric.name}, {recipe}'s recipe", meaning=meaning)
    return family, replace(metric, name=f"{metric.name}, {suffix}") if suffix else metric


def _with_better(metric: Metric, better: str | None) -> Metric:
    if better == "higher":
        return replace(metric, better="higher")
    return replace(metric, better="lower") if better == "lower" else metric


def _signed(number: str, unit: str) -> str:
    """With a true minus sign, and no sign before zero."""
    number = number.lstrip("+-") if float(number) == 0 else number
    return (MINUS + number[1:] if number.startswith("-") else number) + unit
