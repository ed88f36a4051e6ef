"""A folder of clips: all cores, a process for each clip, and one bad clip does not stop the others."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from steadymask.errors import SteadymaskError
from steadymask.tasks.interrupts import deaf_to_interrupts
from steadymask.tasks.progress import Progress

Result = TypeVar("Result")
Workers = Literal["spawned", "forked", "threads"]
"""Processes that start anew, copies of this process, or its threads."""


@dataclass(frozen=True, kw_only=True)
class Batch(Generic[Result]):
    """What became of the clips of a folder.

    Args:
        done: results, by the clip's name.
        failed: messages, by the clip's name.
    """

    done: Mapping[str, Result]
    failed: Mapping[str, str]


def run_batch(
    what: str,
    verb: Callable[..., Result],
    clips: Mapping[str, Mapping[str, Any]],
    *,
    workers: int | None,
    progress: Progress,
    kind: Workers = "spawned",
) -> Batch[Result]:
    """Call `verb` for every clip, in processes of their own, or in threads of this one.

    Args:
        what: name of the work, for the progress.
        verb: called with the arguments of a clip; it must be importable by name.
        clips: arguments, by the clip's name.
        workers: processes or threads; None: one for each core.
        progress: told of every finished clip.
        kind: of workers. Forked ones start at once, where `can_fork` says so. Threads do, too; worth it where
            `verb` hardly holds the interpreter's lock.
    """
    done: dict[str, Result] = {}
    failed: dict[str, str] = {}
    with _pool(min(workers or os.cpu_count() or 1, len(clips)), kind) as pool:
        with deaf_to_interrupts():
            names = {pool.submit(verb, **arguments): name for name, arguments in clips.items()}
        for count, future in enumerate(as_completed(names), start=1):
            try:
                done[names[future]] = future.result()
            except (SteadymaskError, OSError) as error:
                failed[names[future]] = str(error)
            except BrokenProcessPool:
                failed[names[future]] = "its process was ended from outside; memory may be short"
            progress(what, count, len(clips))
    return Batch(
        done={name: done[name] for name in clips if name in done},
        failed={name: failed[name] for name in clips if name in failed},
    )


@contextmanager
def _pool(workers: int, kind: Workers) -> Iterator[Executor]:
    """Workers that an interrupt stops: processes at once, threads after the clip that each is at."""
    if kind == "threads":
        with ThreadPoolExecutor(workers) as pool:
            try:
                yield pool
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        return
    # Spawned unless told: a forked copy of a process with threads, as PyTorch and OpenCV have them, may hang.
    context = multiprocessing.get_context("fork" if kind == "forked" else "spawn")
    processes = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin)
    with processes, _ended_when_interrupted():
        yield processes


def _begin() -> None:
    """Begin the life of a worker process: it ends when told, and with the one that it works for."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a copy would have that one's handler
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)  # killed; what it held locked is to be free


@contextmanager
def _ended_when_interrupted() -> Iterator[None]:
    """End the processes that were started within after an interrupt: what they finished is kept on disk."""
    others = set(multiprocessing.active_children())
    try:
        yield
    except KeyboardInterrupt:
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
        raise
