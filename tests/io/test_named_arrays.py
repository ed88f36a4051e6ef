"""Several arrays in one npz: NumPy reads them, the bytes are the same every time, and damage is named."""

from pathlib import Path

import numpy as np
import pytest

from steadymask.errors import InputError, VideoError
from steadymask.io.named_arrays import read_arrays, write_arrays

ARRAYS = {"a": np.arange(6.0).reshape(2, 3), "b": np.eye(4, dtype=bool)}
WANTED = {"a": ("float64", (2, 3)), "b": ("bool", (4, 4))}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_arrays(tmp_path / "x.npz", ARRAYS)
    return tmp_path / "x.npz"


def test_what_was_written_is_read_here_and_by_numpy(path: Path) -> None:
    with np.load(path) as file:
        for key, values in read_arrays(path, WANTED).items():
            assert np.array_equal(values, ARRAYS[key])
            assert np.array_equal(file[key], ARRAYS[key])


def test_the_same_arrays_give_the_same_bytes(path: Path) -> None:
    write_arrays(path.with_name("y.npz"), ARRAYS)
    assert path.with_name("y.npz").read_bytes() == path.read_bytes()


def test_another_type_shape_or_name_is_said(path: Path) -> None:
    for wanted, message in (
        ({"a": ("float32", (2, 3))}, r"wanted a of type float32 .* got a of type float64"),
        ({"b": ("bool", (4, 5))}, r"shape \(4, 5\), got b of type bool and shape \(4, 4\)"),
        ({"c": ("bool", (4, 4))}, "wanted an array called c, got a, b"),
    ):
        with pytest.raises(InputError, match=message):
            read_arrays(path, wanted)


def test_an_array_under_another_name_is_not_taken_for_it(tmp_path: Path) -> None:
    write_arrays(tmp_path / "x.npz", {"a": np.zeros(2)})
    with pytest.raises(InputError, match="wanted b of type float64 and shape"):
        read_arrays(tmp_path / "x.npz", {"b": ("float64", (2,))})


def test_a_damaged_or_missing_file_is_named(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(VideoError, match=r"x\.npz: cannot be read as npz"):
        read_arrays(path, WANTED)
    with pytest.raises(VideoError, match=r"gone\.npz: cannot be read as npz"):
        read_arrays(path.with_name("gone.npz"), WANTED)
