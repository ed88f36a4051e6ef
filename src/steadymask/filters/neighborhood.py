"""Whether two masks show about the same shape around a pixel."""

from math import hypot

import cv2
import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32]


def neighborhood_side(share: float, shape: tuple[int, ...]) -> int:
    """Side of a square in pixels, odd, from its share of the picture's diagonal."""
    return max(3, round(share * hypot(*shape)) // 2 * 2 + 1)


class Neighborhoods:
    """The squares around undecided pixels; what lies outside these pixels agrees everywhere.

    Only every second pixel in both directions is looked at: a quarter of the work, and a mean over a square
    of a dozen pixels hardly differs.

    Args:
        pixels: flat indices of the undecided pixels.
        shape: (h, w) of the picture.
        side: of the squares, in pixels.
    """

    def __init__(self, pixels: NDArray[np.int32], shape: tuple[int, ...], side: int) -> None:
        y, x = np.divmod(pixels, shape[1])
        self._grid = np.zeros(((shape[0] + 1) // 2, (shape[1] + 1) // 2), np.uint8)
        self._cells = y // 2 * self._grid.shape[1] + x // 2
        self._chosen = np.flatnonzero((y % 2 == 0) & (x % 2 == 0))
        self._chosen_cells = self._cells[self._chosen]
        self._side = side // 2 | 1

    def alike(self, votes: Values, own: Values, tolerance: float) -> Values:
        """`exp(−(d / tolerance)²)`, d the share of the square around each pixel on which two masks differ.

        Args:
            votes: the objects' probabilities in one mask, `m n` for n undecided pixels.
            own: those in the other.
            tolerance: how much may differ.
        """
        some = votes[:, self._chosen] - own[:, self._chosen]
        differ = np.abs(some).sum(0)
        if len(votes) > 1:  # with one object, the background differs as much as it does
            differ = 0.5 * (differ + np.abs(some.sum(0)))
        self._grid.flat[self._chosen_cells] = np.minimum(differ * 255, 255).astype(np.uint8)
        mean = cv2.blur(self._grid, (self._side, self._side))
        curve = np.exp(-np.square(np.arange(256, dtype=np.float32) / (255 * tolerance)))
        alike: Values = curve[mean].reshape(-1)[self._cells]
        return alike
