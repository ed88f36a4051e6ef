"""The command line: a table of verbs, one flag per parameter. The only file that prints or exits."""

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from io import TextIOWrapper
from typing import Any, NoReturn

import tyro
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from steadymask import __version__
from steadymask.errors import SteadymaskError

VERBS = {
    "score": "Measure how steady masks are and, with truth, how accurate.",
    "stabilize": "Take the flicker out of masks that exist already; they keep their format and names.",
    "train": "Train or fine-tune a network for steadiness.",
    "segment": "Make masks of a video with a network that sees each frame by itself.",
    "evaluate": "Score a whole data set by its own protocol, several sets of masks side by side.",
    "synthesize": "Make short sequences of one labelled picture, with exactly known motion and visibility.",
    "demo": "Show the whole story on a drawn clip: flickering masks, scores, stable masks, scores again.",
}
"""The first line of each verb's docstring: a verb loads (with torch: seconds) only when it is called."""

_RESUMABLE = ("evaluate", "segment", "stabilize", "synthesize", "train")

_STYLE = (
    tyro.conf.PositionalRequiredArgs,
    tyro.conf.PositionalMetavarFromFieldName,
    tyro.conf.DisallowNone,  # "{None}|PATH" says less than PATH
    tyro.conf.OmitArgPrefixes,
    tyro.conf.FlagCreatePairsOff,
    tyro.conf.SuppressFixed,  # the progress bars, which no flag sets
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one verb; bad input is one line on the error stream and exit code 1."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    if arguments in (["--version"], ["-V"]):
        Console(highlight=False).print(f"steadymask {__version__}")
        return
    for stream in (sys.stdout, sys.stderr):  # names may be no text, and terminals may lack letters
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        with _Bars(errors) as bars:
            result = _run(arguments, bars)
        _print(result)
    except SteadymaskError as error:
        _fail(errors, str(error))
    except KeyboardInterrupt:
        kept = "; what is finished is kept: run again with --resume" if arguments[0] in _RESUMABLE else ""
        errors.print(f"stopped{kept}")
        sys.exit(130)
    except BrokenPipeError:  # whoever read our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:  # the system refuses: no permission, a name too long
        _fail(errors, f"{error.filename}: {error.strerror}" if error.filename else str(error))
    if getattr(result, "failed", ()):
        sys.exit(1)


def _fail(errors: Console, message: str) -> NoReturn:
    errors.print(" ".join(message.split()), markup=False, style="red")
    sys.exit(1)


def _run(arguments: Sequence[str], bars: "_Bars") -> Any:  # noqa: ANN401  # each verb has a result of its own
    if not arguments or arguments[0] not in VERBS:
        return _explain(arguments)
    name = arguments[0]
    verb = getattr(import_module(f"steadymask.tasks.{name}"), name)
    call = partial(verb, progress=bars.show)
    call.__doc__ = verb.__doc__
    return tyro.cli(call, prog=f"steadymask {name}", args=list(arguments[1:]), config=_STYLE)


def _explain(arguments: Sequence[str]) -> None:
    """The page of all verbs; a usage error where no verb was named."""
    tyro.extras.subcommand_cli_from_dict(
        {name: _page(summary) for name, summary in VERBS.items()},
        prog="steadymask",
        description="Measure the flicker of masks in a video, and remove it.",
        args=list(arguments),
    )


def _page(summary: str) -> Callable[[], None]:
    def page() -> None: ...

    page.__doc__ = summary
    return page


def _print(result: Any) -> None:  # noqa: ANN401
    from steadymask.tasks.shown import shown  # noqa: PLC0415  # loads torch

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    for each in shown(result):
        in_one_piece = isinstance(each, Text) and bool(each.no_wrap)
        console.print(each, soft_wrap=in_one_piece)


class _Bars:
    """A progress bar with the time left for each thing that is being done; none where nobody looks."""

    def __init__(self, console: Console) -> None:
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal)
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
