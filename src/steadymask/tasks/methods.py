"""The filters of `stabilize`, by the name and strength a user gives."""

from dataclasses import replace
from typing import Literal, TypeVar, get_args

from steadymask.errors import require
from steadymask.filters.average import ExponentialAverage
from steadymask.filters.gaussian import GaussianFilter
from steadymask.filters.guided import GuidedFilter
from steadymask.filters.median import MedianFilter
from steadymask.filters.motion import MotionFusion
from steadymask.filters.motion_live import MotionAverage
from steadymask.filters.run import Filter
from steadymask.flow.dis import DIS

Method = Literal["motion", "guided", "guided-2d", "gaussian", "median", "average"]
_Motion = TypeVar("_Motion", MotionFusion, MotionAverage)


def filters_of(
    method: Method, *, strength: float | None = None, live: bool = False, look_ahead: int | None = None
) -> tuple[Filter, ...]:
    """The filters a method is made of.

    Args:
        method: its name.
        strength: from 0 (none) to 1; None: the method's default.
        live: without look-ahead.
        look_ahead: frames of look-ahead of the motion filter; None: its default.

    Raises:
        InputError: a setting is out of range, or the method has none such.
    """
    require(
        method in get_args(Method), f"method: wanted one of {', '.join(get_args(Method))}, got {method!r}"
    )
    require(strength is None or 0 <= strength <= 1, f"strength: wanted a number in [0, 1], got {strength}")
    require(
        not live or method in ("motion", "average"),
        f"live: wanted the method motion or average, got {method}",
    )
    require(
        look_ahead is None or (method == "motion" and not live),
        "look_ahead: wanted the method motion, not live",
    )
    require(look_ahead is None or look_ahead >= 1, f"look_ahead: wanted at least 1 frame, got {look_ahead}")
    if strength == 0:
        return ()
    if method == "motion":
        return _live(strength) if live else _motion(strength, look_ahead)
    return (_baseline(method, strength),)


def flow_of(size: tuple[int, int]) -> DIS:
    """The estimator of the motion filters: at half resolution, but no less than 240 rows or columns."""
    return DIS(preset="medium", scale=min(1.0, max(0.5, 240 / min(size))), full_size=False)


def _motion(strength: float | None, look_ahead: int | None) -> tuple[Filter, ...]:
    settings = MotionFusion()
    if strength is not None:
        settings = _scaled(settings, 2 * strength)
    if look_ahead is not None:
        passes = min(settings.passes, look_ahead)
        settings = replace(settings, passes=passes, radius=look_ahead // passes)
    return (settings,)


def _baseline(method: Method, strength: float | None) -> Filter:
    if method == "gaussian":
        return GaussianFilter() if strength is None else GaussianFilter(sigma=4 * strength)
    if method == "median":
        return MedianFilter() if strength is None else MedianFilter(radius=max(1, round(8 * strength)))
    if method == "average":
        return ExponentialAverage() if strength is None else ExponentialAverage(alpha=1 - 0.9 * strength)
    frames = 1 if method == "guided-2d" else 4
    return (
        GuidedFilter(frames=frames)
        if strength is None
        else GuidedFilter(frames=frames, size=max(2, round(16 * strength)))
    )


def _live(strength: float | None) -> tuple[Filter, ...]:
    settings = MotionAverage()
    if strength is not None:
        settings = replace(_scaled(settings, 2 * strength), hold=round(2 * strength * settings.hold))
    return (settings,)


def _scaled(settings: _Motion, factor: float) -> _Motion:
    """The settings that set how steady results are, scaled; below 1 towards leaving outlines as they are."""
    least = min(factor, 1.0)
    return replace(
        settings,
        tolerance=factor * settings.tolerance,
        threshold=0.5 - least * (0.5 - settings.threshold),
        smooth=least * settings.smooth,
    )
