"""An evaluation on a terminal."""

from io import StringIO
from typing import Any

from evaluations import evaluation
from rich.console import Console

from steadymask.report.evaluation_terminal import shown_evaluation


def printed(content: Any, width: int = 100) -> str:
    written = StringIO()
    console = Console(file=written, width=width, highlight=False)
    for each in shown_evaluation(content):
        console.print(each)
    return written.getvalue()


def rows(text: str) -> dict[str, list[str]]:
    """The cells of each row of the table, by what stands at its head."""
    lines = [line.strip("│ ").split("│") for line in text.splitlines() if "│" in line]
    return {first.strip(): [cell.strip(" ") for cell in rest] for first, *rest in lines}


def test_sets_are_columns_and_the_truth_has_stability_only() -> None:
    found = rows(printed(evaluation({"first": 2.0, "second": 1.0})))
    assert found["Flicker (inconsistency) ↓"] == ["2", "1", "0.5"]
    assert found["Excess removed ↑"][:2] == ["–", "50\N{NO-BREAK SPACE}%"]
    assert found["J&F ↑"][:2] == ["80.0\N{NO-BREAK SPACE}%", "90.0\N{NO-BREAK SPACE}%"]
    assert found["Rank sum ↓"][:2] == ["2", "1"]
    assert "".join(found["J&F ↑"][2:] + found["Rank sum ↓"][2:]) == ""


def test_differences_are_said_where_there_are_several_sets() -> None:
    assert "second against first: Flicker" in printed(evaluation({"first": 2.0, "second": 1.0}), width=200)
    alone = printed(evaluation({"first": 2.0}))
    assert "against" not in alone
    assert "Rank sum" not in alone


def test_names_are_no_markup_and_long_ones_are_not_cut() -> None:
    name = "[red]" + "z" * 90
    text = printed(evaluation({name: 2.0, "second": 1.0}), width=80)
    table = text.split("Rank sum")[0]
    assert "[red]" in table
    assert table.count("z") == 90
