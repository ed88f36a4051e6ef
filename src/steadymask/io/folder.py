"""A folder with one file per frame: which files count, in which order, under which stems."""

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from steadymask.errors import VideoError


def natural(text: str) -> tuple[tuple[int, int | str], ...]:
    """A key that sorts numbers by value: `frame2` before `frame10`.

    >>> sorted(["frame10", "frame2"], key=natural)
    ['frame2', 'frame10']
    """
    return tuple((0, int(part)) if part.isdecimal() else (1, part) for part in re.findall(r"\d+|\D+", text))


def frame_files(folder: Path, suffixes: Sequence[str]) -> tuple[Path, ...]:
    """The files of `folder` with one of `suffixes`, hidden ones left out, in natural order of stems.

    Raises:
        VideoError: the folder is missing or cannot be read, or two files have the same stem.
    """
    try:
        found = [p for p in folder.iterdir() if p.suffix.lower() in suffixes and not p.name.startswith(".")]
    except OSError as error:
        raise VideoError(f"{folder}: cannot be read: {error.strerror or error}") from error
    files = tuple(sorted(found, key=lambda p: (natural(p.stem), p.name)))
    for a, b in pairwise(files):
        if a.stem == b.stem:
            raise VideoError(f"{folder}: wanted one file per frame, got both {a.name} and {b.name}")
    return files


def numbered(count: int) -> tuple[str, ...]:
    """The stems of frames that have none: their indices with five digits.

    >>> numbered(2)
    ('00000', '00001')
    """
    return tuple(f"{index:05d}" for index in range(count))
