"""Numbers of several sets of masks side by side, as cells of a table."""

from collections.abc import Sequence

from steadymask.report.evaluation_content import Numbers, has_interval, is_sure
from steadymask.report.glossary import defined, gap, written
from steadymask.report.tables import Cell
from steadymask.report.vocabulary import Metric


def side_by_side(values: Sequence[float | None], metric: Metric) -> tuple[Cell, ...]:
    """The same number of each set; those that read like the best one are emphasized, unless all do.

    >>> from steadymask.report.vocabulary import VOCABULARY
    >>> [cell.best for cell in side_by_side([0.5, 0.7001, 0.7, None], VOCABULARY["jaccard"])]
    [False, True, True, False]
    """
    texts = [written(value, metric) for value in values]
    known = [value for value in values if defined(value)]
    best = written((max if metric.better == "higher" else min)(known), metric) if known else ""
    told_apart = len(set(texts)) > 1
    return tuple(
        Cell(text, value if defined(value) else None, best=told_apart and text == best)
        for text, value in zip(texts, values, strict=True)
    )


def difference_cell(difference: Numbers, metric: Metric) -> Cell:
    """What a set has above the first one, with its interval; good or bad only where that is sure."""
    mean, low, high = (difference.get(part) for part in ("mean", "low", "high"))
    text = gap(mean, metric)
    if has_interval(difference):
        text += f" [{gap(low, metric)}, {gap(high, metric)}]"
    if not is_sure(difference) or not defined(mean):
        return Cell(text, mean)
    return Cell(text, mean, verdict="better" if (mean > 0) == (metric.better == "higher") else "worse")
