"""The numbers of a report as rows of cells: metrics overall, and objects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from steadymask.report.glossary import change, defined, described, improves, written
from steadymask.report.verdict import Scores, overall, section
from steadymask.report.vocabulary import Metric


@dataclass(frozen=True)
class Cell:
    """One number of a table.

    Args:
        text: for people.
        value: to sort by; None sorts last.
        best: whether it is emphasised as the better of the two kinds of masks.
        verdict: of a change: "better", "worse" or "".
    """

    text: str
    value: float | None = None
    best: bool = False
    verdict: str = ""


@dataclass(frozen=True)
class MetricRow:
    """One metric: a cell for each role, then, where two sets of masks are compared, the change."""

    key: str
    metric: Metric
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class ObjectRow:
    """One object: a cell for each metric and role."""

    name: str
    cells: tuple[Cell, ...]


def roles_of(scores: Scores) -> tuple[str, ...]:
    """Whose numbers there are: "masks", then "compare" and "truth" where given."""
    return ("masks", *(role for role in ("compare", "truth") if scores.get(role)))


def metrics_of(scores: Scores, part: str) -> dict[str, Metric]:
    """The metrics that stand in a part of the scores, in the order of the glossary."""
    better = scores.get("settings", {}).get("better", {})
    keys: set[str] = set()
    for role in roles_of(scores):
        content = section(scores, role, part)
        keys |= {key for each in content.values() for key in each} if part == "objects" else set(content)
    return described(keys, better)


def metric_rows(scores: Scores) -> list[MetricRow]:
    """Every metric overall. The truth is a floor, not a competitor: it is never the best."""
    roles = roles_of(scores)
    return [
        MetricRow(key, metric, _cells([overall(scores, role).get(key) for role in roles], metric, roles))
        for key, metric in metrics_of(scores, "overall").items()
    ]


def object_rows(scores: Scores, metrics: Mapping[str, Metric], roles: Sequence[str]) -> list[ObjectRow]:
    """Every object that any role has, in the order of their ids; cells metric by metric, role by role."""
    parts = {role: section(scores, role, "objects") for role in roles}
    names = sorted({name for part in parts.values() for name in part}, key=lambda name: (len(name), name))
    return [
        ObjectRow(
            name,
            tuple(
                cell
                for key, metric in metrics.items()
                for cell in _cells(
                    [parts[role].get(name, {}).get(key) for role in roles], metric, roles, changes=False
                )
            ),
        )
        for name in names
    ]


def _cells(
    values: Sequence[float | None], metric: Metric, roles: Sequence[str], *, changes: bool = True
) -> tuple[Cell, ...]:
    compared = dict(zip(roles, values, strict=True))
    if "compare" not in compared:
        return tuple(Cell(written(value, metric), value if defined(value) else None) for value in values)
    before, after = compared["masks"], compared["compare"]
    better = improves(before, after, metric)
    best = {None: "", True: "compare", False: "masks"}[better]
    cells = tuple(
        Cell(written(value, metric), value if defined(value) else None, best=role == best)
        for role, value in compared.items()
    )
    verdict = {None: "", True: "better", False: "worse"}[better]
    return (*cells, Cell(change(before, after, metric), verdict=verdict)) if changes else cells
