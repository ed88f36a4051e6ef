"""Curves over time as SVG paths; a long clip is gathered into buckets that keep its spikes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from steadymask.errors import require

Values = Sequence[float | None]
"""One number a frame; None (or NaN) where it is undefined."""

_FINEST = 1e-6  # no ticks closer than this: smaller values are zero to the eye

WIDTH, HEIGHT = 1000.0, 240.0
"""Of the drawing, in its own units; the page stretches it."""


@dataclass(frozen=True)
class Buckets:
    """A series gathered into at most as many buckets as can be drawn.

    Args:
        size: frames a bucket; the last one may hold fewer.
        low: smallest value of each bucket, None where all are undefined.
        high: largest value of each bucket.
    """

    size: int
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]


def buckets(values: Values, *, most: int = 1000) -> Buckets:
    """Gather a series into at most `most` buckets of equally many frames.

    >>> buckets([1.0, 9.0, 2.0, None], most=2)
    Buckets(size=2, low=(1.0, 2.0), high=(9.0, 2.0))
    """
    require(most >= 1, f"most: wanted at least 1, got {most}")
    size = max(-(-len(values) // most), 1)
    parts = [_known(values[start : start + size]) for start in range(0, len(values), size)]
    low = tuple(min(part, default=None) for part in parts)
    return Buckets(size, low, tuple(max(part, default=None) for part in parts))


def axis(
    series: Sequence[Buckets], *, ceiling: float | None = None, from_zero: bool = True
) -> tuple[float, ...]:
    """Four to six round ticks that enclose all values.

    Args:
        series: what will be drawn.
        ceiling: 1 for shares, which the axis must not pass; such an axis need not begin at 0.
        from_zero: whether other axes begin at 0, or near the smallest value.
    """
    lows = [value for each in series for value in each.low if value is not None]
    highs = [value for each in series for value in each.high if value is not None]
    top = max(highs, default=1.0)
    bottom = min([*lows, 0.0] if from_zero or not lows else lows)
    if ceiling is not None and lows and 0.5 * ceiling < min(lows) < ceiling >= top:
        bottom, top = min(lows), ceiling
    step = _round_step(max((top - bottom) / 4, _FINEST) if top > bottom else 0.25)
    first, last = math.floor(bottom / step + 1e-9), math.ceil(top / step - 1e-9)
    return tuple(round(n * step, 10) for n in range(first, max(last, first + 1) + 1))


def path(series: Buckets, ticks: Sequence[float]) -> str:
    """The SVG path of a series: a line, or a band from the smallest to the largest value of each bucket.

    Undefined values leave a gap; a lone value becomes a dot.
    """
    pieces = (_piece(series, run, ticks) for run in _runs(series.low))
    return "".join(pieces)


def x_of(index: int, frames: int) -> float:
    """Where frame `index` of a clip of `frames` frames is drawn; a clip of one frame stands in the middle."""
    return WIDTH / 2 if frames <= 1 else WIDTH * index / (frames - 1)


def y_of(value: float, ticks: Sequence[float]) -> float:
    """Where a value is drawn; 0 is the top."""
    return HEIGHT * (1 - (value - ticks[0]) / (ticks[-1] - ticks[0]))


def _piece(series: Buckets, run: range, ticks: Sequence[float]) -> str:
    high = _points(series.high, run, ticks)
    if len(run) == 1 and series.low[run[0]] == series.high[run[0]]:
        return f"M{high[0]}h0"
    if series.size == 1:
        return "M" + "L".join(high)
    return "M" + "L".join(high + _points(series.low, run, ticks)[::-1]) + "Z"


def _points(values: Values, run: range, ticks: Sequence[float]) -> list[str]:
    first, span = x_of(0, len(values)), WIDTH / max(len(values) - 1, 1)
    bottom, scale = ticks[0], HEIGHT / (ticks[-1] - ticks[0])
    return [f"{first + n * span:.1f} {HEIGHT - ((values[n] or 0.0) - bottom) * scale:.1f}" for n in run]


def _runs(values: Values) -> list[range]:
    starts = [n for n, value in enumerate(values) if value is not None and (n == 0 or values[n - 1] is None)]
    ends = [
        n + 1
        for n, value in enumerate(values)
        if value is not None and (n + 1 == len(values) or values[n + 1] is None)
    ]
    return [range(start, end) for start, end in zip(starts, ends, strict=True)]


def _known(values: Values) -> list[float]:
    return [value for value in values if value is not None and math.isfinite(value)]


def _round_step(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= step * (1 - 1e-9))
