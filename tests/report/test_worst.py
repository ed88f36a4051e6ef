"""The worst frames of a stream."""

from io import BytesIO
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from steadymask.errors import InputError
from steadymask.report.worst import WorstFrames, WorstFramesSettings

PICTURE = torch.full((3, 8, 12), 90, dtype=torch.uint8)
MASKS = torch.zeros(8, 12, dtype=torch.long)
MASKS[2:6, 3:9] = 1


def kept(values: list[float | None], **limits: int) -> list[tuple[int, float]]:
    worst = WorstFrames(WorstFramesSettings(**limits))
    for index, value in enumerate(values):
        worst.add(index, index / 25, value, PICTURE, {"masks": MASKS})
    return [(frame.index, frame.value) for frame in worst.frames()]


@settings(deadline=None, derandomize=True, max_examples=15)
@given(st.lists(st.none() | st.floats(0.1, 100), max_size=20), st.integers(1, 5))
def test_with_no_distance_asked_for_they_are_the_largest_values(
    values: list[float | None], keep: int
) -> None:
    numbers = sorted((value for value in values if value is not None), reverse=True)
    assert [value for _, value in kept(values, keep=keep, apart=1)] == numbers[:keep]


@settings(deadline=None, derandomize=True, max_examples=15)
@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=30))
def test_they_lie_apart_and_the_worst_of_all_is_among_them(values: list[float]) -> None:
    frames = kept(list(values), keep=3, apart=4)
    assert frames[0][1] == max(values)
    assert len(frames) <= 3
    indices = sorted(index for index, _ in frames)
    assert all(b - a >= 4 for a, b in pairwise(indices))


def test_undefined_and_steady_frames_are_never_kept() -> None:
    assert kept([None, float("nan"), 0.0]) == []


def test_thumbnails_show_what_was_given() -> None:
    worst = WorstFrames(WorstFramesSettings(width=6))
    worst.add(0, 0.0, None, PICTURE, {"masks": MASKS})
    roles = {"masks": MASKS, "compare": MASKS, "truth": MASKS}
    flicker = torch.zeros(8, 12, dtype=torch.bool)
    flicker[0, 11] = True
    worst.add(1, 0.04, 2.0, PICTURE, roles, flicker=flicker)
    (frame,) = worst.frames()
    assert set(frame.thumbnails) == {"before", "masks", "compare", "truth", "flicker"}
    sizes = {Image.open(BytesIO(content)).size for content in frame.thumbnails.values()}
    assert sizes == {(6, 4)}
    corner = Image.open(BytesIO(frame.thumbnails["flicker"])).getpixel((5, 0))
    assert corner[0] > 150 > 100 > corner[2]


def test_settings_below_one_are_refused() -> None:
    with pytest.raises(InputError, match="keep: wanted at least 1, got 0"):
        WorstFramesSettings(keep=0)
