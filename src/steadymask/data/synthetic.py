"""Short sequences made of one labelled picture, whose motion and visibility are known exactly."""

import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from steadymask.arrays import Picture, PictureLabels
from steadymask.data.exact_motion import ExactMotion
from steadymask.data.mirrored import labels_at, picture_at
from steadymask.data.occluder import Occluder
from steadymask.data.perturbation import KINDS, SEVERITIES, Kind, Perturbation, draw_perturbation
from steadymask.data.similarity import Coordinates, Similarity, pixels
from steadymask.errors import require

_BAND = 2**15  # pixels that are drawn at a time: what they need fits the cache, however large the picture


@dataclass(frozen=True, kw_only=True)
class Synthesis:
    """How sequences are made.

    Args:
        frames: of each sequence; the first is the picture.
        seed: of everything drawn at random.
        kinds: the perturbations to choose from.
        one_kind: choose once for the whole sequence, not anew for every frame.
        void_occluders: what covers the scene is void (−1), not background (0).
        noise: standard deviation of the noise on every frame but the first, as a share of white.

    Source: Qian et al., Coherent loss: a generic framework for stable video segmentation, section "Metric".
    """

    frames: int = 11
    seed: int = 0
    kinds: tuple[Kind, ...] = KINDS
    one_kind: bool = False
    void_occluders: bool = False
    noise: float = 0.01

    def __post_init__(self) -> None:
        """Check the settings."""
        require(self.frames >= 2, f"frames: wanted at least 2, got {self.frames}")
        require(self.seed >= 0, f"seed: wanted a number of at least 0, got {self.seed}")
        known = bool(self.kinds) and set(self.kinds) <= set(KINDS)
        require(known, f"kinds: wanted some of {', '.join(KINDS)}, got {', '.join(self.kinds) or 'none'}")
        require(len(set(self.kinds)) == len(self.kinds), "kinds: wanted each once, got one of them twice")
        good = math.isfinite(self.noise) and 0 <= self.noise <= 1
        require(good, f"noise: wanted a number in [0, 1], got {self.noise}")


@dataclass(frozen=True, kw_only=True, eq=False)
class SyntheticFrame:
    """One frame of a synthetic sequence.

    Args:
        index: 0 for the first frame.
        picture: RGB.
        labels: the truth.
        kind: what happened since the frame before; None in the first frame.
        motion: between the frame before and this one, both ways; None in the first frame.
    """

    index: int
    picture: Picture
    labels: PictureLabels
    kind: Kind | None = None
    motion: ExactMotion | None = None


def plan_sequence(
    severity: int, *, size: tuple[int, int], settings: Synthesis | None = None, scene: str = ""
) -> list[Perturbation]:
    """What happens before each frame but the first. A longer sequence begins with the shorter one.

    Args:
        severity: 1 to 6.
        size: (h, w) of the picture.
        settings: how sequences are made; None: the defaults.
        scene: name of the picture, so that no two pictures move alike.

    Raises:
        InputError: there is no such severity.
    """
    settings = settings or Synthesis()
    require(1 <= severity <= len(SEVERITIES), f"severity: wanted 1 to {len(SEVERITIES)}, got {severity}")
    random = np.random.default_rng(_seeds(settings, severity, scene))
    kinds: Sequence[Kind] = settings.kinds
    if settings.one_kind:
        kinds = (kinds[int(random.integers(len(kinds)))],)
    strength = SEVERITIES[severity - 1]
    return [draw_perturbation(random, strength, kinds=kinds, size=size) for _ in range(1, settings.frames)]


def synthesize_sequence(
    picture: Picture,
    labels: PictureLabels,
    *,
    severity: int,
    settings: Synthesis | None = None,
    scene: str = "",
) -> Iterator[SyntheticFrame]:
    """Move a picture and its labels step by step, with the exact motion between the steps.

    Each frame is the picture itself, read once through all motions so far: bilinearly, and the labels by the
    nearest neighbor. Beyond its borders the scene is its own mirror image, labels too. An occluder stays on
    the scene and moves with it. Constant memory; the same arguments give the same bytes on every processor.

    Args:
        picture: the first frame.
        labels: its labels; −1 is void.
        severity: 1 to 6.
        settings: how sequences are made; None: the defaults.
        scene: name of the picture, so that no two pictures move alike.

    Raises:
        InputError: there is no such severity.

    Source: Qian et al., Coherent loss: a generic framework for stable video segmentation, section "Metric".
    Deviates: frames come from the picture itself, not from the frame before, so that blur does not add up.
    """
    settings = settings or Synthesis()
    size = _size(labels)
    plan = plan_sequence(severity, size=size, settings=settings, scene=scene)
    return _sequence(_Scene(picture, labels, settings), plan, _seeds(settings, severity, scene))


