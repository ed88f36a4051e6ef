"""Turn, scale and move the picture plane: maps that can be joined and undone, what makes flow exact."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from steadymask.arrays import PictureFlow

Coordinates = Float[Tensor, "*points"]
"""One coordinate of any number of points, in pixels; double precision where flow is to be exact."""


@dataclass(frozen=True, kw_only=True)
class Similarity:
    """Carries the point (x, y) to (cos · x − sin · y + right, sin · x + cos · y + down).

    Args:
        cos: scale times the cosine of the angle, which runs clockwise on the screen (y points down).
        sin: scale times its sine.
        right: how far the origin moves, in pixels.
        down: the same, downward.
    """

    cos: float = 1.0
    sin: float = 0.0
    right: float = 0.0
    down: float = 0.0

    @property
    def scale(self) -> float:
        """The length of what was one pixel long."""
        return math.sqrt(self.cos * self.cos + self.sin * self.sin)

    def __call__(self, x: Coordinates, y: Coordinates) -> tuple[Coordinates, Coordinates]:
        """Where points go."""
        # Plain sums and products, each rounded by itself: the same bits whatever a processor can fuse.
        return self.cos * x - self.sin * y + self.right, self.sin * x + self.cos * y + self.down

    def then(self, after: "Similarity") -> "Similarity":
        """This map, and the other one on what it gives."""
        return Similarity(
            cos=after.cos * self.cos - after.sin * self.sin,
            sin=after.sin * self.cos + after.cos * self.sin,
            right=after.cos * self.right - after.sin * self.down + after.right,
            down=after.sin * self.right + after.cos * self.down + after.down,
        )

    def inverse(self) -> "Similarity":
        """The way back."""
        size = self.cos * self.cos + self.sin * self.sin
        cos, sin = self.cos / size, -self.sin / size
        right, down = -(cos * self.right - sin * self.down), -(sin * self.right + cos * self.down)
        return Similarity(cos=cos, sin=sin, right=right, down=down)

    def flow(self, size: tuple[int, int]) -> PictureFlow:
        """The flow of a picture of (h, w) pixels that moves so; computed in double precision."""
        x, y = pixels(range(size[0]), size[1])
        there_x, there_y = self(x, y)
        return torch.stack([there_x - x, there_y - y]).float()


def turned(*, angle: float, scale: float, center: tuple[float, float]) -> Similarity:
    """Turn by `angle` (radians, clockwise on the screen) and scale about a point (x, y).

    >>> turned(angle=math.pi / 2, scale=2.0, center=(0.0, 0.0)).sin
    2.0
    """
    cos, sin = settled(scale * math.cos(angle)), settled(scale * math.sin(angle))
    x, y = center
    return Similarity(cos=cos, sin=sin, right=x - (cos * x - sin * y), down=y - (sin * x + cos * y))


def settled(value: float) -> float:
    """A value to twelve digits: mathematical libraries differ in the last ones."""
    return round(value * 2**40) / 2**40


def pixels(rows: range, width: int) -> tuple[Float[Tensor, "h w"], Float[Tensor, "h w"]]:
    """The centers (x, y) of the pixels of some rows, in double precision."""
    y = torch.arange(rows.start, rows.stop, dtype=torch.float64)[:, None]
    x = torch.arange(width, dtype=torch.float64)
    return x.expand(len(rows), width), y.expand(len(rows), width)
