"""The filters behind the names and strengths of `stabilize`."""

import pytest

from steadymask.errors import InputError
from steadymask.filters.guided import GuidedFilter
from steadymask.filters.motion import MotionFusion
from steadymask.filters.motion_live import MotionAverage
from steadymask.tasks.methods import filters_of, flow_of


def motion(strength: float | None, **settings: bool) -> MotionFusion | MotionAverage:
    (found,) = filters_of("motion", strength=strength, **settings)
    assert isinstance(found, MotionFusion | MotionAverage)
    return found


@pytest.mark.parametrize("live", [False, True])
def test_one_half_is_the_default_strength_of_motion(live: bool) -> None:
    assert motion(0.5, live=live) == motion(None, live=live)


@pytest.mark.parametrize("live", [False, True])
def test_more_strength_agrees_with_more_and_less_leaves_outlines_alone(live: bool) -> None:
    found = [motion(strength, live=live) for strength in (0.01, 0.25, 0.5, 1.0)]
    tolerances = [each.tolerance for each in found]
    assert tolerances == sorted(set(tolerances))
    thresholds = [each.threshold for each in found]
    assert 0.5 > thresholds[0] > 0.49 > thresholds[1] > thresholds[2] == thresholds[3]
    assert found[0].smooth < 0.05 * found[2].smooth
    assert found[3].smooth == found[2].smooth


def test_live_holds_changes_longer_with_more_strength() -> None:
    found = [motion(strength, live=True) for strength in (0.1, 0.5, 1.0)]
    assert [each.hold for each in found if isinstance(each, MotionAverage)] == [1, 3, 6]


@pytest.mark.parametrize("method", ["motion", "guided", "guided-2d", "gaussian", "median", "average"])
def test_without_strength_nothing_is_filtered(method: str) -> None:
    assert filters_of(method, strength=0.0) == ()  # type: ignore[arg-type]


@pytest.mark.parametrize(("look_ahead", "reach"), [(1, 1), (3, 3), (24, 24), (25, 24)])
def test_look_ahead_bounds_the_reach(look_ahead: int, reach: int) -> None:
    (found,) = filters_of("motion", look_ahead=look_ahead)
    assert found.reach == reach
    assert found.reach <= look_ahead


def test_guided_in_the_picture_sees_one_frame() -> None:
    assert [filters_of(name)[0] for name in ("guided", "guided-2d")] == [
        GuidedFilter(frames=4),
        GuidedFilter(frames=1),
    ]


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"strength": 1.1}, "strength"),
        ({"strength": -0.1}, "strength"),
        ({"look_ahead": 0}, "look_ahead"),
        ({"look_ahead": 3, "live": True}, "look_ahead"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, float], named: str) -> None:
    with pytest.raises(InputError, match=f"^{named}: wanted"):
        filters_of("motion", **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("size", "scale"), [((480, 854), 0.5), ((1080, 1920), 0.5), ((300, 400), 0.8), ((120, 90), 1.0)]
)
def test_flow_has_half_the_resolution_but_not_less_than_240(size: tuple[int, int], scale: float) -> None:
    assert flow_of(size).scale == scale
