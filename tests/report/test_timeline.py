"""The curves of the page, from made-up scores."""

import pytest

from steadymask.report.timeline import timeline


def scores(**more: object) -> dict[str, object]:
    frames = {"inconsistency": [2.0, 4.0, None]}
    return {"overall": {"inconsistency": 3.0}, "frames": frames, **more}


def read_out(content: dict[str, object], role: str) -> list[float | None]:
    drawn = timeline(content, times=[], cuts=[], worst=[])
    assert drawn is not None
    (series,) = drawn["data"]["charts"]["inconsistency"]["series"][role]
    return series


def test_without_a_series_there_is_nothing_to_draw() -> None:
    assert timeline({"overall": {}, "frames": {}}, times=[], cuts=[], worst=[]) is None


def test_the_values_of_a_series_can_be_read() -> None:
    assert read_out(scores(), "masks") == [2.0, 4.0, None]


def test_flicker_is_drawn_on_the_scale_of_the_verdict() -> None:
    """The compared masks have half the edge: for each pixel of it they flicker twice as much."""
    shared = "inconsistency_by_masks_boundary"
    content = scores(
        compare={
            "overall": {"inconsistency": 2.0, shared: 1.0},
            "frames": {"inconsistency": [1.0, 3.0, None]},
        }
    )
    content["overall"] = {"inconsistency": 3.0, shared: 3.0}
    assert read_out(content, "masks") == [2.0, 4.0, None]
    assert read_out(content, "compare") == [0.5, 1.5, None]


@pytest.mark.parametrize("worst", [[0], [2, 0]])
def test_worst_frames_are_marked_where_they_lie(worst: list[int]) -> None:
    drawn = timeline(scores(), times=[], cuts=[], worst=worst)
    assert drawn is not None
    assert [round(x) for _, x in drawn["marks"]] == [{0: 0, 1: 50, 2: 100}[index] for index in worst]
