"""PNG samples, whichever way their rows are stored: against Pillow."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from steadymask.errors import VideoError
from steadymask.io.png import PngHeader, read_header, read_png, write_png

PALETTE = bytes(range(256)) * 3
SAMPLES = np.random.default_rng(0).integers(0, 256, (13, 7), np.uint8)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def stored(path: Path, rows: bytes, *, interlace: int = 0, parts: int = 1) -> Path:
    """An 8-bit grey PNG of 13 x 7 samples with these rows, filter bytes included."""
    packed = zlib.compress(rows)
    step = -(-len(packed) // parts)
    pixels = [chunk(b"IDAT", packed[place : place + step]) for place in range(0, len(packed), step)]
    head = struct.pack(">IIBBBBB", 7, 13, 8, 0, 0, 0, interlace)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(pixels) + chunk(b"IEND", b""))
    return path


def plain_rows(samples: np.ndarray, filter: int = 0) -> bytes:
    return b"".join(bytes([filter]) + row.tobytes() for row in samples)


def read(path: Path) -> np.ndarray:
    file = read_png(path)
    assert file.header == read_header(path)
    return file.samples()


@pytest.mark.parametrize("parts", [1, 3])
def test_rows_stored_as_they_are(tmp_path: Path, parts: int) -> None:
    path = stored(tmp_path / "a.png", plain_rows(SAMPLES), parts=parts)
    assert np.array_equal(read(path), SAMPLES)
    assert np.array_equal(np.array(Image.open(path)), SAMPLES)


@pytest.mark.parametrize("mode", ["L", "P"])
@pytest.mark.parametrize("smooth", [False, True], ids=["as they are", "as differences"])
def test_what_is_written_is_read_again_and_pillow_agrees(tmp_path: Path, mode: str, smooth: bool) -> None:
    header = PngHeader(
        size=(13, 7),
        color="palette" if mode == "P" else "grey",
        depth=8,
        palette=PALETTE if mode == "P" else b"",
    )
    write_png(tmp_path / "a.png", SAMPLES, header, smooth=smooth)
    assert np.array_equal(read(tmp_path / "a.png"), SAMPLES)
    assert np.array_equal(np.array(Image.open(tmp_path / "a.png")), SAMPLES)


def test_one_filtered_row_is_enough_to_leave_it_to_pillow(tmp_path: Path) -> None:
    rows = bytearray(plain_rows(SAMPLES))
    rows[8 * 5] = 1  # row 5: differences to the left
    path = stored(tmp_path / "a.png", bytes(rows))
    expected = SAMPLES.copy()
    expected[5] = np.cumsum(SAMPLES[5], dtype=np.uint8)
    assert np.array_equal(read(path), expected)


def test_passes_are_put_together(tmp_path: Path) -> None:
    """A single column has as many bytes in passes as in rows, in another order."""
    column = SAMPLES[:8, :1]
    order = [0, 4, 2, 6, 1, 3, 5, 7]
    head = struct.pack(">IIBBBBB", 1, 8, 8, 0, 0, 0, 1)
    path = tmp_path / "a.png"
    pixels = chunk(b"IDAT", zlib.compress(plain_rows(column[order])))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + pixels + chunk(b"IEND", b""))
    assert np.array_equal(np.array(Image.open(path)), column)
    assert np.array_equal(read(path), column)


def test_pixels_that_are_cut_off_or_damaged_are_an_error(tmp_path: Path) -> None:
    path = stored(tmp_path / "a.png", plain_rows(SAMPLES))
    whole = path.read_bytes()
    for content in (whole[:-40], whole[:50] + bytes(20) + whole[70:]):
        path.write_bytes(content)
        with pytest.raises(VideoError, match=r"a\.png: cannot be read as a PNG: its pixels are damaged"):
            read(path)
