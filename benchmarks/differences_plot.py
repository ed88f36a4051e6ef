"""What rows gain and lose beside another row: accuracy to the right, steadiness upward, with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_WIDTH, _HEIGHT, _LEFT, _TOP = 460, 320, 66, 30
_COLORS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#7f7f7f")
_STEPS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)


@dataclass(frozen=True, kw_only=True)
class Gain:
    """A row's two differences, in points.

    Args:
        name: of the row.
        right: accuracy: `mean` and `interval`.
        up: steadiness: likewise.
    """

    name: str
    right: Mapping[str, Any]
    up: Mapping[str, Any]


def draw_differences(gains: Sequence[Gain], *, right: str, up: str) -> str:
    """A cross for each row, as long as its 95 % intervals; what it is compared with lies where the axes meet.

    Args:
        gains: in points.
        right: what lies to the right.
        up: what lies upward.
    """
    across = _span([value for each in gains for value in (0.0, *each.right["interval"])])
    upward = _span([value for each in gains for value in (0.0, *each.up["interval"])])
    parts = [_grid(across, upward)]
    for number, each in enumerate(gains):
        color = _COLORS[number % len(_COLORS)]
        x, y = _x(each.right["mean"], across), _y(each.up["mean"], upward)
        x0, x1 = (_x(value, across) for value in each.right["interval"])
        y0, y1 = (_y(value, upward) for value in each.up["interval"])
        parts.append(
            f'<g stroke="{color}" stroke-width="1.5"><line x1="{x0:.1f}" x2="{x1:.1f}" y1="{y:.1f}" '
            f'y2="{y:.1f}"/><line x1="{x:.1f}" x2="{x:.1f}" y1="{y0:.1f}" y2="{y1:.1f}"/></g>'
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{color}"/>'
        )
        top = _TOP + 20 * number
        parts.append(
            f'<circle cx="{_LEFT + _WIDTH + 22}" cy="{top}" r="5" fill="{color}"/>'
            f'<text x="{_LEFT + _WIDTH + 34}" y="{top + 4}">{each.name}</text>'
        )
    middle, bottom = _LEFT + _WIDTH / 2, _TOP + _HEIGHT
    parts.append(f'<text x="{middle}" y="{bottom + 42}" text-anchor="middle">{right}</text>')
    turned = f"rotate(-90 16 {_TOP + _HEIGHT / 2})"
    parts.append(
        f'<text transform="{turned}" x="16" y="{_TOP + _HEIGHT / 2}" text-anchor="middle">{up}</text>'
    )
    width, height = _LEFT + _WIDTH + 240, bottom + 60
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        f'font-size="12"><rect width="{width}" height="{height}" fill="white"/>{"".join(parts)}</svg>\n'
    )


def _grid(across: tuple[float, ...], upward: tuple[float, ...]) -> str:
    parts = []
    for tick in across:
        x, color = _x(tick, across), "#444" if tick == 0 else "#e4e4e4"
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_TOP + _HEIGHT}" stroke="{color}"/>')
        parts.append(f'<text x="{x:.1f}" y="{_TOP + _HEIGHT + 18}" text-anchor="middle">{_text(tick)}</text>')
    for tick in upward:
        y, color = _y(tick, upward), "#444" if tick == 0 else "#e4e4e4"
        parts.append(f'<line x1="{_LEFT}" x2="{_LEFT + _WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="{color}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_text(tick)}</text>')
    return "".join(parts)


def _span(values: Sequence[float]) -> tuple[float, ...]:
    """Ticks, 0 among them, that reach around all values."""
    low, high = min(values), max(values)
    step = next((each for each in _STEPS if (high - low) / each <= 8), _STEPS[-1])
    first, last = int(low // step), int(-(-high // step))
    return tuple(round(step * each, 6) for each in range(first, last + 1))


def _text(value: float) -> str:
    return f"{value:+g}".replace("-", "−") if value else "0"


def _x(value: float, ticks: tuple[float, ...]) -> float:
    return _LEFT + _WIDTH * (value - ticks[0]) / (ticks[-1] - ticks[0])


def _y(value: float, ticks: tuple[float, ...]) -> float:
    return _TOP + _HEIGHT * (1 - (value - ticks[0]) / (ticks[-1] - ticks[0]))
