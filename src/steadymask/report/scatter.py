"""Accuracy against flicker: one dot for each set of masks, and the truth's own flicker as a line."""

from dataclasses import dataclass, replace

from steadymask.report.evaluation_content import Content, metrics_of_sets, overall_of, sets_of, truth_of
from steadymask.report.glossary import PERCENT, defined, written
from steadymask.report.plots import HEIGHT, WIDTH, Buckets, axis, y_of
from steadymask.report.vocabulary import Metric

_FLICKER = "inconsistency"
_ACCURACIES = ("jaccard", "mean_iou")
_MOST_NAMES = 4  # of more sets, dots have numbers
_LABEL = 8.0  # percent of the height that a line of text takes
_NAME, _NUMBER = 45.0, 6.0  # percent of the width that a name or a number may take
_ROOM = 0.1  # of the way from the lowest dot to 100 %, below it


@dataclass(frozen=True)
class Dot:
    """One set of masks.

    Args:
        text: the name of the set, or its number.
        x: in the drawing's units.
        y: likewise, from the top.
        label: where the text stands, in percent from the top.
        left: whether the text stands left of the dot.
        said: its numbers in words.
    """

    text: str
    x: float
    y: float
    label: float
    left: bool
    said: str


@dataclass(frozen=True)
class Scatter:
    """The picture.

    Args:
        accuracy: what is drawn upwards.
        flicker: what is drawn to the right.
        dots: of the sets.
        legend: the names behind the numbers; empty where names stand beside the dots.
        truth: where the truth's line stands, in percent from the left; None where it has none.
        x_ticks: text and place, in percent from the left.
        y_ticks: text and place, in percent from the top.
        width: of the drawing in its own units.
        height: likewise.
    """

    accuracy: Metric
    flicker: Metric
    dots: tuple[Dot, ...]
    legend: tuple[tuple[str, str], ...]
    truth: float | None
    x_ticks: tuple[tuple[str, float], ...]
    y_ticks: tuple[tuple[str, float], ...]
    width: float = WIDTH
    height: float = HEIGHT


def scatter(content: Content) -> Scatter | None:
    """What the template draws; None unless two sets have both numbers."""
    metrics = metrics_of_sets(content)
    key = next((each for each in _ACCURACIES if each in metrics), None)
    if key is None or _FLICKER not in metrics:
        return None
    points = [
        (name, x, y)
        for name in sets_of(content)
        if defined(x := overall_of(content, name).get(_FLICKER))
        and defined(y := overall_of(content, name).get(key))
    ]
    if len(points) < 2:
        return None
    own = truth_of(content).get(_FLICKER)
    truth = (own,) if defined(own) else ()
    across = axis([_values([*(x for _, x, _ in points), *truth])], from_zero=False)
    lowest = min(y for *_, y in points)
    with_room_below = max(lowest - _ROOM * (1 - lowest), 0.0)
    up = axis([_values([*(y for *_, y in points), with_room_below])], ceiling=1.0)
    numbered = len(points) > _MOST_NAMES
    return Scatter(
        accuracy=metrics[key],
        flicker=metrics[_FLICKER],
        dots=_without_overlap(
            [
                Dot(
                    text=str(number) if numbered else name,
                    x=_percent(x, across) * WIDTH / 100,
                    y=y_of(y, up),
                    label=100 * y_of(y, up) / HEIGHT,
                    left=_percent(x, across) > 60,
                    said=f"{name}: {metrics[key].name} {written(y, metrics[key])}, flicker {x:.3g}",
                )
                for number, (name, x, y) in enumerate(points, 1)
            ],
            wide=_NUMBER if numbered else _NAME,
        ),
        legend=tuple((str(number), name) for number, (name, *_) in enumerate(points, 1)) if numbered else (),
        truth=_percent(own, across) if defined(own) else None,
        x_ticks=tuple((f"{value:g}", _percent(value, across)) for value in across),
        y_ticks=tuple((f"{100 * value:g}{PERCENT}", 100 * y_of(value, up) / HEIGHT) for value in up),
    )


def _values(values: list[float]) -> Buckets:
    return Buckets(1, tuple(values), tuple(values))


def _percent(value: float, ticks: tuple[float, ...]) -> float:
    return 100 * (value - ticks[0]) / (ticks[-1] - ticks[0])


def _without_overlap(dots: list[Dot], *, wide: float) -> tuple[Dot, ...]:
    """Texts of dots that lie side by side move down until none covers another."""
    placed: dict[int, Dot] = {}
    for index in sorted(range(len(dots)), key=lambda index: dots[index].y):
        dot = dots[index]
        for each in sorted(placed.values(), key=lambda dot: dot.label):
            if 100 * abs(each.x - dot.x) / WIDTH < wide and abs(each.label - dot.label) < _LABEL:
                dot = replace(dot, label=each.label + _LABEL)
        placed[index] = dot
    return tuple(placed[index] for index in range(len(dots)))
