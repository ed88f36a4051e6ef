"""The multi-frame refiner as a filter: it looks at every run of frames and blends what runs say of a frame.

A run lies around every frame of the scene, and each frame is in T of them, at every place of a run once. The
residuals it gets there are averaged, those of runs whose middle is nearer weighing more: no run begins or
ends at once, so that there is no seam. Live, a frame has only the run that ends with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from steadymask.arrays import PictureProbs
from steadymask.errors import require
from steadymask.filters.normalize import with_background
from steadymask.filters.run import State, Window
from steadymask.networks.refiner import Maps, Refiner, logits_of, probs_of
from steadymask.networks.resized import resized


@dataclass(frozen=True, kw_only=True, eq=False)
class NetworkRefinement:
    """Masks refined by a network that sees T frames at once; each object by itself, class 0 is the rest.

    Beyond the scene its first or last frame is repeated. Where the residual is 0, an object stays to the bit.

    Args:
        refiner: in evaluation mode, on any device.
        live: a frame is refined with the T − 1 before it alone, without look-ahead.

    Source: Azulay et al., Temporally stable video segmentation without video annotations, section 5.1, which
        does not say how runs of a longer video are put together.
    """

    refiner: Refiner
    live: bool = False

    def __post_init__(self) -> None:
        """Check the settings."""
        require(not self.refiner.training, "refiner: wanted it in evaluation mode, got it in training mode")

    @property
    def delay(self) -> int:
        """Frames of look-ahead: the last run that a frame is in begins with it."""
        return 0 if self.live else 2 * self._radius

    @property
    def memory(self) -> int:
        """Frames of the past that the window keeps: of earlier runs, what they said is kept instead."""
        return 2 * self._radius if self.live else self._radius

    @property
    def reach(self) -> int:
        """Frames of the past that a result depends on."""
        return 2 * self._radius

    @property
    def flow_memory(self) -> int:
        """None: there is no flow."""
        return 0

    def pairs(self, t: int, indices: Sequence[int]) -> list[tuple[int, int]]:
        """None: there is no flow."""
        return []

    def init(self) -> State:
        """Nothing is carried along."""
        return ()

    @torch.no_grad()
    def step(self, state: State, window: Window) -> tuple[State, PictureProbs]:
        """Filter frame `window.t`."""
        probs = window.probs(window.t)
        if len(probs) == 1:  # no object
            return state, probs
        said = self._live(window) if self.live else self._blended(window)
        residual = resized(said[None], (probs.shape[1], probs.shape[2]))[0].to(probs)
        if not residual.any():
            return state, probs
        given = probs[1:]
        refined = torch.where(residual == 0, given, probs_of(logits_of(given) + residual))
        return state, with_background(refined)

    @property
    def _radius(self) -> int:
        return self.refiner.config.frames // 2

    def _live(self, window: Window) -> Float[Tensor, "objects i j"]:
        return self._said(window.t - self._radius, window)[:, -1]

    def _blended(self, window: Window) -> Float[Tensor, "objects i j"]:
        t, radius = window.t, self._radius
        total = torch.zeros(())
        for middle in range(t - radius, t + radius + 1):
            said = window.once("said", middle, partial(self._said, middle, window))
            total = total.to(said) + (radius + 1 - abs(t - middle)) * said[:, t - middle + radius]
        window.drop("encoded", before=t + 1)  # runs that come begin later
        return total / (radius + 1) ** 2

    def _said(self, middle: int, window: Window) -> Float[Tensor, "objects t i j"]:
        """The residuals of the run around a frame, which may lie beyond the scene."""
        first, last = window.indices[0], window.indices[-1]
        run = range(middle - self._radius, middle + self._radius + 1)
        frames = [min(max(index, first), last) for index in run]
        encoded = [window.once("encoded", each, partial(self._encoded, each, window)) for each in frames]
        return self.refiner.decoded([torch.stack(level, 1) for level in zip(*encoded, strict=True)])

    def _encoded(self, index: int, window: Window) -> Maps:
        """What is known of a frame with its masks, an item of the batch for each object."""
        place = next(self.refiner.parameters())
        logits = logits_of(window.probs(index)[1:]).to(place)
        frame = self.refiner.encoded_frames(window.picture(index)[None].to(place) / 255)
        return self.refiner.encoded(tuple(each.expand(len(logits), -1, -1, -1) for each in frame), logits)
