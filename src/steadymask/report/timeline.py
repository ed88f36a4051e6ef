"""The curves of every metric that has one number a frame, drawn and ready to be read under a cursor."""

from collections.abc import Mapping, Sequence
from typing import Any

from steadymask.report.glossary import PERCENT, defined
from steadymask.report.plots import HEIGHT, WIDTH, Buckets, axis, buckets, path, x_of, y_of
from steadymask.report.tables import metrics_of, roles_of
from steadymask.report.verdict import Scores, flicker, overall, section
from steadymask.report.vocabulary import Metric

_MOST_CUTS = 200


def length(scores: Scores) -> int:
    """Frames of the clip: of the longest series; 0 without any."""
    return max((len(values) for values in section(scores, "masks", "frames").values()), default=0)


def timeline(
    scores: Scores, *, times: Sequence[float], cuts: Sequence[int], worst: Sequence[int]
) -> dict[str, Any] | None:
    """What the template draws; None where no metric has a series.

    Args:
        scores: the contents of `scores.json`.
        times: seconds of each frame; empty where unknown.
        cuts: frames that begin a new scene; the first 200 are drawn.
        worst: the frames to mark, worst first.
    """
    frames = length(scores)
    charts = [
        _chart(key, metric, series)
        for key, metric in metrics_of(scores, "frames").items()
        if (series := _series(scores, key))
    ]
    if not charts:
        return None
    size = max(each.size for chart in charts for each in chart["buckets"].values())
    return {
        "charts": charts,
        "frames": frames,
        "size": size,
        "width": WIDTH,
        "height": HEIGHT,
        "cuts": [(cut, x_of(cut, frames)) for cut in cuts[:_MOST_CUTS]],
        "marks": [(number, 100 * x_of(index, frames) / WIDTH) for number, index in enumerate(worst, 1)],
        "data": _hover_data(charts, frames, size, times),
    }


def _series(scores: Scores, key: str) -> dict[str, Buckets]:
    """By role; roles without a single number are left out."""
    gathered = {role: buckets(_values(scores, role, key)) for role in roles_of(scores)}
    return {role: each for role, each in gathered.items() if any(value is not None for value in each.low)}


def _values(scores: Scores, role: str, key: str) -> Sequence[float | None]:
    """The series of a metric; flicker as the verdict states it, for each pixel of one edge."""
    values: Sequence[float | None] = section(scores, role, "frames").get(key, ())
    own, shared = overall(scores, role).get(key), flicker(scores, role)
    if key != "inconsistency" or not own or not defined(shared):
        return values
    return [None if value is None else value * shared / own for value in values]


def _chart(key: str, metric: Metric, series: Mapping[str, Buckets]) -> dict[str, Any]:
    ticks = axis(list(series.values()), ceiling=1.0 if metric.share else None)
    return {
        "key": key,
        "metric": metric,
        "buckets": series,
        "paths": {role: path(each, ticks) for role, each in series.items()},
        "ticks": [(_tick(value, metric), 100 * y_of(value, ticks) / HEIGHT) for value in ticks],
    }


def _tick(value: float, metric: Metric) -> str:
    return f"{100 * value:g}{PERCENT}" if metric.share else f"{value:g}"


def _hover_data(
    charts: Sequence[Mapping[str, Any]], frames: int, size: int, times: Sequence[float]
) -> dict[str, Any]:
    starts = range(0, frames, size)
    return {
        "first": charts[0]["key"],
        "frames": frames,
        "size": size,
        "times": [round(times[start], 3) for start in starts] if times else [],
        "charts": {
            chart["key"]: {
                "share": chart["metric"].share,
                "series": {
                    role: [_short(each.low)] if each.size == 1 else [_short(each.low), _short(each.high)]
                    for role, each in chart["buckets"].items()
                },
            }
            for chart in charts
        },
    }


def _short(values: Sequence[float | None]) -> list[float | None]:
    return [None if value is None else float(f"{value:.6g}") for value in values]
