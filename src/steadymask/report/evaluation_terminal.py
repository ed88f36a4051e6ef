"""An evaluation on a terminal: a table of the main numbers, the differences in words."""

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from steadymask.report.evaluation_content import Content, clips_of, sets_of, warnings_in
from steadymask.report.evaluation_tables import MainTable, main_table
from steadymask.report.evaluation_words import caution, findings, floor_note
from steadymask.report.tables import Cell

_ARROWS = {"higher": "↑", "lower": "↓"}


def shown_evaluation(content: Content) -> list[RenderableType]:
    """What to print of `evaluation.json`.

    Args:
        content: its contents.
    """
    said = [*findings(content), caution(content)] if len(sets_of(content)) > 1 else []
    said.append(floor_note(content))
    warnings = [Text(f"Beware: {each}", style="yellow") for each in warnings_in(content)]
    return [_table(content), *(Text(sentence) for sentence in said if sentence), *warnings]


def _table(content: Content) -> Table:
    """The sets are columns, so that a terminal has room for many numbers."""
    main = main_table(content)
    table = Table(title=Text(_title(content)), title_justify="left", title_style="bold")
    table.add_column("")
    for row in main.rows:
        table.add_column(Text(row.name), justify="right", overflow="fold")
    if main.truth is not None:
        table.add_column("the truth", justify="right", no_wrap=True, style="dim")
    for at, column in enumerate(main.columns):
        ends = at + 1 < len(main.columns) and main.columns[at + 1].kind != column.kind
        name = f"{column.name} {_ARROWS[column.better]}"
        table.add_row(name, *(_text(cell) for cell in _cells(main, at)), end_section=ends)
    return table


def _title(content: Content) -> str:
    clips = len(clips_of(content))
    return str(content["dataset"]) + (f", {clips} clip{'' if clips == 1 else 's'}" if clips else "")


def _cells(main: MainTable, at: int) -> list[Cell]:
    own = [] if main.truth is None else [main.truth.cells[at]]
    if main.columns[at].kind != "stability":
        own = [Cell("") for _ in own]
    return [*(row.cells[at] for row in main.rows), *own]


def _text(cell: Cell) -> Text:
    return Text(cell.text, style="bold" if cell.best else "")
