"""Motion-compensated fusion: each frame asks the frames around it, along the motion, and weighs their word.

A mask's edge jitters by a few pixels, and what the frames around agree on is better than any one of them. But
a part that vanishes, or a frame in which the network fails, is no jitter: averaged in, it would tear holes
into right masks. So a neighbor counts only as far as it can be trusted at a pixel (visible there, of the same
color) *and* shows about the same shape around it. What is larger than jitter is undone only where past and
future agree against the frame (`blinks`), and thin parts stay while the frames around have them too and flow
can be trusted to find them there (`thin_parts`). In the end the outline is drawn (`outline`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import exp

import numpy as np
import torch
from numpy.typing import NDArray

from steadymask.arrays import PictureProbs
from steadymask.errors import require
from steadymask.filters.blinks import Vote, blinking
from steadymask.filters.neighborhood import Neighborhoods, neighborhood_side
from steadymask.filters.normalize import with_background
from steadymask.filters.outline import outline_in
from steadymask.filters.places import Places, Route
from steadymask.filters.run import State, Window
from steadymask.filters.thin_parts import ThinParts, followed, supported, thin_parts_in
from steadymask.filters.tracks import (
    Bytes,
    SureLabels,
    Tracks,
    as_rows,
    follow,
    smallest,
    sure_labels,
    undecided,
)

Values = NDArray[np.float32]

_NEAR = 2  # frames to either side that are asked about blinks
_NEAR_SIGMA = 1.5
_LEAST_TRUST = 0.2
_SUPPORT, _FOLLOWED = 0.2, 0.45  # of thin parts that come back: near in frames around, and the flow trusted


@dataclass(frozen=True, kw_only=True)
class MotionFusion:
    """Fuses the frames around along the motion, in passes; each pass reads the results of the one before.

    Args:
        radius: frames to either side that a pass asks.
        passes: how often; the reach, and the look-ahead, is `radius · passes` frames.
        tolerance: how much of a neighborhood may differ before a neighbor stops counting; more is steadier,
            and follows the frame less.
        neighborhood: side of the square in which shapes are compared, as a share of the picture's diagonal.
        sigma: standard deviation of the weights over time, in frames.
        gain: of the photometric confidence (see `warp.photometric_confidence`).
        vanished: how sure past and future must be of a part that the frame lacks: both above 1 − `vanished`.
        appeared: how sure they must be that a part only the frame has is none: both below `appeared`.
        threshold: share of the votes that suffices for an object close to its outline (see `outline`).
        smooth: standard deviation of the Gaussian that smooths outlines, as a share of the diagonal.
        thin: parts narrower than this, as a share of the diagonal, are thin; 0 treats them like all others.
    """

    radius: int = 6
    passes: int = 4
    tolerance: float = 0.63
    neighborhood: float = 0.0135
    sigma: float = 4.0
    gain: float = 255 / 20
    vanished: float = 0.4
    appeared: float = 0.3
    threshold: float = 0.37
    smooth: float = 0.0015
    thin: float = 0.0245

    def __post_init__(self) -> None:
        """Check the settings."""
        for name in ("radius", "passes"):
            require(getattr(self, name) >= 1, f"{name}: wanted at least 1, got {getattr(self, name)}")
        for name in ("tolerance", "neighborhood", "sigma", "gain", "threshold"):
            require(getattr(self, name) > 0, f"{name}: wanted a positive number, got {getattr(self, name)}")
        require(self.threshold < 1, f"threshold: wanted a number below 1, got {self.threshold}")
        for name in ("vanished", "appeared", "smooth", "thin"):
            value = getattr(self, name)
            require(0 <= value < 1, f"{name}: wanted a number in [0, 1), got {value}")

    @property
    def delay(self) -> int:
        """Frames of look-ahead; one more than the result needs, whose flows are estimated meanwhile."""
        return self.radius * self.passes + 1

    @property
    def memory(self) -> int:
        """Frames of the past that the window keeps: what earlier passes have made of them is kept instead."""
        return max(self.radius, _NEAR)

    @property
    def reach(self) -> int:
        """Frames of the past that a result depends on."""
        return self.radius * self.passes

    @property
    def flow_memory(self) -> int:
        """Frames of the past whose flows are asked for; negative: the first pass runs ahead of the last."""
        return self.radius - self._ahead(1)

    def pairs(self, t: int, indices: Sequence[int]) -> list[tuple[int, int]]:
        """The flows, there and back, of the frame that the first pass reaches after frame `t`."""
        i = t + self._ahead(1) + 1
        return [pair for j in self._around(i, indices) if i in indices for pair in ((i, j), (j, i))]

    def init(self) -> State:
        """Nothing is carried along."""
        return ()

    def step(self, state: State, window: Window) -> tuple[State, PictureProbs]:
        """Filter frame `window.t`."""
        t = window.t
        given = self._result(0, t, window)
        if not len(given):  # no object
            return state, torch.ones_like(window.masks[t].probs)
        self._run_ahead(window)
        outline = outline_in(given.shape[1:], threshold=self.threshold, smooth=self.smooth)
        objects = outline.drawn_all(self._fused(self.passes, t, window), given)
        if self.thin:
            objects = self._with_thin_parts(objects, window)
        probs = with_background(torch.from_numpy(objects))
        for number in range(1, self.passes):  # keep what later frames will ask for, no more
            window.drop(f"pass {number}", before=t + 1 + self._ahead(number + 1) - self.radius)
        window.drop("input", before=t + 1 + self._ahead(1) - self.radius)
        window.drop("tracks", before=t + 1)
        window.drop("sure", before=t + 1 - self.flow_memory)
        return state, probs

    def _run_ahead(self, window: Window) -> None:
        """Let every pass reach the frames that later ones ask for, while all that it needs is still there.

        A frame in which nothing is undecided asks for no others; those after it would come too late.
        """
        if ("tracks", window.t) not in window.kept:  # the first frame: every pass begins, each further back
            for index in range(window.t - self._ahead(1), window.t + self._ahead(1) + 1):
                if index in window.masks:
                    window.once("tracks", index, partial(self._tracks, index, window))
        for number in range(1, self.passes):
            begin = window.t + self._ahead(number + 1) - self.radius
            for index in range(begin, window.t + self._ahead(number) + 1):
                if index in window.masks:
                    self._result(number, index, window)

    def _ahead(self, number: int) -> int:
        """How many frames pass `number` runs ahead of the last one."""
        return self.radius * (self.passes - number)

    def _around(self, t: int, indices: Sequence[int]) -> list[int]:
        return [j for j in range(t - self.radius, t + self.radius + 1) if j != t and j in indices]

    def _result(self, number: int, t: int, window: Window) -> Values:
        """The probabilities `k−1 h w` of the objects at frame `t` after pass `number`; 0 is the input."""
        if number == 0:
            return window.once("input", t, lambda: window.masks[t].probs[1:].numpy().copy())
        return window.once(f"pass {number}", t, lambda: self._fused(number, t, window))

    def _fused(self, number: int, t: int, window: Window) -> Values:
        tracks = window.once("tracks", t, lambda: self._tracks(t, window))
        own_map = self._result(number - 1, t, window)
        if not len(tracks.pixels):
            return own_map
        own = own_map.reshape(len(own_map), -1)[:, tracks.pixels]
        ballot = _Ballot(self, tracks, own, own_map.shape[1:])
        for j in tracks.offsets:
            ballot.count(j, self._result(number - 1, t + j, window))
        fused = own_map.copy()
        fused.reshape(len(fused), -1)[:, tracks.pixels] = ballot.decided()
        return fused

    def _tracks(self, t: int, window: Window) -> Tracks:
        around = self._around(t, window.indices)
        labels = {j: window.once("sure", j, partial(_sure_labels, j, window)) for j in (t, *around)}
        pairs = [pair for j in around for pair in ((t, j), (j, t))]
        window.prepare(pairs)
        flows = {pair: as_rows(window.flow(*pair)) for pair in pairs}
        window.release(t)  # tracks are made in the order of the frames
        pixels = undecided(labels[t], [(labels[j], flows[t, j]) for j in around], grow=2)
        if not len(pixels):  # nothing is in doubt, as where no object is in sight
            return Tracks(pixels=pixels, ways={}, trust={})
        here = as_rows(window.picture(t))
        ways: dict[int, Places | Route] = {}
        trust: dict[int, Bytes] = {}
        for j in around:
            there = as_rows(window.picture(j))
            found, trust[j - t] = follow(pixels, flows[t, j], flows[j, t], here, there, gain=self.gain)
            ways[j - t] = smallest(found, flows[t, j], here.shape[:2])
        return Tracks(pixels=pixels, ways=ways, trust=trust)

    def _with_thin_parts(self, objects: Values, window: Window) -> Values:
        """The result, with the thin parts that the passes have erased but the frames around have too."""
        t = window.t
        parts = thin_parts_in(objects.shape[1:], thin=self.thin)
        tracks = window.once("tracks", t, lambda: self._tracks(t, window))
        input_objects = self._result(0, t, window)
        for number, fused in enumerate(objects):
            lost = parts.lost(input_objects[number], fused)
            numbers = lost.reshape(-1)[tracks.pixels]
            if not numbers.any():
                continue
            sides = [
                self._thin_around(number, [j for j in tracks.offsets if 0 < side * j <= _NEAR], parts, window)
                for side in (-1, 1)
            ]
            kept = tracks.pixels[
                supported(numbers, sides, least=_SUPPORT)
                & followed(numbers, tracks.far_trust(), least=_FOLLOWED)
            ]
            objects = objects.copy()
            # All objects, so that the part is not fought over with the one that had taken its place.
            objects.reshape(len(objects), -1)[:, kept] = input_objects.reshape(len(objects), -1)[:, kept]
        return objects

    def _thin_around(self, number: int, offsets: Sequence[int], parts: ThinParts, window: Window) -> Values:
        """The share of some frames that have a thin part near each undecided pixel; 1 without frames."""
        t = window.t
        tracks = window.once("tracks", t, lambda: self._tracks(t, window))
        found = np.zeros(len(tracks.pixels), np.float32)
        for offset in offsets:
            there = parts.of(self._result(0, t + offset, window)[number])
            found += tracks.places(offset).sample(255 * there, len(found)) > 127
        return found / np.float32(len(offsets)) if offsets else np.ones_like(found)


@dataclass
class _Votes:
    """Trusted votes about pixels, added up: for each object the shares `m n`, and the trust."""

    shares: Values
    trust: Values
    full: float = 0.0

    def add(self, votes: Values, weight: Values) -> None:
        """Add the votes `m n` of a frame."""
        self.shares += weight * votes
        self.trust += weight


class _Ballot:
    """Counts what the frames around say about the undecided pixels of one frame, and decides."""

    def __init__(self, settings: MotionFusion, tracks: Tracks, own: Values, shape: tuple[int, ...]) -> None:
        self._settings, self._tracks, self._own, self._shape = settings, tracks, own, shape
        pixels = own.shape[1]
        self._all = _Votes(own.copy(), np.ones(pixels, np.float32))  # the frame's own vote, with full trust
        self._past, self._future = (
            _Votes(np.zeros_like(own), np.zeros(pixels, np.float32)) for _ in range(2)
        )
        self._neighborhoods = Neighborhoods(
            tracks.pixels, shape, neighborhood_side(settings.neighborhood, shape)
        )

    def count(self, offset: int, there: Values) -> None:
        """Count the frame `offset` frames away, whose objects have the probabilities `there`."""
        places = self._tracks.places(offset)
        votes = np.stack([places.sample(each, len(self._own[0])) for each in there])
        trusted = self._tracks.trust[offset].astype(np.float32) / np.float32(255)
        alike = self._neighborhoods.alike(votes, self._own, self._settings.tolerance)
        weight = exp(-offset * offset / (2 * self._settings.sigma**2)) * trusted * alike
        self._all.add(votes, weight)
        if abs(offset) <= _NEAR:
            near = exp(-offset * offset / (2 * _NEAR_SIGMA**2))
            side = self._future if offset > 0 else self._past
            side.add(votes, near * trusted)
            side.full += near

    def decided(self) -> Values:
        """The probabilities of the objects at the undecided pixels."""
        decided = self._all.shares / self._all.trust
        for number, own in enumerate(self._own):
            past, future = (
                Vote(share=side.shares[number], trust=side.trust, full=side.full)
                for side in (self._past, self._future)
            )
            blinks = blinking(
                own,
                past,
                future,
                self._tracks.pixels,
                self._shape,
                vanished=self._settings.vanished,
                appeared=self._settings.appeared,
                trust=_LEAST_TRUST,
            )
            both = (past.share / (past.trust + 1e-6) + future.share / (future.trust + 1e-6)) / 2
            decided[number] = np.where(blinks, both, decided[number])
        return decided


def _sure_labels(index: int, window: Window) -> SureLabels:
    return sure_labels(window.masks[index].probs)  # unpacked for this alone
