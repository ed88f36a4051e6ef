"""PNG as masks need it: sample values as stored, palette and transparency byte for byte.

Pillow decodes the pixels. It scales 2- and 4-bit grey, trims transparency and chooses its own bit depth on
writing, so header and writer are ours.
"""

import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from steadymask.errors import VideoError
from steadymask.io.picture import check_size
from steadymask.io.unfinished import write_file

Color = Literal["grey", "rgb", "palette", "grey with alpha", "rgb with alpha"]
_COLORS: dict[int, Color] = {0: "grey", 2: "rgb", 3: "palette", 4: "grey with alpha", 6: "rgb with alpha"}
_CODES = {name: code for code, name in _COLORS.items()}
Samples = NDArray[np.uint8] | NDArray[np.uint16]
_INTERLACE = 28
"""The byte of a file that says whether rows are stored in passes."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MOST_HEADERS = 2048  # bytes; those of a mask, a palette of 256 colors included, are shorter


def as_samples(values: NDArray[Any], depth: int) -> Samples:
    """Whole numbers in the type that holds samples of `depth` bits."""
    return np.asarray(values, np.uint8) if depth <= 8 else np.asarray(values, np.uint16)


@dataclass(frozen=True, kw_only=True)
class PngHeader:
    """What a PNG says about itself before its pixels.

    Args:
        size: (h, w) in pixels.
        color: what a sample means.
        depth: bits per sample: 1, 2, 4, 8 or 16.
        palette: RGB triples, as stored; empty without one.
        transparency: the tRNS chunk, as stored; empty without one.
    """

    size: tuple[int, int]
    color: Color
    depth: int
    palette: bytes = b""
    transparency: bytes = b""


@dataclass(frozen=True, kw_only=True)
class PngFile:
    """A PNG whose bytes are in memory.

    Args:
        path: where it lies.
        header: what it says about itself.
        content: all of it.
    """

    path: Path
    header: PngHeader
    content: bytes

    def samples(self) -> Samples:
        """The sample values as stored: `h w`, or `h w c` with colour; 16 bits as uint16, fewer as uint8.

        Raises:
            VideoError: damaged or truncated.
        """
        depth, color = self.header.depth, self.header.color
        if depth == 8 and color in ("grey", "palette"):
            plain = _unfiltered(self.content, self.header.size)
            if plain is not None:
                return plain
        try:
            with Image.open(BytesIO(self.content), formats=["PNG"]) as image:
                pixels = np.asarray(image)
        except (OSError, ValueError, SyntaxError, EOFError, struct.error) as error:
            raise VideoError(
                f"{self.path}: cannot be read as a PNG: its pixels are damaged or cut off"
            ) from error
        if pixels.dtype == np.int32:
            pixels = pixels.astype(np.uint16)
        if color == "grey" and depth in (2, 4):
            pixels = pixels // (255 // (2**depth - 1))  # Pillow spreads them over 0 to 255
        return pixels.astype(np.uint8) if pixels.dtype == np.bool_ else pixels


def read_png(path: Path) -> PngFile:
    """Read a PNG; its samples are decoded when asked for.

    Raises:
        VideoError: missing, not a PNG, its header truncated, or too large.
    """
    content = _read(path, -1)
    return PngFile(path=path, header=_header_of(path, content), content=content)


def read_header(path: Path) -> PngHeader:
    """Read the chunks that stand before the pixels.

    Raises:
        VideoError: missing, not a PNG, truncated, or too large.
    """
    content = _read(path, _MOST_HEADERS)
    if len(content) == _MOST_HEADERS and not _has_header(content):
        content = _read(path, -1)
    return _header_of(path, content)


def _read(path: Path, most: int) -> bytes:
    try:
        with path.open("rb", buffering=0) as file:
            content: bytes = file.read(len(_SIGNATURE))
            if content == _SIGNATURE:
                return content + (file.read() if most < 0 else file.read(most - len(content)))
    except OSError as error:
        raise VideoError(f"{path}: cannot be read: {error.strerror or error}") from error
    raise VideoError(f"{path}: wanted a PNG, got {'another' if content else 'an empty'} file")


def _has_header(content: bytes) -> bool:
    """Whether all chunks before the pixels are in this beginning of a file."""
    try:
        _chunks_before_pixels(content)
    except struct.error:
        return False
    return True


def _chunks_before_pixels(content: bytes) -> dict[bytes, bytes]:
    chunks: dict[bytes, bytes] = {}
    place = len(_SIGNATURE)
    while True:
        length, kind = struct.unpack_from(">I4s", content, place)
        if kind in (b"IDAT", b"IEND"):
            return chunks
        chunks[kind] = content[place + 8 : place + 8 + length]
        place += length + 12  # length, kind and checksum


def _header_of(path: Path, content: bytes) -> PngHeader:
    try:
        chunks = _chunks_before_pixels(content)
        width, height, depth, code = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
        color = _COLORS[code]
    except (struct.error, KeyError) as error:
        raise VideoError(f"{path}: cannot be read as a PNG: its header is damaged or cut off") from error
    check_size(path, width, height)
    return PngHeader(
        size=(height, width),
        color=color,
        depth=depth,
        palette=chunks.get(b"PLTE", b"") if color == "palette" else b"",
        transparency=chunks.get(b"tRNS", b""),
    )


def _unfiltered(content: bytes, size: tuple[int, int]) -> NDArray[np.uint8] | None:
    """The samples of an 8-bit picture whose rows are stored as they are, like most masks; None for others.

    Only inflating is left to do, in half of Pillow's time; what is damaged is left to Pillow as well.
    """
    height, width = size
    length = height * (width + 1)
    try:
        stream = zlib.decompressobj()
        rows = np.frombuffer(stream.decompress(_pixel_stream(content), length + 1), np.uint8)
    except (zlib.error, struct.error):
        return None
    interlaced = content[_INTERLACE]
    if interlaced or not stream.eof or len(rows) != length:
        return None
    rows = rows.reshape(height, width + 1)
    return None if rows[:, 0].any() else rows[:, 1:]  # the filter byte of each row: none


def _pixel_stream(content: bytes) -> bytes:
    """What the chunks with pixels hold, joined."""
    place = len(_SIGNATURE)
    parts: list[bytes] = []
    while True:
        length, kind = struct.unpack_from(">I4s", content, place)
        if kind == b"IEND":
            return b"".join(parts)
        if kind == b"IDAT":
            parts.append(content[place + 8 : place + 8 + length])
        place += length + 12  # length, kind and checksum


def write_png(path: Path, samples: Samples, header: PngHeader, *, smooth: bool) -> None:
    """Write samples under `header`, the same bytes every time; the file appears finished or not at all.

    Args:
        path: the file.
        samples: `h w`, or `h w 3`; values that fit the depth.
        header: colour, depth, palette and transparency; its size is not used.
        smooth: samples vary smoothly (probabilities): each row is stored as its difference to the row above.

    Raises:
        VideoError: cannot be written.
    """
    height, width = samples.shape[:2]
    content = _SIGNATURE + _chunk(
        b"IHDR", struct.pack(">IIBBBBB", width, height, header.depth, _CODES[header.color], 0, 0, 0)
    )
    if header.palette:
        content += _chunk(b"PLTE", header.palette)
    if header.transparency:
        content += _chunk(b"tRNS", header.transparency)
    content += _chunk(b"IDAT", _compressed(_rows(samples, header.depth), smooth)) + _chunk(b"IEND", b"")
    write_file(path, content)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _rows(samples: Samples, depth: int) -> NDArray[np.uint8]:
    height, width = samples.shape[:2]
    if depth == 16:
        return samples.astype(">u2").view(np.uint8).reshape(height, -1)
    if depth == 8:
        return np.ascontiguousarray(samples, np.uint8).reshape(height, -1)
    bits = np.unpackbits(samples.astype(np.uint8)[..., None], axis=2)[..., 8 - depth :]
    return np.packbits(bits.reshape(height, width * depth), axis=1)


def _compressed(rows: NDArray[np.uint8], smooth: bool) -> bytes:
    filtered = np.empty((rows.shape[0], rows.shape[1] + 1), np.uint8)
    filtered[:, 0] = 2 if smooth else 0  # the filter byte of each row: "up" or "none"
    filtered[:, 1:] = rows
    if smooth:
        filtered[1:, 1:] -= rows[:-1]
    # Level 3 takes a third of the time of the default 6 for files a few per cent of the raw size either way.
    return zlib.compress(filtered.data, 3)
