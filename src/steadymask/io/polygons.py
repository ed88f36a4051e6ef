"""Masks as polygons: COCO's other way to write them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from pycocotools import mask as coco

from steadymask.errors import require

_LONGEST = 2**24  # pixels around all polygons of a mask: 16 bytes each are needed to fill it
_FAR = 1e9


def filled(polygons: Sequence[object], size: tuple[int, int]) -> dict[str, Any]:
    """Fill polygons as pycocotools does; what lies in any of them is the mask, packed.

    Args:
        polygons: each a list `[x1, y1, x2, y2, …]` of three points or more.
        size: (h, w) of the picture; points lie in it, or beside it by its size at most.

    Raises:
        InputError: they are no polygons.
    """
    require(len(polygons) > 0, "polygons: wanted one or more, got none")
    around = sum(_length(each, size) for each in polygons)
    require(around <= _LONGEST, f"polygons: wanted outlines of {_LONGEST} pixels at most, got {around:.0f}")
    return dict(coco.merge(coco.frPyObjects(polygons, *size)))


def _length(polygon: object, size: tuple[int, int]) -> float:
    """How many pixels its outline has, about."""
    if not isinstance(polygon, list) or not all(
        isinstance(each, int | float) and abs(each) < _FAR for each in polygon
    ):
        polygon = []
    require(
        len(polygon) >= 6 and len(polygon) % 2 == 0,
        "polygon: wanted numbers x, y of three points or more, got something else",
    )
    points = np.array(polygon, float).reshape(-1, 2)
    width_height = np.array(size[::-1], float)
    require(
        bool(((points >= -width_height) & (points <= 2 * width_height)).all()),
        f"polygon: wanted points in a picture of height x width {size[0]} x {size[1]}, got one far outside",
    )
    return float(np.abs(points - np.roll(points, 1, axis=0)).max(axis=1).sum())
