"""Motion-compensated average without look-ahead: the frame and the result before it, along the motion."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from steadymask.arrays import PictureProbs
from steadymask.errors import require
from steadymask.filters.neighborhood import Neighborhoods, neighborhood_side
from steadymask.filters.run import State, Window
from steadymask.filters.tracks import as_rows, follow, sure_labels, undecided


@dataclass(frozen=True, kw_only=True)
class MotionAverage:
    """A causal running average along the motion: what each pixel has been, as far as that can be trusted.

    Args:
        frames: how many frames the average remembers at most.
        tolerance: how much of a neighborhood may differ from the result before it until that stops counting;
            more is steadier, and follows changes later.
        neighborhood: side of the square in which shapes are compared, as a share of the picture's diagonal.
        gain: of the photometric confidence (see `warp.photometric_confidence`).
    """

    frames: float = 8.0
    tolerance: float = 1.0
    neighborhood: float = 0.0135
    gain: float = 255 / 30

    def __post_init__(self) -> None:
        """Check the settings."""
        require(self.frames >= 1, f"frames: wanted at least 1, got {self.frames}")
        for name in ("tolerance", "neighborhood", "gain"):
            require(getattr(self, name) > 0, f"{name}: wanted a positive number, got {getattr(self, name)}")

    @property
    def delay(self) -> int:
        """No look-ahead."""
        return 0

    @property
    def memory(self) -> int:
        """The frame before, for its picture."""
        return 1

    @property
    def reach(self) -> int:
        """As many."""
        return self.memory

    @property
    def flow_memory(self) -> int:
        """The frame before."""
        return 1

    def pairs(self, t: int, indices: Sequence[int]) -> list[tuple[int, int]]:
        """The flows to the frame before and back."""
        return [(t, t - 1), (t - 1, t)] if t - 1 in indices else []

    def init(self) -> State:
        """No result before the scene's first frame."""
        return ()

    def step(self, state: State, window: Window) -> tuple[State, PictureProbs]:
        """Filter frame `window.t`; the state is the objects' probabilities and how many frames made them."""
        probs = window.probs(window.t)
        if len(probs) == 1:  # no object
            return state, torch.ones_like(probs)
        objects, behind = (
            self._averaged(state, window) if state else (probs[1:].contiguous(), torch.ones(probs.shape[1:]))
        )
        background = (1 - objects.sum(0, keepdim=True)).clamp_min(0)
        averaged = torch.cat((background, objects))
        return (objects, behind), averaged / averaged.sum(0)

    def _averaged(self, state: State, window: Window) -> State:
        t = window.t
        own_map, before, behind = window.probs(t)[1:].numpy(), state[0].numpy(), state[1].numpy()
        there, back = (as_rows(window.flow(i, j)) for i, j in ((t, t - 1), (t - 1, t)))
        old = torch.cat((1 - state[0].sum(0, keepdim=True), state[0]))
        pixels = undecided(sure_labels(window.probs(t)), [(sure_labels(old), there)], grow=2)
        result, age = own_map.copy(), np.full(own_map.shape[1:], self.frames, np.float32)
        if len(pixels):
            pictures = (as_rows(window.picture(each)) for each in (t, t - 1))
            places, trust = follow(pixels, there, back, *pictures, gain=self.gain)
            own = own_map.reshape(len(own_map), -1)[:, pixels]
            votes = np.stack([places.sample(each, len(pixels)) for each in before])
            shape = Neighborhoods(
                pixels, own_map.shape[1:], neighborhood_side(self.neighborhood, own_map.shape[1:])
            )
            alike = shape.alike(votes, own, self.tolerance)
            weight = places.sample(behind, len(pixels)) * alike * trust.astype(np.float32) / np.float32(255)
            result.reshape(len(result), -1)[:, pixels] = (own + weight * votes) / (1 + weight)
            age.flat[pixels] = np.minimum(1 + weight, self.frames)
        return torch.from_numpy(result), torch.from_numpy(age)
