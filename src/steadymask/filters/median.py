"""Temporal median: a value that most of the frames around agree with."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from steadymask.arrays import PictureProbs
from steadymask.errors import require
from steadymask.filters.normalize import normalize
from steadymask.filters.run import State, Window
from steadymask.filters.without_motion import WithoutMotion


@dataclass(frozen=True, kw_only=True)
class MedianFilter(WithoutMotion):
    """Median of every class over the `2 · radius + 1` frames around; hard masks stay hard: a majority vote.

    Beyond the scene its first or last frame is repeated, so that the number of votes stays odd. The medians
    are scaled to sum 1; where all are 0 (every frame says something else), the frame keeps its own.

    Args:
        radius: frames to either side.
    """

    radius: int = 2

    def __post_init__(self) -> None:
        """Check the settings."""
        require(self.radius >= 0, f"radius: wanted at least 0 frames, got {self.radius}")

    @property
    def delay(self) -> int:
        """Frames of look-ahead."""
        return self.radius

    def step(self, state: State, window: Window) -> tuple[State, PictureProbs]:
        """Filter frame `window.t`."""
        first, last = window.indices[0], window.indices[-1]
        wanted = range(window.t - self.radius, window.t + self.radius + 1)
        around = [window.probs(min(max(index, first), last)) for index in wanted]
        if len(around[0]) == 2:  # the median of the rest is the rest of the median
            inside = median([probs[1] for probs in around])
            return state, torch.stack((1 - inside, inside))
        return state, normalize(median(around), otherwise=window.probs(window.t))


def median(values: Sequence[Float[Tensor, "*n"]]) -> Float[Tensor, "*n"]:
    """Element-wise median of an odd number of tensors.

    >>> median([torch.tensor([3.0]), torch.tensor([1.0]), torch.tensor([2.0])])
    tensor([2.])
    """
    # Bubble sort up to the middle: for few frames the comparisons of whole pictures beat `torch.median`.
    values = list(values)
    for end in range(len(values) - 1, len(values) // 2 - 1, -1):
        for n in range(end):
            low, high = torch.minimum(values[n], values[n + 1]), torch.maximum(values[n], values[n + 1])
            values[n], values[n + 1] = low, high
    return values[len(values) // 2]
