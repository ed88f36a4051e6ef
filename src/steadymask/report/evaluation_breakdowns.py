"""An evaluation taken apart: by clip, by object, by class, by group; one metric at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from steadymask.report.evaluation_cells import side_by_side
from steadymask.report.evaluation_content import Content, Numbers, clips_of, overall_of, sets_of, truth_of
from steadymask.report.glossary import defined, described, written
from steadymask.report.tables import Cell
from steadymask.report.vocabulary import Metric

_OF_CLASSES = {
    "iou": Metric(
        "IoU",
        "accuracy",
        "higher",
        True,
        "Overlap of mask and truth as a share of their union, over all clips.",
    ),
    "accuracy": Metric(
        "Accuracy", "accuracy", "higher", True, "Share of the class's true pixels that have its label."
    ),
}
_Name = tuple[str, ...]
_Table = Mapping[_Name, Numbers]
"""By the names of a row, such as clip and object."""


@dataclass(frozen=True)
class Label:
    """What stands at the head of a row, and what it is sorted by."""

    text: str
    order: float


@dataclass(frozen=True)
class Breakdown:
    """A table of which one metric is shown at a time.

    Args:
        id: of the section.
        title: above the table.
        heads: of the columns that name a row.
        rows: the names of each row.
        metrics: that can be chosen.
        values: by metric, row by row: a number for each set, then the truth's, where it has one.
        totals: by metric the same of the whole data set; empty where there is none.
        truth: whether the last column is the truth's.
    """

    id: str
    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Label, ...], ...]
    metrics: Mapping[str, Metric]
    values: Mapping[str, Sequence[Sequence[float | None]]]
    totals: Mapping[str, Sequence[float | None]]
    truth: bool

    @property
    def first(self) -> str:
        """The metric that is shown first."""
        return next(iter(self.metrics))

    def cells(self, row: int) -> tuple[Cell, ...]:
        """A row of the metric that is shown first."""
        return self._cells(self.values[self.first][row], self.metrics[self.first])

    def total_cells(self) -> tuple[Cell, ...]:
        """The whole data set, likewise."""
        return self._cells(self.totals[self.first], self.metrics[self.first])

    def has_floor(self, key: str) -> bool:
        """Whether the truth has numbers of a metric."""
        return self.truth and any(defined(row[-1]) for row in self.values[key])

    def data(self) -> dict[str, Any]:
        """What the script shows of the other metrics."""
        return {
            key: {
                "share": metric.share,
                "better": metric.better,
                "floor": self.has_floor(key),
                "note": note(metric),
                "values": [[_short(value) for value in row] for row in self.values[key]],
                "total": [_short(value) for value in self.totals.get(key, ())],
            }
            for key, metric in self.metrics.items()
        }

    def _cells(self, values: Sequence[float | None], metric: Metric) -> tuple[Cell, ...]:
        if not self.truth:
            return side_by_side(values, metric)
        own = values[-1]
        return (*side_by_side(values[:-1], metric), Cell(written(own, metric), own if defined(own) else None))


def note(metric: Metric) -> str:
    """What a metric means, and which way is better."""
    arrow = "↑" if metric.better == "higher" else "↓"
    return f"{arrow} {metric.better.capitalize()} is better. {metric.meaning}"


def breakdowns(content: Content) -> list[Breakdown]:
    """All that there are: clips, groups, objects, classes."""
    frames, parts = clips_of(content), _parts(content)
    found = (
        _breakdown(
            content,
            "clips",
            "Clips",
            ("Clip", "Frames"),
            [
                {(clip, str(frames.get(clip, ""))): each["overall"] for clip, each in part["clips"].items()}
                for part in parts
            ],
        ),
        _breakdown(content, "groups", "Groups", ("Group",), [_by_name(part["groups"]) for part in parts]),
        _breakdown(
            content,
            "objects",
            "Objects",
            ("Clip", "Object"),
            [_by_object(part["clips"]) for part in parts],
            totals=False,
        ),
        _breakdown(
            content,
            "classes",
            "Classes",
            ("Class",),
            [_by_name(part["classes"]) for part in parts],
            totals=False,
        ),
    )
    return [each for each in found if each is not None]


def _by_name(scores: Content) -> _Table:
    return {(name,): each for name, each in scores.items()}


def _by_object(clips: Content) -> _Table:
    return {(clip, id): scores for clip, each in clips.items() for id, scores in each["objects"].items()}


def _parts(content: Content) -> list[Content]:
    """The sets, then the truth where it was measured."""
    truth = content["truth"]
    return [*content["predictions"].values(), *([] if truth is None else [truth])]


def _breakdown(
    content: Content, id: str, title: str, heads: _Name, tables: Sequence[_Table], *, totals: bool = True
) -> Breakdown | None:
    names = list(dict.fromkeys(chain(*tables)))
    sets = len(sets_of(content))
    scored = {
        key: None
        for table in tables[:sets]
        for numbers in table.values()
        for key, value in numbers.items()
        if defined(value)
    }
    if not scored:
        return None
    metrics = _described(set(scored), content)
    truth = len(tables) > sets and any(
        defined(value) for row in tables[-1].values() for value in row.values()
    )
    shown = tables if truth else tables[:sets]
    return Breakdown(
        id=id,
        title=title,
        heads=heads,
        rows=_labels(names),
        metrics=metrics,
        values={
            key: [[table.get(name, {}).get(key) for table in shown] for name in names] for key in metrics
        },
        totals={key: _total(content, key, truth=truth) for key in metrics} if totals else {},
        truth=truth,
    )


def _described(keys: set[str], content: Content) -> dict[str, Metric]:
    of_classes = {key: metric for key, metric in _OF_CLASSES.items() if key in keys}
    return of_classes | described(keys - set(of_classes), content["settings"].get("better", {}))


def _total(content: Content, key: str, *, truth: bool) -> list[float | None]:
    own = [truth_of(content).get(key)] if truth else []
    return [*(overall_of(content, name).get(key) for name in sets_of(content)), *own]


def _labels(names: Sequence[_Name]) -> tuple[tuple[Label, ...], ...]:
    """Numbers sort as numbers, all else in the order of the data set."""
    orders = [
        {text: float(at) for at, text in enumerate(dict.fromkeys(column))}
        for column in zip(*names, strict=True)
    ]
    return tuple(
        tuple(
            Label(text, float(text) if text.isdecimal() else order[text])
            for text, order in zip(name, orders, strict=True)
        )
        for name in names
    )


def _short(value: float | None) -> float | None:
    """Nine digits: more than are shown, so that they round as the whole number does."""
    return float(f"{value:.9g}") if defined(value) else None
