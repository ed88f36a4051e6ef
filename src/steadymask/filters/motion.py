"""Motion-compensated fusion: every frame asks the frames around it, along the motion, and weighs what they say.

A mask's edge jitters by a few pixels, and what the frames around agree on is better than any one of them. But a part
that vanishes, or a frame in which the network fails, is no jitter: averaged in, it would tear holes into right masks.
So a neighbor counts only as far as it can be trusted at a pixel (visible there, same color) *and* shows about the same
shape around it. Larger changes are undone only where past and future agree against the frame, and thin parts, which
flow cannot follow, stay where the frames around have them too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from steadymask.arrays import PictureProbs
from steadymask.errors import require
from steadymask.filters.blinks import undo_blinks
from steadymask.filters.run import State, Window
from steadymask.filters.thin_parts import keep_thin_parts
from steadymask.filters.tracks import Tracks, follow, undecided

Plane = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class MotionFusion:
    """Fuses the frames around along the motion, in several passes; each pass reads the results of the one before.

    Args:
        radius: frames to either side that a pass asks.
        passes: how often; reach and look-ahead are `radius · passes` frames.
        tolerance: how much of a neighborhood may differ before a neighbor stops counting, in (0, 1]; it carries the
            trade-off between steadiness and staying with the frame.
        neighborhood: side of the square in which shapes are compared, as a share of the picture's diagonal.
        sigma: standard deviation of the temporal weights, in frames.
        gain: of the photometric confidence (see `warp.photometric_confidence`).

    Deviates: plain fusion (every visible neighbor counts by color alone) removes as much flicker, but tears right
        frames apart where the network fails for several frames; see docs/stabilize.md for the measured difference.
    """

    radius: int = 6
    passes: int = 4
    tolerance: float = 0.6
    neighborhood: float = 0.0135
    sigma: float = 4.0
    gain: float = 255 / 20

    def __post_init__(self) -> None:
        """Check the settings."""
        for name in ("radius", "passes"):
            require(getattr(self, name) >= 1, f"{name}: wanted at least 1, got {getattr(self, name)}")
        for name in ("tolerance", "neighborhood", "sigma", "gain"):
            require(getattr(self, name) > 0, f"{name}: wanted a positive number, got {getattr(self, name)}")

    @property
    def delay(self) -> int:
        """Frames of look-ahead."""
        return self.radius * self.passes

    @property
    def memory(self) -> int:
        """Frames of the past that the window keeps."""
        return self.radius * self.passes

    @property
    def flow_memory(self) -> int:
        """Frames of the past whose flows are still asked for: the first pass runs ahead of the last."""
        return self.radius - self.radius * (self.passes - 1)

    def pairs(self, t: int, indices: Sequence[int]) -> list[tuple[int, int]]:
        """The flows between the frame that the first pass reaches next and those around it, both ways."""
        there = set(indices)
        i = t + self.radius * (self.passes - 1)
        return [pair for j in self._around(i) if {i, j} <= there for pair in ((i, j), (j, i))]

    def init(self) -> State:
        """Nothing is carried along."""
        return ()

    def step(self, state: State, window: Window) -> tuple[State, PictureProbs]:
        """Filter frame `window.t`."""
        t = window.t
        fused = self._passed(self.passes, t, window)
        fused = keep_thin_parts(...)
        for number in range(self.passes):
            window.drop(f"pass {number}", before=t + 1 + self.radius * (self.passes - number - 2))
        return state, torch.cat((1 - fused.sum(0, keepdim=True), fused))

    def _around(self, t: int) -> list[int]:
        return [t + offset for offset in range(-self.radius, self.radius + 1) if offset]
