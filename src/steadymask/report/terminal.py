"""Scores on a terminal: one table, the verdict, what to beware of."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from steadymask.report.tables import Cell, MetricRow, metric_rows, roles_of
from steadymask.report.verdict import Scores, steadiness, verdict
from steadymask.report.vocabulary import Metric

_SHOWN = (
    "temporal_consistency",
    "warping_pixel_accuracy",
    "smoothness",
    "jaccard",
    "boundary_f",
    "recall",
    "mean_iou",
    "pixel_accuracy",
    "mean_absolute_error",
)
"""Besides flicker; the rest stands in the report."""

_STYLES = {"good": "green", "mixed": "yellow", "bad": "red", "neutral": "default"}
_CHANGES = {"better": "green", "worse": "red", "": ""}
_HEADS = {"masks": "Masks", "compare": "Compared", "truth": "Truth"}
_ARROWS = {"higher": "↑", "lower": "↓"}


def shown_scores(scores: Scores, warnings: Sequence[str]) -> list[RenderableType]:
    """What to print of `scores.json`.

    Args:
        scores: its contents.
        warnings: sentences.
    """
    said = verdict(scores)
    return [
        _table(scores),
        Text(said.headline, style=f"bold {_STYLES[said.tone]}"),
        *(Text(sentence) for sentence in said.details),
        *(Text(f"Beware: {warning}", style="yellow") for warning in warnings),
    ]


def _table(scores: Scores) -> Table:
    roles = roles_of(scores)
    table = Table(title=Text(str(scores["clip"])), title_justify="left", title_style="bold")
    table.add_column("")
    for role in roles:
        table.add_column(_HEADS[role], justify="right", no_wrap=True)
    if "compare" in roles:
        table.add_column("Change", justify="right", no_wrap=True)
    shown = (steadiness(scores), *_SHOWN)
    rows = [row for row in metric_rows(scores) if row.key in shown]
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        ends = following is not None and following.metric.kind != row.metric.kind
        table.add_row(_name(row.metric), *_cells(row), end_section=ends)
    return table


def _name(metric: Metric) -> str:
    return f"{metric.name} {_ARROWS[metric.better]}"


def _cells(row: MetricRow) -> list[Text]:
    return [Text(cell.text, style=_style(cell)) for cell in row.cells]


def _style(cell: Cell) -> str:
    return "bold" if cell.best else _CHANGES[cell.verdict]
