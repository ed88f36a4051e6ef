"""Temporal Gaussian: each pixel averaged over the frames around, however the picture moves."""

from dataclasses import dataclass

import torch

from steadymask.arrays import PictureProbs
from steadymask.errors import require
from steadymask.filters.run import State, Window
from steadymask.filters.without_motion import WithoutMotion
from steadymask.temporal_gaussian import gaussian_radius, gaussian_weights


@dataclass(frozen=True, kw_only=True)
class GaussianFilter(WithoutMotion):
    """Gaussian mean over the frames around, cut off at four standard deviations.

    Beyond the scene its first or last frame is repeated.

    Args:
        sigma: standard deviation in frames.
    """

    sigma: float = 1.0

    def __post_init__(self) -> None:
        """Check the settings."""
        require(0 < self.sigma < float("inf"), f"sigma: wanted a positive number of frames, got {self.sigma}")

    @property
    def delay(self) -> int:
        """Frames of look-ahead."""
        return gaussian_radius(self.sigma)

    def step(self, state: State, window: Window) -> tuple[State, PictureProbs]:
        """Filter frame `window.t`."""
        t, there = window.t, window.indices
        weights = gaussian_weights(self.sigma, past=t - there[0], future=there[-1] - t)
        mean = torch.zeros_like(window.probs(t))
        for index, weight in zip(there, weights.tolist(), strict=True):
            mean.add_(window.probs(index), alpha=weight)
        return state, mean