def _sequence(scene: "_Scene", plan: Sequence[Perturbation], seeds: list[int]) -> Iterator[SyntheticFrame]:
    yield SyntheticFrame(index=0, picture=scene.picture, labels=scene.labels)
    for index, step in enumerate(plan, start=1):
        scene.move(step)
        picture, labels = scene.drawn(np.random.default_rng([*seeds, index]))
        motion = exact_motion(step, _size(labels))
        yield SyntheticFrame(index=index, picture=picture, labels=labels, kind=step.kind, motion=motion)


def exact_motion(step: Perturbation, size: tuple[int, int]) -> ExactMotion:
    """The motion of one step, and what it shows and hides.

    Everything lies on one plane, so that one map holds for all of it, for mirror images and occluders too;
    only what joins the scene in this step has not been in the earlier frame.
    """
    forward, backward = step.motion, step.motion.inverse()
    seen: list[tuple[Bool[Tensor, "rows w"], Bool[Tensor, "rows w"]]] = []
    for rows in _bands(size):
        x, y = pixels(rows, size[1])
        there = forward(x, y)
        stays = _inside(*there, size) & ~_covered(step.occluder, *there)
        seen.append((stays, _inside(*backward(x, y), size) & ~_covered(step.occluder, x, y)))
    visible_forward, visible_backward = (torch.cat(each) for each in zip(*seen, strict=True))
    return ExactMotion(
        forward=forward,
        backward=backward,
        visible_forward=visible_forward,
        visible_backward=visible_backward,
    )


class _Scene:
    """The picture's plane, moved before a camera that looks at a piece of it as large as the picture."""

    def __init__(self, picture: Picture, labels: PictureLabels, settings: Synthesis) -> None:
        self.picture, self.labels = picture, labels
        self._noise, self._hidden = 255 * settings.noise, -1 if settings.void_occluders else 0
        self._placement = Similarity()
        self._occluders: list[Occluder] = []

    def move(self, step: Perturbation) -> None:
        """Go on to the next frame."""
        self._placement = self._placement.then(step.motion)
        self._occluders = [each.moved(step.motion) for each in self._occluders]
        self._occluders += [] if step.occluder is None else [step.occluder]

    def drawn(self, random: np.random.Generator) -> tuple[Picture, PictureLabels]:
        """This frame, with noise."""
        picture, labels = torch.empty_like(self.picture), torch.empty_like(self.labels)
        for rows in _bands(_size(labels)):
            color, here = self._rows(rows, labels.shape[1])
            color += self._noise * torch.from_numpy(random.standard_normal(color.shape, np.float32))
            picture[:, rows.start : rows.stop] = color.round().clamp(0, 255).to(torch.uint8)
            labels[rows.start : rows.stop] = here
        return picture, labels

    def _rows(self, rows: range, width: int) -> tuple[Float[Tensor, "3 rows w"], PictureLabels]:
        x, y = pixels(rows, width)
        own = self._placement.inverse()(x, y)
        color, labels = picture_at(self.picture, *own), labels_at(self.labels, *own)
        for each in self._occluders:
            depth = each.depth(x, y)
            color = each.over(color, depth)
            labels = torch.where(depth > 0, self._hidden, labels)
        return color, labels


def _bands(size: tuple[int, int]) -> Iterator[range]:
    """The rows of a picture, a few at a time."""
    step = max(_BAND // size[1], 1)
    return (range(first, min(first + step, size[0])) for first in range(0, size[0], step))


def _covered(occluder: Occluder | None, x: Coordinates, y: Coordinates) -> Bool[Tensor, "*points"]:
    return torch.zeros_like(x, dtype=torch.bool) if occluder is None else occluder.depth(x, y) > 0


def _inside(x: Coordinates, y: Coordinates, size: tuple[int, int]) -> Bool[Tensor, "*points"]:
    height, width = size
    return (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)


def _seeds(settings: Synthesis, severity: int, scene: str) -> list[int]:
    return [settings.seed, zlib.crc32(scene.encode(errors="surrogateescape")), severity]


def _size(labels: PictureLabels) -> tuple[int, int]:
    height, width = labels.shape
    return height, width
