"""The trade-off of steadiness against accuracy, a curve for each method, as an SVG drawing."""

from collections.abc import Callable, Mapping, Sequence

Points = Sequence[tuple[float, Mapping[str, float]]]
"""Strength, and the figures there: "reduction", "jaccard", "boundary_f", in percent points."""

_COLORS = {  # Okabe and Ito's palette: distinct to color-blind eyes too
    "motion": "#0072b2",
    "motion-live": "#56b4e9",
    "gaussian": "#e69f00",
    "median": "#d55e00",
    "average": "#cc79a7",
    "guided": "#009e73",
}
_WIDTH, _HEIGHT, _LEFT, _TOP, _GAP = 400, 300, 60, 50, 90  # of a panel, and around it
_PANELS = (("jaccard", "change of J, points"), ("boundary_f", "change of F, points"))

Scale = Callable[[float], float]


def draw_curves(curves: Mapping[str, Points], *, titles: Mapping[str, str]) -> str:
    """Two panels: reduction of inconsistency to the right, change of J and of F upward; up and right is best.

    Args:
        curves: points by method.
        titles: what the legend calls the methods.
    """
    parts = []
    for number, (key, label) in enumerate(_PANELS):
        left = _LEFT + number * (_WIDTH + _GAP)
        parts.append(f'<g transform="translate({left} {_TOP})">{_panel(curves, key, label)}</g>')
    width, height = _LEFT + 2 * _WIDTH + _GAP + 20, _TOP + _HEIGHT + 60
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        f'font-size="12"><rect width="{width}" height="{height}" fill="white"/>'
        f"{_legend(curves, titles)}{''.join(parts)}</svg>\n"
    )


def _panel(curves: Mapping[str, Points], key: str, label: str) -> str:
    figures = [each for points in curves.values() for _, each in points]
    across = _ticks([0.0, *(each["reduction"] for each in figures)], steps=(10, 20, 50))
    upward = _ticks([0.0, *(each[key] for each in figures)], steps=(0.5, 1, 2, 5, 10, 20))
    x, y = _scale(across, 0, _WIDTH), _scale(upward, _HEIGHT, 0)
    parts = [_rule(y(tick), tick) for tick in upward]
    parts += [
        f'<text x="{x(tick):.1f}" y="{_HEIGHT + 18}" text-anchor="middle" fill="#444">{_text(tick)}</text>'
        for tick in across
    ]
    middle = _HEIGHT / 2
    parts += [
        f'<text x="{_WIDTH / 2}" y="{_HEIGHT + 40}" text-anchor="middle">inconsistency removed, %</text>',
        f'<text transform="translate(-42 {middle}) rotate(-90)" text-anchor="middle">{label}</text>',
    ]
    for method, points in curves.items():
        places = [(x(each["reduction"]), y(each[key]), strength) for strength, each in points]
        parts.append(_curve(places, color=_COLORS[method], bold=method.startswith("motion")))
    return "".join(parts)


def _rule(y: float, tick: float) -> str:
    color = "#888" if tick == 0 else "#e4e4e4"
    return (
        f'<line x1="0" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="{color}"/>'
        f'<text x="-8" y="{y + 4:.1f}" text-anchor="end" fill="#444">{_text(tick)}</text>'
    )


def _curve(places: Sequence[tuple[float, float, float]], *, color: str, bold: bool) -> str:
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in places)
    radius, width = (4, 2.5) if bold else (3, 1.5)
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}"><title>strength {strength:g}</title></circle>'
        for x, y, strength in places
    )
    return (
        f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="{width}"/>'
        f'<g fill="{color}">{dots}</g>'
    )


def _legend(curves: Mapping[str, Points], titles: Mapping[str, str]) -> str:
    return "".join(
        f'<g transform="translate({_LEFT + 150 * number} 22)">'
        f'<line x2="18" stroke="{_COLORS[method]}" stroke-width="3"/>'
        f'<text x="24" y="4">{titles[method].replace("*", "")}</text></g>'
        for number, method in enumerate(curves)
    )


def _ticks(values: Sequence[float], *, steps: Sequence[float]) -> list[float]:
    """At most eight multiples of one of the steps that enclose all values."""
    for step in steps:
        first, last = int(min(values) // step), -int(-max(values) // step)
        if last - first < 8 or step == steps[-1]:
            break
    return [step * number for number in range(first, max(last, first + 1) + 1)]


def _scale(ticks: Sequence[float], start: float, end: float) -> Scale:
    return lambda value: start + (end - start) * (value - ticks[0]) / (ticks[-1] - ticks[0])


def _text(tick: float) -> str:
    return f"{tick:g}".replace("-", "−")
