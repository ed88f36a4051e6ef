"""What a result was made of, told by names, sizes and times of change, where contents would take long."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from steadymask.errors import VideoError


def digest_of(sources: Sequence[Path | tuple[Path, ...]]) -> str:
    """A digest of the full names, sizes and times of change of files.

    Args:
        sources: files, folders of files, and groups of files.

    Raises:
        VideoError: one cannot be read.
    """
    try:
        files = [file.resolve() for source in sources for file in _files(source)]
        facts = [(str(file), (found := file.stat()).st_size, found.st_mtime_ns) for file in files]
    except OSError as error:
        raise VideoError(f"{error.filename}: cannot be read: {error.strerror or error}") from error
    return sha256(repr(facts).encode(errors="surrogateescape")).hexdigest()


def _files(source: Path | tuple[Path, ...]) -> Sequence[Path]:
    if isinstance(source, tuple):
        return source
    return sorted(source.iterdir()) if source.is_dir() else [source]
