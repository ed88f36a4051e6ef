"""COCO's run-length code, against the published implementation."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from steadymask.errors import InputError
from steadymask.io.rle import decoded, encoded


def test_strings_are_those_of_the_published_implementation(reference: Path) -> None:
    folder = reference / "youtube_vis"
    masks = np.load(folder / "rle_masks.npz")
    for sample in json.loads((folder / "youtube_vis.json").read_text())["rle_samples"]:
        mask = torch.from_numpy(masks[sample["name"]]).bool()
        assert encoded(mask) == {"size": sample["size"], "counts": sample["counts"]}
        assert decoded(sample).equal(mask)
        if sample["uncompressed_counts"] is not None:
            assert decoded({"size": sample["size"], "counts": sample["uncompressed_counts"]}).equal(mask)


@settings(deadline=None, derandomize=True, max_examples=30)
@given(seed=st.integers(0, 999), height=st.integers(1, 9), width=st.integers(1, 9))
def test_a_mask_comes_back(seed: int, height: int, width: int) -> None:
    mask = torch.randint(0, 2, (height, width), generator=torch.Generator().manual_seed(seed)).bool()
    assert decoded(encoded(mask)).equal(mask)


@pytest.mark.parametrize(
    ("rle", "says"),
    [
        ({"counts": "o1"}, "size: wanted two whole numbers"),
        ({"size": [0, 3], "counts": "o1"}, "size: wanted two whole numbers"),
        ({"size": [2, 2]}, "counts: wanted whole numbers from 0 on, or text"),
        ({"size": [2, 2], "counts": [1, -1, 4]}, "counts: wanted whole numbers"),
        ({"size": [2, 2], "counts": [1, 2]}, "counts: wanted runs of 4 pixels, got 3"),
    ],
)
def test_what_is_no_run_length_code_is_an_error(rle: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        decoded(rle)
