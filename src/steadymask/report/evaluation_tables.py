"""The tables of an evaluation's page: the sets of masks by their main numbers, and all numbers."""

from dataclasses import dataclass

from steadymask.report.evaluation_cells import difference_cell, side_by_side
from steadymask.report.evaluation_content import (
    Content,
    difference_of,
    main_metrics,
    metrics_of_sets,
    overall_of,
    sets_of,
    truth_of,
)
from steadymask.report.glossary import DASH, defined, written
from steadymask.report.tables import Cell
from steadymask.report.verdict import excess
from steadymask.report.vocabulary import Metric


@dataclass(frozen=True)
class Row:
    """One set of masks, or the truth; or one metric."""

    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Column:
    """A column of the main table."""

    name: str
    kind: str
    better: str
    meaning: str


@dataclass(frozen=True)
class MainTable:
    """The sets of masks by their main numbers.

    Args:
        columns: in order; those of one kind stand together.
        rows: of the sets.
        truth: of the truth, which is no competitor; None where it was not measured.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    truth: Row | None


@dataclass(frozen=True)
class NumberRow:
    """One metric: a cell for each set, the difference of each later one from the first, and the truth's."""

    key: str
    metric: Metric
    cells: tuple[Cell, ...]
    differences: tuple[Cell, ...]
    truth: Cell


def main_table(content: Content) -> MainTable:
    """The main numbers, the share of the first set's excess flicker that is gone, and the rank sums."""
    sets, metrics = sets_of(content), main_metrics(content)
    by_kind = {
        kind: {key: metric for key, metric in metrics.items() if metric.kind == kind}
        for kind in ("stability", "accuracy")
    }
    columns: list[tuple[Column, tuple[Cell, ...], Cell]] = []
    for kind, of_kind in by_kind.items():
        columns += [_column(content, key, metric) for key, metric in of_kind.items()]
        columns += _excess_removed(content) if kind == "stability" else []
    columns += _rank_sums(content)
    truth = tuple(own for _, _, own in columns)
    return MainTable(
        columns=tuple(column for column, _, _ in columns),
        rows=tuple(Row(name, tuple(cells[at] for _, cells, _ in columns)) for at, name in enumerate(sets)),
        truth=Row("truth", truth) if any(cell.value is not None for cell in truth) else None,
    )


def number_rows(content: Content) -> list[NumberRow]:
    """Every metric."""
    sets, truth = sets_of(content), truth_of(content)
    return [
        NumberRow(
            key,
            metric,
            side_by_side([overall_of(content, name).get(key) for name in sets], metric),
            tuple(difference_cell(difference_of(content, name, key), metric) for name in sets[1:]),
            _alone(truth.get(key), metric),
        )
        for key, metric in metrics_of_sets(content).items()
    ]


def _column(content: Content, key: str, metric: Metric) -> tuple[Column, tuple[Cell, ...], Cell]:
    values = [overall_of(content, name).get(key) for name in sets_of(content)]
    return (
        Column(metric.name, metric.kind, metric.better, metric.meaning),
        side_by_side(values, metric),
        _alone(truth_of(content).get(key), metric),
    )


def _excess_removed(content: Content) -> list[tuple[Column, tuple[Cell, ...], Cell]]:
    removed = content["excess_removed"]
    if not any(defined(value) for value in removed.values()):
        return []
    column = Column(
        "Excess removed",
        "stability",
        "higher",
        "Of the first set's flicker above the truth's own, counted as a share of the picture, what is gone.",
    )
    values = [removed.get(name) for name in sets_of(content)]
    cells = [Cell(excess(value), value) if defined(value) else Cell(DASH) for value in values]
    return [(column, tuple(cells), Cell(""))]


def _rank_sums(content: Content) -> list[tuple[Column, tuple[Cell, ...], Cell]]:
    if not content["ranks"]:
        return []
    sums = [float(content["ranks"][name]["sum"]) for name in sets_of(content)]
    best = min(sums) if len(set(sums)) > 1 else None
    count = len(next(iter(content["ranks"].values()))["metrics"])
    column = Column("Rank sum", "all", "lower", f"The places of the set in all {count} metrics, added up.")
    return [(column, tuple(Cell(f"{each:g}", each, best=each == best) for each in sums), Cell(""))]


def _alone(value: float | None, metric: Metric) -> Cell:
    return Cell(written(value, metric), value if defined(value) else None)
