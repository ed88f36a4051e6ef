"""The command line: a table of verbs, one flag per parameter. The only file that prints or exits."""

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import tyro
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from steadymask import __version__
from steadymask.errors import SteadymaskError
from steadymask.report.terminal import shown
from steadymask.tasks.demo import demo
from steadymask.tasks.score import score
from steadymask.tasks.stabilize import stabilize

VERBS: dict[str, Callable[..., Any]] = {"score": score, "stabilize": stabilize, "demo": demo}

_STYLE = (
    tyro.conf.PositionalRequiredArgs,
    tyro.conf.OmitArgPrefixes,
    tyro.conf.FlagCreatePairsOff,
    tyro.conf.SuppressFixed,  # the progress bars, which no flag sets
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one verb; bad input is one line on the error stream and exit code 1."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    if arguments in (["--version"], ["-V"]):
        print(f"steadymask {__version__}")
        return
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        with _Bars(errors) as bars:
            result = _run(arguments, bars)
        for each in shown(result):
            Console(highlight=False).print(each)
    except SteadymaskError as error:
        errors.print(" ".join(str(error).split()), markup=False, style="red")
        sys.exit(1)
    except KeyboardInterrupt:
        errors.print("stopped; what is finished is kept: run again with --resume")
        sys.exit(130)
    except BrokenPipeError:  # whoever read our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    if getattr(result, "failed", ()):
        sys.exit(1)


def _run(arguments: Sequence[str], bars: "_Bars") -> Any:
    verbs = {name: partial(verb, progress=bars.show) for name, verb in VERBS.items()}
    for name, each in verbs.items():
        each.__doc__ = VERBS[name].__doc__
    return tyro.extras.subcommand_cli_from_dict(
        verbs,
        prog="steadymask",
        description="Measure the flicker of masks in a video, and remove it.",
        args=list(arguments),
        config=_STYLE,
    )


class _Bars:
    """A progress bar with the time left for each thing that is being done."""

    def __init__(self, console: Console) -> None:
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        self._progress = Progress(*columns, console=console)
        self._bars: dict[str, TaskID] = {}

    def __enter__(self) -> "_Bars":
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()

    def show(self, what: str, done: int, of: int) -> None:
        if not self._bars:
            self._progress.start()  # not before: a usage error or a help page needs no bar
        if what not in self._bars:
            self._bars[what] = self._progress.add_task(what, total=of)
        self._progress.update(self._bars[what], completed=done, total=of)
