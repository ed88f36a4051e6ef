"""Writes the table of recipes in docs/train.md from their docstrings: `python docs/recipe_table.py`."""

import inspect
from collections.abc import Callable
from functools import partial
from pathlib import Path

from steadymask.recipes.by_name import RECIPES

PAGE = Path(__file__).parent / "train.md"
BEGIN, END = "<!-- recipes: written by `python docs/recipe_table.py` -->\n", "<!-- end of recipes -->"


def table() -> str:
    """All recipes by name: what the docstring says first, and with which settings."""
    rows = [_row(name, recipe) for name, recipe in RECIPES.items()]
    return "\n".join(["", "| recipe | what it trains | with |", "|---|---|---|", *rows, "", ""])


def page(text: str) -> str:
    """The page with the table as it should be."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + table() + END + rest.split(END, maxsplit=1)[1]


def _row(name: str, recipe: Callable[..., object]) -> str:
    given = recipe.keywords if isinstance(recipe, partial) else {}
    recipe = recipe.func if isinstance(recipe, partial) else recipe
    options = [each for each in inspect.signature(recipe).parameters.values() if each.name != "given"]
    settings = {each.name: each.default for each in options if each.default is not None} | given
    first = (recipe.__doc__ or "").splitlines()[0].removesuffix(".")
    return f"| `{name}` | {first} | {', '.join(_said(*each) for each in settings.items())} |"


def _said(name: str, value: object) -> str:
    if isinstance(value, tuple):
        value = " ".join(map(str, value)) or "none"
    return f"{name.replace('_', ' ')}: {value}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
