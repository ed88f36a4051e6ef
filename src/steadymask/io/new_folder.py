"""A result of several files appears as one folder, finished or not at all."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from steadymask.errors import VideoError
from steadymask.io.place import full, missing_folders, require_free
from steadymask.io.unfinished import remove, replace_with


@contextmanager
def new_folder(
    out: Path, *, marker: str, overwrite: bool, known: Collection[str] | None = None
) -> Iterator[Path]:
    """Give a temporary folder beside `out`; rename it to `out` at the end, remove it after an error.

    Args:
        out: the folder to make.
        marker: a file that every folder of this kind has: nothing else is ever replaced.
        overwrite: whether such a folder is replaced.
        known: all that lies in such a folder (see `require_free`).

    Raises:
        InputError: `out` exists and may not be replaced.
        VideoError: it cannot be written.
    """
    place = full(out)
    require_free(str(out), place, marker=place / marker, overwrite=overwrite, known=known)
    folder = place.with_name(f".unfinished-{place.name}")
    with missing_folders(place):
        _make(folder, out)
        try:
            yield folder
            replace_with(place, folder)
        except BaseException:
            remove(folder)
            raise


def _make(folder: Path, out: Path) -> None:
    try:
        remove(folder)
        folder.mkdir()
    except OSError as error:
        raise VideoError(f"{out}: cannot be made: {error.strerror or error}") from error
