"""Where the results of `stabilize` may go: nothing that is needed, or that it did not write, is replaced."""

from collections.abc import Sequence
from pathlib import Path

from steadymask.errors import require
from steadymask.io.mask_format import MaskFormat
from steadymask.io.place import full, refuse_inputs, require_free

_PREVIEWS = (".mp4", ".mov", ".mkv", ".m4v")
_MASKS = (".png", ".npz")
_FILES = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".npz", ".png", ".json", ".txt")


def check_result(out: Path, format: MaskFormat, inputs: Sequence[Path | None]) -> None:
    """Refuse a result on top of an input, or of a name that promises another kind of file.

    Raises:
        InputError: `out` cannot be the place of masks in `format`.
    """
    refuse_inputs(str(out), out, inputs, is_file=format.single_file)
    suffix = out.suffix.lower()
    if format.single_file:
        require(
            suffix == format.suffix.lower(),
            f"{out}: wanted a name that ends in {format.suffix} for masks in this format; see format",
        )
    else:
        require(
            suffix not in _FILES, f"{out}: wanted the name of a folder for masks in this format; see format"
        )


def check_preview(preview: Path, out: Path, inputs: Sequence[Path | None]) -> None:
    """Refuse a preview on top of an input or of the result, or that is no video.

    Raises:
        InputError: `preview` cannot be the place of a video.
    """
    what = f"preview: {preview}"
    require(preview.suffix.lower() in _PREVIEWS, f"{what}: wanted a name that ends in {', '.join(_PREVIEWS)}")
    require(not preview.is_dir(), f"{what}: wanted a file, got a folder")
    refuse_inputs(what, preview, inputs, is_file=True)
    require(not full(preview).is_relative_to(full(out)), f"{what}: wanted a place outside the result {out}")


def check_free(out: Path, preview: Path | None, *, marker: Path, overwrite: bool) -> None:
    """Refuse to replace what is there, unless told; and what this task has never written, even then.

    Raises:
        InputError: something is there.
    """
    masks = [each.name for each in out.iterdir() if each.suffix in _MASKS] if out.is_dir() else []
    known = [marker.name, *masks] if marker.parent == out else None
    require_free(str(out), out, marker=marker, overwrite=overwrite, known=known)
    require(
        overwrite or preview is None or not preview.exists(),
        f"preview: {preview}: wanted a new place, got one that exists; see overwrite",
    )
