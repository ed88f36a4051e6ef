"""An array inside an npz, read and written piece by piece: the whole is never held in memory."""

import lzma
import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from steadymask.errors import InputError, SteadymaskError, VideoError
from steadymask.io.unfinished import unfinished


@dataclass(frozen=True, kw_only=True)
class StoredArray:
    """What the header of an array inside an npz says.

    Args:
        key: its name.
        shape: of the whole array.
        dtype: of its elements; never Python objects.
        compressed: whether it is deflated.
    """

    key: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    compressed: bool


def find_array(path: Path, keys: tuple[str, ...]) -> StoredArray:
    """Find the array with the first of `keys` that is there, or the only array.

    Raises:
        InputError: there is no such array, or it cannot be read piece by piece.
        VideoError: the file cannot be read.
    """
    with _archive(path) as archive:
        members = {name.removesuffix(".npy"): name for name in archive.namelist() if name.endswith(".npy")}
        key = next((key for key in keys if key in members), None)
        if key is None and len(members) == 1:
            key = next(iter(members))
        if key is None:
            raise InputError(
                f"{path}: wanted an array called {', '.join(keys)}, got {', '.join(members) or 'none'}"
            )
        with archive.open(members[key]) as member:
            shape, dtype = _header(member, f"{path}: {key}")
        stored = archive.getinfo(members[key]).compress_type == zipfile.ZIP_STORED
    return StoredArray(key=key, shape=shape, dtype=dtype, compressed=not stored)


def _header(member: Any, name: str) -> tuple[tuple[int, ...], np.dtype[Any]]:  # noqa: ANN401  # a zip member is no `IO` at run time
    version = npy.read_magic(member)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, is_fortran, dtype = read(member)
    if dtype.hasobject:
        raise InputError(f"{name}: wanted numbers, got Python objects")
    if min(shape, default=0) < 0:
        raise InputError(f"{name}: wanted a shape of positive numbers, got {shape}")
    if is_fortran and len(shape) > 1:
        raise InputError(f"{name}: wanted rows one after the other (C order), got Fortran order")
    return shape, dtype


# RuntimeError: encrypted, or a compression that Python lacks; TokenError: a header that is no header.
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, tokenize.TokenError, ValueError, EOFError,
    OSError, RuntimeError,
)  # fmt: skip


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except _DAMAGED as error:
        if isinstance(error, SteadymaskError):
            raise
        raise VideoError(f"{path}: cannot be read as npz ({error})") from error


@contextmanager
def _opened(path: Path, key: str) -> Iterator[IO[bytes]]:
    with _archive(path) as archive, archive.open(f"{key}.npy") as member:
        _header(member, f"{path}: {key}")
        yield member


def stream(path: Path, array: StoredArray, *, pieces: int | None) -> Iterator[NDArray[Any]]:
    """Read an array in equal pieces along its first axis; None: whole, as one piece.

    Raises:
        VideoError: the file ends early or is damaged; the message names the piece.
    """
    shape = array.shape if pieces is None else array.shape[1:]
    wanted = math.prod(shape) * array.dtype.itemsize
    with _opened(path, array.key) as member:
        for index in range(pieces or 1):
            content = member.read(wanted)
            if len(content) != wanted:
                raise VideoError(
                    f"{path}: frame {index} is cut off: wanted {wanted} bytes, got {len(content)}"
                )
            yield np.frombuffer(content, array.dtype).reshape(shape)


def write_npz(
    path: Path, pieces: Iterable[NDArray[Any]], *, key: str, count: int | None, compressed: bool
) -> None:
    """Write pieces as one array, one after the other; the same bytes every time.

    Args:
        path: the file; it appears finished or not at all.
        pieces: all of one shape and type.
        key: name of the array.
        count: number of pieces, which the array's header states before the first; None for a single piece
            that is the array.
        compressed: whether to deflate.

    Raises:
        InputError: there are more or fewer frames, or they have several shapes.
        VideoError: the file cannot be written.
    """
    # A fixed date and system: a zip otherwise holds the clock.
    info = zipfile.ZipInfo(f"{key}.npy", date_time=(1980, 1, 1, 0, 0, 0))
    info.create_system = 3
    info.compress_type = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    shape: tuple[int, ...] | None = None
    written = 0
    with (
        unfinished(path) as temporary,
        zipfile.ZipFile(temporary, "w", compresslevel=3) as archive,
        archive.open(info, "w", force_zip64=True) as member,
    ):
        for values in pieces:
            if shape is None:
                shape = values.shape
                _write_header(member, shape if count is None else (count, *shape), values.dtype)
            if values.shape != shape:
                raise InputError(
                    f"{path}: frame {written}: wanted shape {shape} as in the first, got {values.shape}"
                )
            member.write(values.tobytes())
            written += 1
        if written != (1 if count is None else count):
            raise InputError(f"{path}: wanted {count or 1} frames to write, got {written}")


def _write_header(member: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:  # noqa: ANN401  # the same
    header = {"descr": npy.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    npy.write_array_header_1_0(member, header)
