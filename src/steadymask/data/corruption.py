"""Make steady labels flicker the way a per-frame network's do, with a record of everything that was done."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import interpolate

from steadymask.arrays import PictureLabels
from steadymask.errors import require
from steadymask.warp import warp_labels

Kind = Literal["dropout", "blink", "leak", "hole", "island"]

# For each kind: most frames it lasts, and its radius as shares of sqrt(object area), from and to.
_LAST: dict[Kind, int] = {"dropout": 1, "blink": 2, "leak": 3, "hole": 2, "island": 2}
_RADIUS: dict[Kind, tuple[float, float]] = {
    "dropout": (0.0, 0.0),
    "blink": (0.30, 0.55),
    "leak": (0.20, 0.40),
    "hole": (0.06, 0.16),
    "island": (0.06, 0.18),
}


@dataclass(frozen=True, kw_only=True)
class Corruption:
    """How often, and how badly, a segmentation fails. All zero changes nothing.

    Rates are mean events per second and object. An event begins while its object is in the picture.

    Args:
        jitter: standard deviation in pixels, per axis, of the displacement that moves every boundary anew in
            each frame.
        jitter_scale: distance in pixels over which the displacement varies.
        persistence: correlation of the displacement with the previous frame's, in [0, 1): errors that stay.
        blink: rate at which a large part of an object vanishes, for 1 or 2 frames.
        dropout: rate at which a whole object vanishes, for 1 frame.
        leak: rate at which an object spills over its edge into the background, for 1 to 3 frames.
        hole: rate at which a small hole opens in an object, for 1 or 2 frames.
        island: rate at which a false speck of an object appears in the background, for 1 or 2 frames.
    """

    jitter: float = 1.4
    jitter_scale: float = 14.0
    persistence: float = 0.3
    blink: float = 0.9
    dropout: float = 0.35
    leak: float = 2.0
    hole: float = 2.0
    island: float = 1.5

    def __post_init__(self) -> None:
        """Check the settings."""
        for name in (field.name for field in fields(self)):
            value = getattr(self, name)
            require(
                math.isfinite(value) and value >= 0, f"{name}: wanted a number of at least 0, got {value}"
            )
        require(self.jitter_scale >= 1, f"jitter_scale: wanted at least 1 pixel, got {self.jitter_scale}")
        require(self.persistence < 1, f"persistence: wanted less than 1, got {self.persistence}")

    def rates(self) -> dict[Kind, float]:
        """How often each kind of event begins, per second and object."""
        return {
            "dropout": self.dropout,
            "blink": self.blink,
            "leak": self.leak,
            "hole": self.hole,
            "island": self.island,
        }


@dataclass(frozen=True, kw_only=True)
class Event:
    """What went wrong with one object in one frame; a failure of three frames gives three events.

    Args:
        frame: index in the stream, from 0.
        kind: what happened.
        object: id of the object.
    """

    frame: int
    kind: Kind
    object: int


def flicker(
    labels: Iterable[PictureLabels],
    *,
    seed: int,
    corruption: Corruption | None = None,
    fps: float = 24.0,
    on_event: Callable[[Event], None] | None = None,
) -> Iterator[PictureLabels]:
    """Corrupt a stream of label maps frame by frame, in constant memory.

    Void (−1) stays where it is and nothing spills onto it. Leaks and islands cover background only: no object
    takes another's place. The same stream, seed and settings give the same result.

    Args:
        labels: label maps of one size, in time order; 0 is background, −1 void.
        seed: of everything drawn at random.
        corruption: what may happen; None: the defaults, which leave a Jaccard index of about 0.87.
        fps: frames per second, which the rates refer to.
        on_event: told of each event, in order (`events.append`).

    Raises:
        InputError: `fps` is not positive.

    >>> still = torch.zeros(8, 8, dtype=torch.int64)
    >>> sum(int(corrupted.sum()) for corrupted in flicker([still] * 3, seed=0))
    0
    """
    require(fps > 0, f"fps: wanted a positive number, got {fps}")
    return _flicker(labels, _Draw(seed), corruption or Corruption(), fps, on_event or (lambda event: None))


def _flicker(
    stream: Iterable[PictureLabels],
    draw: "_Draw",
    corruption: Corruption,
    fps: float,
    on_event: Callable[[Event], None],
) -> Iterator[PictureLabels]:
    failures: list[_Failure] = []
    rates = {kind: rate / fps for kind, rate in corruption.rates().items()}
    nodes: Tensor | None = None
    for frame, truth in enumerate(stream):
        nodes = _next_nodes(nodes, tuple(truth.shape), corruption, draw)
        corrupted = _moved(truth, nodes, corruption.jitter)
        failures = [failure for failure in failures if failure.until > frame]
        failures += _begun(truth, frame, rates, draw)
        for failure in failures:
            present = truth == failure.label
            if present.any():
                corrupted = failure.apply(corrupted, present)
                on_event(Event(frame=frame, kind=failure.kind, object=failure.label))
        yield torch.where(truth < 0, truth, corrupted)


class _Draw:
    """Random numbers on the CPU, so that every device gives the same ones."""

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * float(torch.rand((), generator=self._generator))

    def whole(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return int(torch.randint(low, high + 1, (), generator=self._generator))

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self._generator)


@dataclass(frozen=True, kw_only=True)
class _Blob:
    """A round shape with a wavy outline, that goes along with its object.

    Args:
        right: its centre, as an offset from the object's centroid in pixels.
        down: the same, downward.
        radius: in pixels.
        waves: share of the radius, and phase, of 2, 3, 4, … waves around the outline.
    """

    right: float
    down: float
    radius: float
    waves: tuple[tuple[float, float], ...]

    def around(self, x: float, y: float, like: Tensor) -> Bool[Tensor, "h w"]:
        """Which pixels it covers when the object's centroid lies at (x, y)."""
        height, width = like.shape
        right = torch.arange(width, device=like.device) - (x + self.right)
        down = (torch.arange(height, device=like.device) - (y + self.down))[:, None]
        angle = torch.atan2(down, right)
        outline = torch.ones_like(angle)
        for n, (share, phase) in enumerate(self.waves, start=2):
            outline += share * torch.cos(n * angle + phase)
        return torch.hypot(right, down) < self.radius * outline


