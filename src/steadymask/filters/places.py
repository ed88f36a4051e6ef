"""Where the pixels of one frame lie in another: held as places, or as the coarse flow that gives them."""

from dataclasses import dataclass
from math import frexp, isfinite
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from steadymask.errors import require

_COLUMNS = (
    256  # OpenCV resamples grids of less than 32768 columns, so that points are laid out in rows of these
)
_FINEST = 16  # bits behind the point: places are held to 1/32 pixel

Points = NDArray[np.float32]
Coordinates = NDArray[np.float32]
Indices = NDArray[np.int32]


@dataclass(frozen=True)
class Places:
    """Where points lie in another frame, in OpenCV's fixed-point form (1/32 pixel)."""

    whole: NDArray[np.int16]
    fraction: NDArray[np.uint16]

    @property
    def bytes(self) -> int:
        """What it takes to hold them."""
        return self.whole.nbytes + self.fraction.nbytes

    def sample(self, plane: NDArray[Any], points: int) -> NDArray[Any]:
        """Bilinear samples of a plane (or picture) at the first `points` places, clamped at the border."""
        found = cv2.remap(plane, self.whole, self.fraction, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return found.reshape(-1, *found.shape[2:])[:points]


@dataclass(frozen=True)
class Route:
    """The flow on its coarse grid, in a fixed-point form that fits its longest vector.

    Where much of a picture is undecided this is smaller than the places, which are found anew each time.

    Args:
        flow: `h w 2`, (dx, dy) times `2 ** bits`, in pixels of the pictures.
        bits: how many bits are behind the point.
        shape: (h, w) of the pictures.
    """

    flow: NDArray[np.int16]
    bits: int
    shape: tuple[int, int]

    def places(self, pixels: Indices) -> Places:
        """Where pixels, given by their flat indices, lie in the other frame."""
        x, y = columns_and_rows(pixels, self.shape)
        there = flow_at(self.flow.astype(np.float32) * np.float32(2.0**-self.bits), x, y, self.shape)
        return places(x + there[:, 0], y + there[:, 1])


def route(flow: NDArray[np.float32], shape: tuple[int, int]) -> Route:
    """The route along a flow `h w 2` on a grid of any size, between pictures of the size (h, w).

    Raises:
        InputError: the flow is not finite.
    """
    longest = float(np.abs(flow).max())
    require(isfinite(longest), f"flow: wanted finite vectors, got {longest}")
    bits = min(14 - frexp(longest)[1], _FINEST)
    return Route(np.rint(flow * np.float32(2.0**bits)).astype(np.int16), bits, shape)


def places(x: Coordinates, y: Coordinates) -> Places:
    """Points by column and row, in pixels."""
    whole, fraction = cv2.convertMaps(_grid(x), _grid(y), cv2.CV_16SC2)
    return Places(np.asarray(whole, np.int16), np.asarray(fraction, np.uint16))


def flow_at(flow: NDArray[np.float32], x: Coordinates, y: Coordinates, shape: tuple[int, int]) -> Points:
    """A flow `h w 2` on a grid of any size, at points of the pictures, whose size is (h, w)."""
    down, across = flow.shape[0] / shape[0], flow.shape[1] / shape[1]
    columns, rows = _grid((x + 0.5) * across - 0.5), _grid((y + 0.5) * down - 0.5)
    found = cv2.remap(flow, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found.reshape(-1, 2)[: len(x)], np.float32)


def columns_and_rows(pixels: Indices, shape: tuple[int, int]) -> tuple[Coordinates, Coordinates]:
    """Flat indices as columns and rows of a picture of the size (h, w)."""
    y, x = np.divmod(pixels, shape[1])
    return x.astype(np.float32), y.astype(np.float32)


def _grid(values: Coordinates) -> Coordinates:
    grid = np.zeros((-(-len(values) // _COLUMNS), _COLUMNS), np.float32)
    grid.reshape(-1)[: len(values)] = values
    return grid
