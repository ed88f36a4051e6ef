"""What a result was made of, told by names, sizes and times of change, where contents would take long."""

from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from stat import S_ISLNK

from steadymask.errors import VideoError


def digest_of(sources: Sequence[Path | tuple[Path, ...]]) -> str:
    """A digest of the full names, sizes and times of change of files.

    Args:
        sources: files, folders of files, and groups of files.

    Raises:
        VideoError: one cannot be read.
    """
    full = cache(Path.resolve)  # once for a folder, not for each of its files
    try:
        facts = [_fact(full(folder), name) for source in sources for folder, name in _files(source)]
    except OSError as error:
        raise VideoError(f"{error.filename}: cannot be read: {error.strerror or error}") from error
    return sha256(repr(facts).encode(errors="surrogateescape")).hexdigest()


def _files(source: Path | tuple[Path, ...]) -> Sequence[tuple[Path, str]]:
    """The folder and name of each."""
    if isinstance(source, tuple):
        return [(file.parent, file.name) for file in source]
    if source.is_dir():
        return [(source, name) for name in sorted(each.name for each in source.iterdir())]
    return [(source.parent, source.name)]


def _fact(folder: Path, name: str) -> tuple[str, int, int]:
    file = folder / name
    found = file.lstat()
    if S_ISLNK(found.st_mode):
        file = file.resolve()
        found = file.stat()
    return str(file), found.st_size, found.st_mtime_ns
