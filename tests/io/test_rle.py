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
from steadymask.io.rle import decoded, encoded, packed


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


@settings(deadline=None, derandomize=True, max_examples=50)
@given(runs=st.lists(st.integers(0, 5), min_size=1, max_size=12), width=st.integers(1, 3))
def test_runs_of_nothing_change_nothing(runs: list[int], width: int) -> None:
    """They are legal, but stop the merge of the library too early."""
    runs = [*runs, -sum(runs) % width, 1, width - 1]
    flags = np.concatenate([np.full(run, index % 2 == 1) for index, run in enumerate(runs)])
    expected = torch.from_numpy(flags.reshape(width, -1).T.copy())
    size = list(expected.shape)
    assert decoded({"size": size, "counts": runs}).equal(expected)
    again = packed({"size": size, "counts": runs})
    assert again["counts"] == encoded(expected)["counts"].encode()


@settings(deadline=None, derandomize=True, max_examples=200)
@given(counts=st.text(st.characters(min_codepoint=48, max_codepoint=111), max_size=8))
def test_text_fills_the_picture_or_is_an_error(counts: str) -> None:
    """Anything else is memory as it lay there."""
    try:
        found = packed({"size": [3, 5], "counts": counts})
    except InputError:
        return
    assert encoded(decoded(found))["counts"].encode() == found["counts"]


@pytest.mark.parametrize(
    ("rle", "says"),
    [
        ({"counts": "o1"}, "size: wanted two whole numbers"),
        ({"size": [0, 3], "counts": "o1"}, "size: wanted two whole numbers"),
        ({"size": [2, 2]}, "counts: wanted whole numbers from 0 on, or text"),
        ({"size": [2, 2], "counts": [1, -1, 4]}, "counts: wanted whole numbers"),
        ({"size": [2, 2], "counts": [1, 2]}, "counts: wanted runs of 4 pixels, got 3"),
        ({"size": [2, 2], "counts": [10**30]}, "counts: wanted runs of 4 pixels, got 1000"),
        ({"size": [2, 2], "counts": ""}, "counts: wanted runs of 4 pixels, got 0"),
        ({"size": [2, 2], "counts": "03"}, "counts: wanted runs of 4 pixels, got 3"),
        ({"size": [2, 2], "counts": "o1"}, "counts: wanted runs of 4 pixels, got 63"),
        ({"size": [2, 2], "counts": "04N"}, "counts: wanted runs from 0 on, got -2"),
        ({"size": [2, 2], "counts": "04 "}, "counts: wanted text as COCO packs runs, got '04 '"),
        ({"size": [2, 2], "counts": "0é"}, "counts: wanted text as COCO packs runs"),
        ({"size": [2, 2], "counts": "0\ud800"}, "counts: wanted text as COCO packs runs"),
        ({"size": [2, 2], "counts": "04o"}, "counts: wanted text as COCO packs runs"),
        ({"size": [2, 2], "counts": "oooooooooooooooo0"}, "counts: wanted text as COCO packs runs"),
    ],
)
def test_what_is_no_run_length_code_is_an_error(rle: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        decoded(rle)
