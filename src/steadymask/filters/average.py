"""Exponential average: each result is a mix of the frame and the result before it."""

from dataclasses import dataclass

import torch

from steadymask.arrays import PictureProbs
from steadymask.errors import require
from steadymask.filters.run import State, Window
from steadymask.filters.without_motion import WithoutMotion


@dataclass(frozen=True, kw_only=True)
class ExponentialAverage(WithoutMotion):
    """`y_t = α x_t + (1 − α) y_{t−1}`, starting with the scene's first frame. Causal; it lags behind motion.

    Args:
        alpha: share of the new frame, in (0, 1]; 1 changes nothing.
    """

    alpha: float = 0.5

    def __post_init__(self) -> None:
        """Check the settings."""
        require(0 < self.alpha <= 1, f"alpha: wanted a number in (0, 1], got {self.alpha}")

    @property
    def delay(self) -> int:
        """Frames of look-ahead."""
        return 0

    def step(self, state: State, window: Window) -> tuple[State, PictureProbs]:
        """Filter frame `window.t`; the state is its result."""
        probs = window.probs(window.t)
        if state:
            probs = torch.lerp(state[0], probs, self.alpha)
        return (probs,), probs
