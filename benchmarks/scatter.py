"""Inconsistency of objects against their size, a panel for each normalizer, as an SVG drawing."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.log_scale import place, ticks

PANELS = (
    ("inconsistency_none", "no normalizer"),
    ("inconsistency_area", "by the root of the area"),
    ("inconsistency", "by the edge (default)"),
)
_COLORS = {"truth": "#0072b2", "osvos": "#e69f00"}  # Okabe and Ito's palette
_TITLES = {"truth": "truth", "osvos": "OSVOS"}
_WIDTH, _HEIGHT, _LEFT, _TOP, _GAP = 230, 220, 60, 60, 62

Point = Mapping[str, Any]


def draw_scatter(
    points: Sequence[Point], correlations: Mapping[str, Mapping[str, Mapping[str, float]]]
) -> str:
    """Root of the area to the right, inconsistency upward, both on scales of powers.

    Args:
        points: objects: `masks`, `root_area`, and a value for each normalizer.
        correlations: by masks and normalizer, `rho`.
    """
    parts = []
    for number, (key, title) in enumerate(PANELS):
        rhos = [f"{_TITLES[kind]} ρ {correlations[kind][key]['rho']:+.2f}" for kind in _COLORS]
        text = f'<text x="{_WIDTH / 2}" y="-22" text-anchor="middle" font-weight="bold">{title}</text>'
        text += f'<text x="{_WIDTH / 2}" y="-7" text-anchor="middle" fill="#444">{", ".join(rhos)}</text>'
        left = _LEFT + number * (_WIDTH + _GAP)
        body = text.replace("-0.", "−0.") + _panel(points, key)
        parts.append(f'<g transform="translate({left} {_TOP})">{body}</g>')
    width, height = _LEFT + 3 * _WIDTH + 2 * _GAP + 20, _TOP + _HEIGHT + 75
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        f'font-size="12"><rect width="{width}" height="{height}" fill="white"/>{"".join(parts)}'
        f"{_legend(height - 14)}</svg>\n"
    )


def _panel(points: Sequence[Point], key: str) -> str:
    sizes, values = ([each[name] for each in points if each[key] > 0] for name in ("root_area", key))
    across, upward = ticks(sizes), ticks(values)
    parts = [
        f'<line x1="0" x2="{_WIDTH}" y1="{(y := place(tick, upward, _HEIGHT, 0)):.1f}" y2="{y:.1f}" '
        f'stroke="#e4e4e4"/><text x="-6" y="{y + 4:.1f}" text-anchor="end" fill="#444">{tick:g}</text>'
        for tick in upward
    ]
    parts += [
        f'<text x="{place(tick, across, 0, _WIDTH):.1f}" y="{_HEIGHT + 18}" text-anchor="middle" '
        f'fill="#444">{tick:g}</text>'
        for tick in across
    ]
    for each in points:
        if each[key] > 0:
            x, y = place(each["root_area"], across, 0, _WIDTH), place(each[key], upward, _HEIGHT, 0)
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{_COLORS[each["masks"]]}" opacity="0.75">'
                f"<title>{each['clip']} {each['object']}</title></circle>"
            )
    return "".join(parts)


def _legend(y: int) -> str:
    middle = _LEFT + 1.5 * _WIDTH + _GAP
    entries = "".join(
        f'<circle cx="{_LEFT + 90 * number}" cy="{y - 4}" r="4" fill="{color}"/>'
        f'<text x="{_LEFT + 10 + 90 * number}" y="{y}">{_TITLES[kind]}</text>'
        for number, (kind, color) in enumerate(_COLORS.items())
    )
    return f'{entries}<text x="{middle}" y="{y - 18}" text-anchor="middle">root of the area, pixels</text>'
