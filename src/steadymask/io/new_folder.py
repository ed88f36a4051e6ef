"""A result of several files appears as one folder, finished or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from steadymask.errors import VideoError, require
from steadymask.io.unfinished import remove, replace_with


@contextmanager
def new_folder(out: Path, *, marker: str, overwrite: bool) -> Iterator[Path]:
    """Give a temporary folder beside `out`; rename it to `out` at the end, remove it after an error.

    Args:
        out: the folder to make.
        marker: a file that every folder of this kind has: nothing else is ever replaced.
        overwrite: whether such a folder is replaced.

    Raises:
        InputError: `out` exists and may not be replaced.
        VideoError: it cannot be written.
    """
    place = out.absolute()
    require(overwrite or not place.exists(), f"{out}: wanted a new place, got one that exists; see overwrite")
    require(
        not place.exists() or (place / marker).is_file(),
        f"{out}: wanted a folder with {marker} to overwrite, got something else",
    )
    folder = place.with_name(f".unfinished-{place.name}")
    try:
        _make(folder, out)
        yield folder
        replace_with(place, folder)
    except BaseException:
        remove(folder)
        raise


def _make(folder: Path, out: Path) -> None:
    try:
        remove(folder)
        folder.mkdir(parents=True)
    except OSError as error:
        raise VideoError(f"{out}: cannot be made: {error.strerror or error}") from error
