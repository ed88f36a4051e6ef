"""A list of cuts: a text file with the frames that begin a new scene."""

from pathlib import Path

from steadymask.errors import InputError, VideoError


def read_cuts(path: Path, *, frames: int) -> frozenset[int]:
    """Read frame indices (from 0), one a line; blank lines and what follows a # are passed over.

    Args:
        path: the file.
        frames: length of the clip.

    Raises:
        InputError: a line is not the index of a frame of the clip.
        VideoError: the file cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise VideoError(f"{path}: cannot be read as a list of cuts: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise VideoError(f"{path}: cannot be read as a list of cuts: it is no text") from error
    cuts = set()
    for number, line in enumerate(lines, 1):
        text = line.split("#")[0].strip()
        if not text:
            continue
        if not text.isdecimal() or len(text) > 20 or int(text) >= frames:  # Python refuses very long numbers
            raise InputError(
                f"{path}: line {number}: wanted the index of a frame, 0 to {frames - 1}, got {text[:20]!r}"
            )
        cuts.add(int(text))
    return frozenset(cuts)
