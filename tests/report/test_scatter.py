"""Accuracy against flicker, drawn."""

from evaluations import evaluation
from hypothesis import given, settings
from hypothesis import strategies as st

from steadymask.report.plots import HEIGHT, WIDTH
from steadymask.report.scatter import scatter

levels = st.lists(st.floats(0.01, 9.9), min_size=2, max_size=12)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(levels, st.none() | st.floats(0.01, 9.9))
def test_everything_lies_inside_the_picture_and_names_do_not_cover_each_other(
    drawn: list[float], truth: float | None
) -> None:
    found = scatter(evaluation({f"set {n}": level for n, level in enumerate(drawn)}, truth=truth))
    assert found is not None
    assert len(found.dots) == len(drawn)
    assert all(-0.1 <= dot.x <= WIDTH + 0.1 and -0.1 <= dot.y <= HEIGHT + 0.1 for dot in found.dots)
    assert (found.truth is None) == (truth is None)
    assert found.truth is None or -0.1 <= found.truth <= 100.1
    places = [(dot.x, dot.label) for dot in found.dots]
    for n, (x, label) in enumerate(places):
        beside = [other for at, other in places[:n] if abs(at - x) < 0.06 * WIDTH]
        assert all(abs(other - label) > 7.9 for other in beside)


def test_steadier_is_further_left_and_more_accurate_higher() -> None:
    found = scatter(evaluation({"worse": 2.0, "better": 1.0}, truth=0.5))
    assert found is not None
    assert found.truth is not None
    worse, better = found.dots
    assert better.x < worse.x
    assert better.y < worse.y
    assert found.truth < 100 * better.x / WIDTH


def test_of_many_sets_numbers_stand_for_names() -> None:
    few, many = (scatter(evaluation({f"set {n}": 1.0 + n for n in range(count)})) for count in (4, 5))
    assert few is not None
    assert many is not None
    assert ([dot.text for dot in few.dots], few.legend) == ([f"set {n}" for n in range(4)], ())
    assert [dot.text for dot in many.dots] == [number for number, _ in many.legend] == list("12345")


def test_there_is_no_picture_without_flicker_or_accuracy_or_of_one_set() -> None:
    content = evaluation({"one": 1.0, "two": 2.0})
    for part in content["predictions"].values():
        part["overall"]["inconsistency"] = None
    assert scatter(content) is None
    assert scatter(evaluation({"one": 1.0})) is None
