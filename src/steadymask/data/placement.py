"""Where a drawn object lies and how it bends, as maps that are exactly invertible: what makes flow exact."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Number = float | int
"""Lengths, angles and colours are written both ways; shape checking takes `float` literally."""

Points = tuple[Array, Array]
"""Coordinates x (right) and y (down) of any number of points, two arrays of one shape."""


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Carries points of an object's own plane to the plane around it: bend, then turn and scale, then move.

    Both bends are shears along one axis by any function of the other, so that they can be undone exactly.

    Args:
        x: where the object's origin lies.
        y: the same, downward.
        angle: turn in radians, clockwise on the screen (y points down).
        scale: size of one unit of the object's plane.
        sway: how far sideways (own y) a point at own x is moved; None: not at all.
        ripple: how far lengthwise (own x) a point at the swayed y is moved; None: not at all.
    """

    x: Number = 0.0
    y: Number = 0.0
    angle: Number = 0.0
    scale: Number = 1.0
    sway: Callable[[Array], Array] | None = None
    ripple: Callable[[Array], Array] | None = None

    def outward(self, points: Points) -> Points:
        """From the object's plane to the one around it."""
        x, y = points
        if self.sway is not None:
            y = y + self.sway(x)
        if self.ripple is not None:
            x = x + self.ripple(y)
        cos, sin = self.scale * math.cos(self.angle), self.scale * math.sin(self.angle)
        return cos * x - sin * y + self.x, sin * x + cos * y + self.y

    def inward(self, points: Points) -> Points:
        """The inverse of `outward`."""
        x, y = points[0] - self.x, points[1] - self.y
        cos, sin = math.cos(self.angle) / self.scale, math.sin(self.angle) / self.scale
        x, y = cos * x + sin * y, cos * y - sin * x
        if self.ripple is not None:
            x = x - self.ripple(y)
        if self.sway is not None:
            y = y - self.sway(x)
        return x, y


@dataclass(frozen=True)
class Chain:
    """Placements inside one another, the innermost first: a fin on a fish before a camera."""

    links: tuple[Placement, ...]

    def outward(self, points: Points) -> Points:
        """From the innermost plane to the outermost."""
        for link in self.links:
            points = link.outward(points)
        return points

    def inward(self, points: Points) -> Points:
        """The inverse of `outward`."""
        for link in reversed(self.links):
            points = link.inward(points)
        return points
