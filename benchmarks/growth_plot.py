"""How the cost of measures grows, a panel for each axis, as an SVG drawing."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.log_scale import place, ticks

_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00")  # Okabe and Ito's palette
_TITLES = {"frames": "frames", "objects": "objects", "pixels": "pixels of a frame"}
_WIDTH, _HEIGHT, _LEFT, _TOP, _GAP = 230, 220, 60, 60, 62


def draw_growth(axes: Mapping[str, Mapping[str, Any]]) -> str:
    """Size to the right, processor time upward, both on scales of powers; the dashed line is linear.

    Args:
        axes: by name `sizes`, and for each of the `measures` its `cpu_ms` and `exponent`.
    """
    parts = []
    for number, (name, axis) in enumerate(axes.items()):
        left = _LEFT + number * (_WIDTH + _GAP)
        parts.append(f'<g transform="translate({left} {_TOP})">{_panel(_TITLES[name], axis)}</g>')
    width, height = _LEFT + 3 * _WIDTH + 2 * _GAP + 20, _TOP + _HEIGHT + 75
    legend = _legend(list(next(iter(axes.values()))["measures"]), height - 14)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        f'font-size="12"><rect width="{width}" height="{height}" fill="white"/>{"".join(parts)}'
        f"{legend}</svg>\n"
    )


def _panel(title: str, axis: Mapping[str, Any]) -> str:
    sizes, measures = axis["sizes"], axis["measures"]
    across, upward = sizes, ticks([each for found in measures.values() for each in found["cpu_ms"]])
    parts = [f'<text x="{_WIDTH / 2}" y="-14" text-anchor="middle" font-weight="bold">{title}</text>']
    parts += [
        f'<line x1="0" x2="{_WIDTH}" y1="{(y := place(tick, upward, _HEIGHT, 0)):.1f}" y2="{y:.1f}" '
        f'stroke="#e4e4e4"/><text x="-6" y="{y + 4:.1f}" text-anchor="end" fill="#444">{tick:g}</text>'
        for tick in upward
    ]
    parts += [
        f'<text x="{place(size, across, 0, _WIDTH):.1f}" y="{_HEIGHT + 18}" text-anchor="middle" '
        f'fill="#444">{_short(size)}</text>'
        for size in sizes
    ]
    linear = [upward[0] * size / sizes[0] for size in sizes]

    def line(times: Sequence[float], look: str) -> str:
        places = (
            f"{place(size, across, 0, _WIDTH):.1f},{place(time, upward, _HEIGHT, 0):.1f}"
            for size, time in zip(sizes, times, strict=True)
        )
        return f'<polyline points="{" ".join(places)}" fill="none" stroke-width="2" {look}/>'

    parts.append(line(linear, 'stroke="#888" stroke-dasharray="4 3"'))
    for color, found in zip(_COLORS, measures.values(), strict=True):
        parts.append(line(found["cpu_ms"], f'stroke="{color}"'))
    return "".join(parts)


def _legend(names: Sequence[str], y: int) -> str:
    entries = [
        f'<line x1="{160 * number}" x2="{160 * number + 22}" y1="{y - 4}" y2="{y - 4}" stroke="{color}" '
        f'stroke-width="2"/><text x="{160 * number + 28}" y="{y}">{name}</text>'
        for number, (color, name) in enumerate(zip(_COLORS, names, strict=True))
    ]
    middle = _LEFT + 1.5 * _WIDTH + _GAP
    return f'<g transform="translate({middle - 80 * len(names):.0f} 0)">{"".join(entries)}</g>'


def _short(size: int) -> str:
    return f"{size / 1e6:.1f} M" if size >= 1e5 else str(size)