@dataclass(frozen=True, kw_only=True)
class _Failure:
    """One thing going wrong with one object until (not including) a frame."""

    kind: Kind
    label: int
    until: int
    blob: _Blob

    def apply(self, corrupted: PictureLabels, present: Bool[Tensor, "h w"]) -> PictureLabels:
        """Let it happen to the corrupted labels of a frame in which the object truly covers `present`."""
        own = corrupted == self.label
        if self.kind == "dropout":
            return corrupted.masked_fill(own, 0)
        here = self.blob.around(*_centroid(present), corrupted)
        if self.kind in ("blink", "hole"):
            return corrupted.masked_fill(own & here, 0)
        return corrupted.masked_fill((corrupted == 0) & here, self.label)


def _begun(truth: PictureLabels, frame: int, rates: dict[Kind, float], draw: _Draw) -> Iterator[_Failure]:
    """The failures that begin in this frame; rates are per frame."""
    for label in torch.unique(truth[truth > 0]).tolist():
        present = truth == label
        for kind, rate in rates.items():
            if draw.between(0.0, 1.0) < -math.expm1(-rate):
                until = frame + draw.whole(1, _LAST[kind])
                yield _Failure(kind=kind, label=label, until=until, blob=_blob(kind, present, draw))


def _blob(kind: Kind, present: Bool[Tensor, "h w"], draw: _Draw) -> _Blob:
    """Where a failure of this kind would strike this object."""
    radius = draw.between(*_RADIUS[kind]) * math.sqrt(int(present.sum()))
    x, y = _centroid(present)
    at_x, at_y = (
        _island(present, x, y, radius, draw) if kind == "island" else _member(_site(kind, present), draw)
    )
    waves = tuple((draw.between(0.0, 0.5 / n), draw.between(0.0, 2 * math.pi)) for n in range(2, 6))
    return _Blob(right=at_x - x, down=at_y - y, radius=max(radius, 1.5), waves=waves)


def _site(kind: Kind, present: Bool[Tensor, "h w"]) -> Bool[Tensor, "h w"]:
    """Pixels at which a failure may be centred: an object's edge for leaks, all of it for others."""
    if kind != "leak":
        return present
    inner = present.clone()
    inner[1:] &= present[:-1]
    inner[:-1] &= present[1:]
    inner[:, 1:] &= present[:, :-1]
    inner[:, :-1] &= present[:, 1:]
    edge = present & ~inner
    return edge if edge.any() else present


def _member(site: Bool[Tensor, "h w"], draw: _Draw) -> tuple[float, float]:
    """A pixel of a set as (x, y), each with equal chance."""
    places = site.nonzero()
    y, x = places[draw.whole(0, len(places) - 1)].double().tolist()
    return x, y


def _island(
    present: Bool[Tensor, "h w"], x: float, y: float, radius: float, draw: _Draw
) -> tuple[float, float]:
    """A place off the object but not far: false specks appear around what resembles it."""
    reach = math.sqrt(int(present.sum()))
    angle, away = draw.between(0.0, 2 * math.pi), draw.between(1.1, 2.0) * reach + radius
    height, width = present.shape
    at_x = min(max(x + away * math.cos(angle), 0.0), width - 1.0)
    return at_x, min(max(y + away * math.sin(angle), 0.0), height - 1.0)


def _centroid(present: Bool[Tensor, "h w"]) -> tuple[float, float]:
    y, x = present.nonzero().double().mean(0).tolist()
    return x, y


def _next_nodes(
    previous: Tensor | None, shape: tuple[int, ...], corruption: Corruption, draw: _Draw
) -> Float[Tensor, "1 2 rows columns"]:
    """The displacement's coarse grid, of unit deviation: partly the previous frame's, partly new."""
    rows, columns = (math.ceil(n / corruption.jitter_scale) + 1 for n in shape)
    new = draw.normal(1, 2, rows, columns)
    if previous is None:
        return new
    return corruption.persistence * previous + math.sqrt(1 - corruption.persistence**2) * new


def _moved(truth: PictureLabels, nodes: Float[Tensor, "1 2 rows columns"], jitter: float) -> PictureLabels:
    """Shift labels by the displacement; where void would move in, the truth stays."""
    if jitter == 0:
        return truth
    height, width = truth.shape
    smooth = interpolate(nodes, size=(height, width), mode="bicubic", align_corners=True)
    moved = warp_labels(truth[None], jitter * smooth.to(truth.device))[0]
    return torch.where(moved < 0, truth, moved)
