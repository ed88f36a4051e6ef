"""The mirrored picture against SciPy's `map_coordinates`, which knows the same border as "mirror"."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from steadymask.data.mirrored import labels_at, picture_at


def drawn(seed: int, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A picture, and points up to three times its size beyond its borders."""
    random = np.random.default_rng(seed)
    picture = random.integers(0, 256, (3, *size), np.uint8)
    reach = 3 * max(size)
    return picture, *random.uniform(-reach, reach, (2, 200))


@settings(deadline=None, derandomize=True, max_examples=30)
@given(seed=st.integers(0, 999), height=st.integers(2, 9), width=st.integers(2, 9))
def test_colors_and_labels_are_those_of_scipy(seed: int, height: int, width: int) -> None:
    picture, x, y = drawn(seed, (height, width))
    found = picture_at(torch.from_numpy(picture), torch.from_numpy(x), torch.from_numpy(y))
    wanted = [map_coordinates(each.astype(np.float64), (y, x), order=1, mode="mirror") for each in picture]
    assert np.allclose(found.numpy(), wanted, atol=1e-3)
    ids = picture[0].astype(np.int32)
    labels = labels_at(torch.from_numpy(ids), torch.from_numpy(x), torch.from_numpy(y))
    assert labels.tolist() == map_coordinates(ids, (np.rint(y), np.rint(x)), order=0, mode="mirror").tolist()


@pytest.mark.parametrize("size", [(1, 1), (1, 4), (4, 1)])
def test_a_picture_of_one_row_or_column_goes_on_as_itself(size: tuple[int, int]) -> None:
    picture, x, y = drawn(0, size)
    found = picture_at(torch.from_numpy(picture), torch.from_numpy(x), torch.from_numpy(y))
    padded = np.repeat(np.repeat(picture, 2 if size[0] == 1 else 1, 1), 2 if size[1] == 1 else 1, 2)
    wanted = [map_coordinates(each.astype(np.float64), (y, x), order=1, mode="mirror") for each in padded]
    assert np.allclose(found.numpy(), wanted, atol=1e-3)
