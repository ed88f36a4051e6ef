"""Where a result may go: a new place or that of an older result, never on top of what it is made of."""

import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from steadymask.errors import InputError, VideoError, require


def full(path: Path) -> Path:
    """The path from the root, without `.` and `..`, so that it has a name; links stay links.

    >>> full(Path("/clips/../masks/.")).name
    'masks'
    """
    return Path(os.path.abspath(path))  # noqa: PTH100  # `Path.absolute` keeps `..`


def refuse_inputs(what: str, place: Path, inputs: Iterable[Path | None], *, is_file: bool = False) -> None:
    """Raise if writing to `place` would replace an input, or a folder that holds one.

    Args:
        what: how messages name the place.
        place: where a result is to go.
        inputs: files and folders; None stands for none.
        is_file: the result is a file, which would be taken for one more frame inside a folder of them.

    Raises:
        InputError: it would.
    """
    real = _real(place)
    for each in inputs:
        if each is None:
            continue
        if _real(each).is_relative_to(real):
            raise InputError(f"{what}: wanted a place apart from the input, got one that is or holds {each}")
        if is_file and real.parent == _real(each):
            raise InputError(f"{what}: wanted a place apart from the input, got one inside {each}")


def refuse_among(what: str, place: Path, folders: Iterable[Path]) -> None:
    """Raise if `place` is a folder of clips, or would be taken for one more of them.

    Args:
        what: how messages name the place.
        place: where results are to go.
        folders: folders of clips.

    Raises:
        InputError: it is, or would.
    """
    real = _real(place)
    for each in folders:
        if _real(each) in (real, real.parent):
            raise InputError(
                f"{what}: wanted a place apart from the input, got one among the clips of {each}"
            )


def require_free(
    what: str, place: Path, *, marker: Path, overwrite: bool, known: Collection[str] | None = None
) -> None:
    """Raise unless `place` is new, or is an older result that may be replaced.

    Args:
        what: how messages name the place.
        place: where a result is to go.
        marker: a file that every result of this kind comes with: nothing else is ever replaced.
        overwrite: whether such a result is replaced.
        known: all that lies in a result; where something else does that is not hidden, it is not replaced.
            None: anything.

    Raises:
        InputError: something is there that may not be replaced.
    """
    if not os.path.lexists(place):
        return
    require(overwrite, f"{what}: wanted a new place, got one that exists; see overwrite")
    require(marker.is_file(), f"{what}: wanted a folder with {marker.name} to overwrite, got something else")
    if known is not None:
        names = {each.name for each in place.iterdir() if not each.name.startswith(".")}
        foreign = sorted(names.difference(known))
        require(
            not foreign,
            f"{what}: wanted nothing but an older result to overwrite, got {', '.join(foreign)} too",
        )


@contextmanager
def missing_folders(place: Path) -> Iterator[None]:
    """Make the folders above `place` that are missing; after an error, those go again that are empty.

    Raises:
        VideoError: they cannot be made.
    """
    above = list(full(place).parents)
    try:
        missing = [folder for folder in above if not folder.exists()]
        above[0].mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise VideoError(f"{place}: cannot be made: {error.strerror or error}") from error
    try:
        yield
    except BaseException:
        with suppress(OSError):  # the first that is not empty
            for folder in missing:
                folder.rmdir()
        raise


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))  # `Path.resolve` raises where a link leads to itself
