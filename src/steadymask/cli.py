"""The command line: a table of verbs, one flag per parameter. The only file that prints or exits."""

import sys
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from collections.abc import Iterator
from typing import Any

import tyro
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from steadymask.errors import SteadymaskError
from steadymask.tasks.demo import demo
from steadymask.tasks.score import score
from steadymask.tasks.stabilize import stabilize

VERBS: dict[str, Callable[..., Any]] = {"score": score, "stabilize": stabilize, "demo": demo}
