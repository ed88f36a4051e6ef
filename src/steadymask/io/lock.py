"""A place at which one run works at a time."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from steadymask.errors import InputError

if sys.platform != "win32":
    from fcntl import LOCK_EX, LOCK_NB, flock


@contextmanager
def alone(out: Path, file: Path) -> Iterator[None]:
    """Work on `out` alone, among all runs that lock the same file; a killed run holds it no longer.

    Where the file system knows no locks, nothing is held.

    Raises:
        InputError: another run holds it.
        OSError: the file cannot be made.
    """
    held = os.open(file, os.O_RDWR | os.O_CREAT)
    try:
        _lock(out, held, file)
        yield
    finally:
        os.close(held)


def _lock(out: Path, held: int, file: Path) -> None:
    if sys.platform == "win32":
        return
    busy = InputError(f"{out}: wanted a place that no other run is writing, got one that is being written")
    try:
        flock(held, LOCK_EX | LOCK_NB)
    except BlockingIOError as error:
        raise busy from error
    except OSError:
        return  # the file system knows no locks
    try:
        same = os.fstat(held).st_ino == file.stat().st_ino
    except FileNotFoundError:
        same = False
    if not same:  # the other run finished in between, and took the file away
        raise busy
