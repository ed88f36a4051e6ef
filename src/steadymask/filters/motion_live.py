"""Motion-compensated average without look-ahead: the frame and the result before it, along the motion.

An edge that jitters is averaged. A part that comes or goes is held back: without a look at what follows, a
blink and a change that lasts begin alike, so that a few frames have to agree on it before it is believed.
Where flow cannot be trusted nothing is held, and the frame is believed at once. So are thin parts, lines and
limbs, which a small error of the flow is enough to lose, as long as their place can be followed far back:
elsewhere they are mostly debris (`thin_parts`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from steadymask.arrays import PictureProbs
from steadymask.errors import require
from steadymask.filters.neighborhood import Neighborhoods, neighborhood_side
from steadymask.filters.normalize import with_background
from steadymask.filters.outline import outline_in
from steadymask.filters.places import Places
from steadymask.filters.run import State, Window
from steadymask.filters.thin_parts import followed, thin_parts_in
from steadymask.filters.tracks import Bytes, as_rows, follow, sure_labels, undecided

Values = NDArray[np.float32]
Indices = NDArray[np.int32]

_CONTRADICTION = 0.5  # a difference in probability
_SPECK = 0.003  # of the diagonal: smaller thin parts are not worth the flows it takes to follow them
_FAR = 9  # frames back to which the place of a thin part must be followed
_FOLLOWED = 0.66  # how far that must be trusted, as the mean over the part: it alone decides, with no future


@dataclass(frozen=True, kw_only=True)
class MotionAverage:
    """A causal running average along the motion: what each pixel has been, as far as that can be trusted.

    Args:
        frames: how many frames the average remembers at most.
        tolerance: how much of a neighborhood may differ from the result before it until that stops counting;
            more is steadier, and follows changes later.
        neighborhood: side of the square in which shapes are compared, as a share of the picture's diagonal.
        hold: for how many frames in a row a pixel may contradict the result before it until that stops
            counting however much of its neighborhood differs; changes that last come that much later.
        gain: of the photometric confidence (see `warp.photometric_confidence`).
        threshold: probability that suffices for an object close to its outline (see `outline`).
        smooth: standard deviation of the Gaussian that smooths outlines, as a share of the diagonal.
        thin: parts narrower than this, as a share of the diagonal, are thin; 0 treats them like all others.
    """

    frames: float = 7.0
    tolerance: float = 0.5
    neighborhood: float = 0.0135
    hold: int = 3
    gain: float = 255 / 25
    threshold: float = 0.475
    smooth: float = 0.0018
    thin: float = 0.028

    def __post_init__(self) -> None:
        """Check the settings."""
        require(self.frames >= 1, f"frames: wanted at least 1, got {self.frames}")
        for name in ("tolerance", "neighborhood", "gain", "threshold"):
            require(getattr(self, name) > 0, f"{name}: wanted a positive number, got {getattr(self, name)}")
        require(self.threshold < 1, f"threshold: wanted a number below 1, got {self.threshold}")
        for name in ("hold", "smooth", "thin"):
            require(getattr(self, name) >= 0, f"{name}: wanted at least 0, got {getattr(self, name)}")

    @property
    def delay(self) -> int:
        """No look-ahead."""
        return 0

    @property
    def memory(self) -> int:
        """The frame before."""
        return 1

    @property
    def reach(self) -> int:
        """Back to the frame that thin parts are followed to."""
        return self.flow_memory

    @property
    def flow_memory(self) -> int:
        """Likewise; without thin parts the frame before."""
        return _FAR if self.thin else 1

    def pairs(self, t: int, indices: Sequence[int]) -> list[tuple[int, int]]:
        """The flows to the frame before and back."""
        return [(t, t - 1), (t - 1, t)] if t - 1 in indices else []

    def init(self) -> State:
        """No result before the scene's first frame."""
        return ()

    def step(self, state: State, window: Window) -> tuple[State, PictureProbs]:
        """Filter frame `window.t`.

        The state, all of it on the frame's grid: the objects' probabilities, how many frames made them, and
        for how many frames in a row the masks have contradicted them.
        """
        probs = window.probs(window.t)
        if len(probs) == 1:  # no object
            window.release(window.t)
            return state, torch.ones_like(probs)
        own = probs[1:].contiguous()
        state = (
            self._averaged(state, window)
            if state
            else (own, torch.ones(own.shape[1:]), torch.zeros(own.shape[1:]))
        )
        outline = outline_in(own.shape[1:], threshold=self.threshold, smooth=self.smooth)
        objects = outline.drawn_all(state[0].numpy(), own.numpy())
        if self.thin and window.t - _FAR in window.pictures:
            objects = self._with_thin_parts(objects, window)
        window.release(window.t)
        return state, with_background(torch.from_numpy(objects))

    def _averaged(self, state: State, window: Window) -> State:
        t = window.t
        own_map, (before, behind, doubt) = window.probs(t)[1:].numpy(), (each.numpy() for each in state)
        before_labels = sure_labels(with_background(state[0]))
        pixels = undecided(
            sure_labels(window.probs(t)), [(before_labels, as_rows(window.flow(t, t - 1)))], grow=2
        )
        result = own_map.copy()
        frames = np.full(own_map.shape[1:], self.frames, np.float32)
        contradicted = np.zeros_like(frames)
        if len(pixels):
            places, trust = self._followed(pixels, t, t - 1, window)
            own = own_map.reshape(len(own_map), -1)[:, pixels]
            votes = np.stack([places.sample(each, len(pixels)) for each in before])
            rows = np.where(_contradict(own, votes), places.sample(doubt, len(pixels)) + 1, 0)
            weight = places.sample(behind, len(pixels)) * trust.astype(np.float32) / np.float32(255)
            weight *= np.where(rows <= self.hold, 1, self._alike(votes, own, pixels, own_map.shape[1:]))
            averaged = (own + weight * votes) / (1 + weight)
            result.reshape(len(result), -1)[:, pixels] = averaged
            frames.flat[pixels] = np.minimum(1 + weight, self.frames)
            contradicted.flat[pixels] = np.where(_contradict(own, averaged), rows, 0)
        return torch.from_numpy(result), torch.from_numpy(frames), torch.from_numpy(contradicted)

    def _with_thin_parts(self, objects: Values, window: Window) -> Values:
        """The result, with the thin parts that it lacks and whose place can be followed far back."""
        t = window.t
        own = window.probs(t)[1:].numpy()
        parts = thin_parts_in(own.shape[1:], thin=self.thin, speck=_SPECK)
        lost = np.stack([parts.lost(*each) for each in zip(own, objects, strict=True)])
        pixels = np.flatnonzero(lost.any(0)).astype(np.int32)
        if not len(pixels):
            return objects
        _, trust = self._followed(pixels, t, t - _FAR, window)
        shares = trust.astype(np.float32) / np.float32(255)
        kept = [followed(each.reshape(-1)[pixels], shares, least=_FOLLOWED) for each in lost]
        back = pixels[np.logical_or.reduce(kept)]
        result = objects.copy()
        # All objects, so that the part is not fought over with the one that had taken its place.
        result.reshape(len(result), -1)[:, back] = own.reshape(len(own), -1)[:, back]
        return result

    def _followed(self, pixels: Indices, t: int, far: int, window: Window) -> tuple[Places, Bytes]:
        window.prepare([(t, far), (far, t)])
        flows = (as_rows(window.flow(i, j)) for i, j in ((t, far), (far, t)))
        pictures = (as_rows(window.picture(each)) for each in (t, far))
        return follow(pixels, *flows, *pictures, gain=self.gain)

    def _alike(self, votes: Values, own: Values, pixels: Indices, shape: tuple[int, ...]) -> Values:
        neighborhoods = Neighborhoods(pixels, shape, neighborhood_side(self.neighborhood, shape))
        return neighborhoods.alike(votes, own, self.tolerance)


def _contradict(one: Values, other: Values) -> NDArray[np.bool_]:
    """Where the most probable classes of two masks `m n` differ, or nearly do."""
    differ: NDArray[np.bool_] = np.abs(one - other).max(0) > _CONTRADICTION
    return differ
