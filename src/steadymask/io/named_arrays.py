"""Several small arrays in one npz, by name."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from steadymask.errors import InputError
from steadymask.io.npz import find_array, stream
from steadymask.io.unfinished import unfinished


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays, deflated; the same bytes every time. The file appears finished or not at all.

    Raises:
        VideoError: the file cannot be written.
    """
    with unfinished(path) as temporary, zipfile.ZipFile(temporary, "w", compresslevel=3) as archive:
        for key, values in arrays.items():
            # A fixed date and system: a zip otherwise holds the clock.
            info = zipfile.ZipInfo(f"{key}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system = 3
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w", force_zip64=True) as member:
                npy.write_array(member, np.ascontiguousarray(values), allow_pickle=False)


def read_arrays(path: Path, wanted: Mapping[str, tuple[str, tuple[int, ...]]]) -> dict[str, NDArray[Any]]:
    """Read arrays whose type and shape are known.

    Args:
        path: the file.
        wanted: NumPy's name of the type, and the shape, of each array. No others are looked at.

    Raises:
        InputError: one is not there, or is of another type or shape.
        VideoError: the file is missing or damaged.
    """
    return {key: _read(path, key, dtype, shape) for key, (dtype, shape) in wanted.items()}


def _read(path: Path, key: str, dtype: str, shape: tuple[int, ...]) -> NDArray[Any]:
    found = find_array(path, (key,))
    got = f"{found.key} of type {found.dtype} and shape {found.shape}"
    if (found.key, found.dtype, found.shape) != (key, np.dtype(dtype), shape):
        raise InputError(f"{path}: wanted {key} of type {dtype} and shape {shape}, got {got}")
    return next(stream(path, found, pieces=None))
