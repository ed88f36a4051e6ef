"""A disk that comes to lie on the scene and stays on it."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from steadymask.data.similarity import Coordinates, Similarity


@dataclass(frozen=True, kw_only=True)
class Occluder:
    """A disk of one color.

    Args:
        x: its center, in pixels.
        y: the same, downward.
        radius: in pixels.
        color: RGB, 0 to 255.
    """

    x: float
    y: float
    radius: float
    color: tuple[int, int, int]

    def moved(self, motion: Similarity) -> "Occluder":
        """The same disk, carried along."""
        return Occluder(
            x=motion.cos * self.x - motion.sin * self.y + motion.right,
            y=motion.sin * self.x + motion.cos * self.y + motion.down,
            radius=motion.scale * self.radius,
            color=self.color,
        )

    def depth(self, x: Coordinates, y: Coordinates) -> Coordinates:
        """How far inside its edge each point lies, in pixels; what is above 0 is hidden by it."""
        right, down = x - self.x, y - self.y
        return self.radius - (right * right + down * down).sqrt()

    def over(self, color: Float[Tensor, "3 *points"], depth: Coordinates) -> Float[Tensor, "3 *points"]:
        """Colors with the disk on top, its edge one pixel soft as if pixels were small squares."""
        own = torch.tensor(self.color, dtype=color.dtype).view(3, *[1] * depth.ndim)
        return color + (own - color) * (depth + 0.5).clamp(0, 1).to(color.dtype)
