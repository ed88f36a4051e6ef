"""Files appear finished or not at all: written beside their place, then renamed."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from steadymask.errors import VideoError
from steadymask.io.place import full


@contextmanager
def unfinished(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; rename it to `path` at the end, remove it after an error.

    The temporary name keeps the suffix, begins with a dot (readers of folders pass over it) and is the same
    every time, so that what a killed run left behind is written over.

    Raises:
        VideoError: the disk is full, the folder is missing or may not be written.
    """
    temporary = path.with_name(f".unfinished-{path.name}")
    try:
        yield temporary
        os.replace(temporary, path)  # noqa: PTH105  # Path.replace would hide that this is the atomic one
    except OSError as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, VideoError):
            raise
        raise VideoError(f"{path}: cannot be written: {error.strerror or error}") from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_file(path: Path, content: bytes) -> None:
    """Write `content` to `path` as a whole or not at all.

    Raises:
        VideoError: the disk is full, the folder is missing or may not be written.
    """
    with unfinished(path) as temporary:
        temporary.write_bytes(content)


def replace_with(path: Path, finished: Path) -> None:
    """Rename a finished file or folder to `path`; what was there goes only then.

    Raises:
        VideoError: it cannot be renamed.
    """
    path = full(path)
    old = _replaced(path)
    try:
        remove(old)
        if path.is_dir():
            path.rename(old)  # a folder that is not empty cannot be renamed over
        finished.replace(path)
    except OSError as error:
        raise VideoError(f"{path}: cannot be written: {error.strerror or error}") from error
    remove(old)


def clear_replaced(path: Path) -> None:
    """Remove what `replace_with` has replaced at `path`, should it have been interrupted before the end."""
    if path.exists():
        remove(_replaced(full(path)))


def _replaced(path: Path) -> Path:
    return path.with_name(f".replaced-{path.name}")


def remove(path: Path) -> None:
    """Remove a file or folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def make_folder(path: Path) -> None:
    """Make a folder, if it is not there.

    Raises:
        VideoError: it cannot be made.
    """
    try:
        path.mkdir(exist_ok=True)
    except OSError as error:
        raise VideoError(f"{path}: cannot be made: {error.strerror or error}") from error
