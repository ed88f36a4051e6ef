"""Writes docs/cli.md from the verbs' signatures and docstrings: `python docs/cli_reference.py`."""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import steadymask
from steadymask.cli import VERBS

PAGE = Path(__file__).parent / "cli.md"

_TOP = """# Command line

Generated from the docstrings by `python docs/cli_reference.py`; `steadymask VERB --help` says the same.

Exit codes: 0 done; 1 bad input (one line on the error stream says which) or a clip of a batch failed; 2 wrong
flags; 130 stopped by Ctrl-C. A progress bar shows where there is a terminal.
"""


def reference() -> str:
    """The whole page."""
    return "\n".join([_TOP, *(_section(name, getattr(steadymask, name)) for name in VERBS)])


def _section(name: str, verb: Callable[..., object]) -> str:
    summary, body, _ = _parts(verb)
    rows = list(_rows(verb))
    places = " ".join(["steadymask", name, *(flag for flag, required, *_ in rows if required)])
    table = [f"| `{flag}` | {values} | {default} | {text} |" for flag, _, values, default, text in rows]
    head = ["| | value | default | meaning |", "|---|---|---|---|"]
    return "\n".join([f"## {name}", "", summary, "", "```", places, "```", "", *body, *head, *table, ""])


def _rows(owner: Callable[..., object]) -> Iterator[tuple[str, bool, str, str, str]]:
    """Flag, whether it is a place instead, values, default and meaning of each parameter."""
    meanings = _parts(owner)[2]
    for name, parameter in inspect.signature(owner, eval_str=True).parameters.items():
        if name == "progress":  # no flag
            continue
        if is_dataclass(parameter.annotation):
            yield from _rows(parameter.annotation)
            continue
        required = parameter.default is inspect.Parameter.empty
        flag = name.upper() if required else f"--{name.replace('_', '-')}"
        yield (
            flag,
            required,
            _values(parameter.annotation),
            _default(parameter.default),
            meanings[name].replace("None:", "without:"),
        )


def _parts(owner: Callable[..., object]) -> tuple[str, list[str], dict[str, str]]:
    """First line, further paragraphs, and meaning of each argument of a Google-style docstring."""
    text, _, rest = (inspect.getdoc(owner) or "").partition("\n\nArgs:\n")
    summary, *body = text.split("\n\n")
    entries = re.findall(r"^ {4}(\w+): (.*(?:\n {8,}.*)*)", rest.partition("\n\n")[0], re.MULTILINE)
    paragraphs = [line for each in body for line in (" ".join(each.split()), "")]
    return summary, paragraphs, {name: " ".join(each.split()) for name, each in entries}


def _values(annotation: Any) -> str:  # noqa: ANN401  # annotations have no common type
    if get_origin(annotation) in (UnionType, Union):
        return " or ".join(_values(each) for each in get_args(annotation) if each is not type(None))
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{each}`" for each in get_args(annotation))
    if get_origin(annotation) is tuple:
        kinds = [each for each in get_args(annotation) if each is not ...]
        return " ".join(_values(each) for each in kinds) + (" …" if ... in get_args(annotation) else "")
    return {bool: "", int: "INT", float: "FLOAT", str: "TEXT", Path: "PATH"}[annotation]


def _default(value: object) -> str:
    if any(value is each for each in (None, False, inspect.Parameter.empty)):  # 0 is a default
        return ""
    return f"`{' '.join(map(str, value)) if isinstance(value, tuple) else value}`"


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
