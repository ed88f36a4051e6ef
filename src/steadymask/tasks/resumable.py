"""What tells whether a result is finished, and whether interrupted work on it can be taken up again."""

from pathlib import Path

from steadymask.errors import SteadymaskError
from steadymask.io.mask_format import MaskFormat


def manifest_of(result: Path, format: MaskFormat) -> Path:
    """Where the manifest of a result lies: in its folder, or beside its file."""
    return (
        result.with_name(f"{result.name}.manifest.json") if format.single_file else result / "manifest.json"
    )


def is_there(frame: Path) -> bool:
    """Whether a finished frame is there, and was on the disk before the system went down."""
    return frame.exists() and frame.stat().st_size > 0


def may_pass(error: SteadymaskError) -> bool:
    """Whether the same run may go on later: the system refused (a full disk), the input may be right."""
    return isinstance(error.__cause__, OSError) and error.__cause__.errno is not None
