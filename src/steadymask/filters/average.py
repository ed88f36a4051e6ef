"""Exponential average: each result is a mix of the frame and the result before it."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from steadymask.arrays import PictureProbs
from steadymask.errors import require
from steadymask.filters.run import State, Window


@dataclass(frozen=True, kw_only=True)
class ExponentialAverage:
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

    @property
    def memory(self) -> int:
        """Frames of the past that the window keeps."""
        return 0

    @property
    def reach(self) -> int:
        """As many."""
        return self.memory

    @property
    def flow_memory(self) -> int:
        """None: the filter knows no motion."""
        return 0

    def pairs(self, t: int, indices: Sequence[int]) -> list[tuple[int, int]]:
        """None: the filter knows no motion."""
        return []

    def init(self) -> State:
        """No result before the scene's first frame."""
        return ()

    def step(self, state: State, window: Window) -> tuple[State, PictureProbs]:
        """Filter frame `window.t`; the state is its result."""
        probs = window.probs(window.t)
        if state:
            probs = torch.lerp(state[0], probs, self.alpha)
        return (probs,), probs
