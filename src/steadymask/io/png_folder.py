"""A folder of mask PNGs: what kind it holds, decided once from all files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from steadymask.errors import InputError
from steadymask.io.label_colors import blended_ids, read_colors
from steadymask.io.mask_format import PngFormat, ReadAs
from steadymask.io.mask_frame import MaskFrame
from steadymask.io.mask_png import read_mask_png
from steadymask.io.png import PngHeader, read_header, read_png


@dataclass(frozen=True, kw_only=True)
class PngFolder:
    """A folder of PNGs whose kind is known.

    Args:
        files: one per frame.
        size: (h, w) of all of them.
        format: what kind they are.
        decision: how they are read, in a sentence.
    """

    files: tuple[Path, ...]
    size: tuple[int, int]
    format: PngFormat
    decision: str

    @property
    def count(self) -> int:
        """Number of frames."""
        return len(self.files)

    @property
    def stems(self) -> tuple[str, ...]:
        """Names of the frames."""
        return tuple(file.stem for file in self.files)

    def frames(self, start: int = 0) -> Iterator[MaskFrame]:
        """Read the frames from `start` on; void is not told apart yet."""
        return map(self.frame, range(start, self.count))

    def frame(self, index: int) -> MaskFrame:
        """Read one frame."""
        file = self.files[index]
        png = read_png(file)
        _check_like_first(file, png.header, self.size, self.format.color, self.format.depth)
        return read_mask_png(png, self.format, index)


def open_png_folder(
    files: Sequence[Path],
    *,
    read_as: ReadAs | None = None,
    colors: Path | None = None,
    void: int | None = None,
) -> PngFolder:
    """Look at every header, and at pixels as far as needed, to say what kind of masks these are.

    Raises:
        InputError: files of several kinds or sizes, alpha, blended colors, or grey levels that may be either
            ids or probabilities.
        VideoError: a file cannot be read.
    """
    headers = [read_header(file) for file in files]
    first = headers[0]
    for file, header in zip(files, headers, strict=True):
        _check_kind(file, header)
        _check_like_first(file, header, first.size, first.color, first.depth)
    if colors is not None and first.color != "rgb":
        raise InputError(
            f"colors: wanted RGB pictures to read with a table, got {first.depth}-bit {first.color} PNG"
        )
    png, decision = _decide(files, headers, read_as, colors, void)
    folder = PngFolder(files=tuple(files), size=first.size, format=replace(png, void=void), decision=decision)
    if not png.soft and not png.binary and not png.colors:
        _refuse_blends(folder)
    return folder


def _check_kind(file: Path, header: PngHeader) -> None:
    if "alpha" in header.color:
        raise InputError(f"{file}: wanted a mask without alpha channel, got {header.color}; save it without")
    if header.color == "rgb" and header.depth != 8:
        raise InputError(f"{file}: wanted RGB with 8 bits a channel, got {header.depth}")


def _check_like_first(file: Path, header: PngHeader, size: tuple[int, int], color: str, depth: int) -> None:
    if header.size != size:
        wanted, got = (f"{h} x {w}" for h, w in (size, header.size))
        raise InputError(f"{file}: wanted height x width {wanted} as in the first mask, got {got}")
    # Writers shorten the indices of a palette to the bits that a frame needs.
    if header.color != color or (header.depth != depth and color != "palette"):
        raise InputError(
            f"{file}: wanted {depth}-bit {color} as the first mask, got {header.depth}-bit {header.color}"
        )


def _decide(
    files: Sequence[Path],
    headers: Sequence[PngHeader],
    read_as: ReadAs | None,
    colors: Path | None,
    void: int | None,
) -> tuple[PngFormat, str]:
    first = headers[0]
    if read_as == "probability":
        if first.color == "palette" or first.depth < 8:
            raise InputError(
                f"read_as: {files[0]}: wanted 8- or 16-bit grey for probabilities, "
                f"got {first.depth}-bit {first.color}"
            )
        color: Literal["rgb", "grey"] = "rgb" if first.color == "rgb" else "grey"
        png = PngFormat(color=color, depth=first.depth, soft=True, transparency=first.transparency)
        return png, f"{first.depth}-bit {color} PNG: probabilities of one object, {2**first.depth - 1} is 1"
    if first.color == "palette":
        palette, transparency = _one_palette(files, headers)
        depth = max(header.depth for header in headers)
        png = PngFormat(color="palette", depth=depth, palette=palette, transparency=transparency)
        return png, "palette PNG: ids are palette indices"
    if first.color == "rgb":
        if colors is None:
            return PngFormat(color="rgb"), "RGB PNG: ids are R + 256 G + 65536 B"
        return PngFormat(
            color="rgb", colors=read_colors(colors)
        ), f"RGB PNG: ids are looked up in {colors.name}"
    png = PngFormat(color="grey", depth=first.depth, transparency=first.transparency)
    if first.depth != 8:
        return png, f"{first.depth}-bit grey PNG: ids"
    return _decide_grey(files, headers, png, read_as, void)


def _decide_grey(
    files: Sequence[Path],
    headers: Sequence[PngHeader],
    png: PngFormat,
    read_as: ReadAs | None,
    void: int | None,
) -> tuple[PngFormat, str]:
    if void != 255 or read_as is None:
        found = next(filter(None, map(_grey_level, files)), None)
        if found is None:
            return replace(png, binary=True), "8-bit grey PNG holding only 0 and 255: binary, 255 is object 1"
        if read_as is None:
            file, level = found
            raise InputError(
                f"{file}: wanted only the grey levels 0 and 255, got {level}; say how to read them: "
                "--read-as labels or --read-as probability"
            )
    return png, "8-bit grey PNG: ids, as told"


def _grey_level(file: Path) -> tuple[Path, int] | None:
    samples = read_png(file).samples()
    other = samples[(samples != 0) & (samples != 255)]
    return (file, int(other[0])) if other.size else None


def _one_palette(files: Sequence[Path], headers: Sequence[PngHeader]) -> tuple[bytes, bytes]:
    """The longest palette; the others may only be shorter, not different."""
    longest = max(headers, key=lambda header: len(header.palette))
    alpha = max((header.transparency for header in headers), key=len)
    for file, header in zip(files, headers, strict=True):
        if not longest.palette.startswith(header.palette):
            raise InputError(
                f"{file}: wanted one palette in all masks, got another; an index would not mean one object"
            )
    return longest.palette, alpha


def _refuse_blends(folder: PngFolder, looks: int = 4) -> None:
    for index in sorted({folder.count * look // looks for look in range(looks)}):
        labels = folder.frame(index).labels
        blends = blended_ids(labels.numpy()) if labels is not None else 0
        if blends:
            way_out = _WAYS_OUT[folder.format.color]
            raise InputError(
                f"{folder.files[index]}: wanted one flat color per object, "
                f"got {blends} colors that look like blends of smoothed edges; {way_out}"
            )


_WAYS_OUT = {
    "palette": "save the masks without smoothing",
    "grey": "if they are probabilities: --read-as probability",
    "rgb": "save the masks without smoothing, or give the color of every id: --colors FILE",
}
