"""How training pictures are varied: scale, crop, flip and light, drawn once for all frames of a pair."""

from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from steadymask.data.color_jitter import ColorJitter
from steadymask.errors import require

Base = Literal["own", "fit", "cover"]


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """How pictures are varied.

    Args:
        size: (h, w) of what comes out.
        scales: lowest and highest factor on the size; drawn evenly.
        base: what factor 1 is: "own", the picture's own size; "fit", as large as still lies inside `size`
            as a whole; "cover", as small as still fills `size`.
        flip: chance of a mirrored picture, in [0, 1].
        brightness: the factor on brightness is drawn from 1 − this to 1 + this; so are the next two.
        contrast: about middle grey.
        saturation: of the colors.
        hue: the turn of the hue is drawn from −this to this, in radians.

    Raises:
        InputError: a value is out of range; the message names it.
    """

    size: tuple[int, int]
    scales: tuple[float, float] = (0.5, 2.0)
    base: Base = "own"
    flip: float = 0.5
    brightness: float = 0.2
    contrast: float = 0.2
    saturation: float = 0.2
    hue: float = 0.0

    def __post_init__(self) -> None:
        """Check the settings."""
        require(min(self.size) >= 1, f"size: wanted (h, w) of 1 or more, got {self.size}")
        low, high = self.scales
        require(0 < low <= high < 100, f"scales: wanted 0 < lowest <= highest < 100, got {self.scales}")
        require(self.base in get_args(Base), f"base: wanted {', '.join(get_args(Base))}, got {self.base!r}")
        for name in ("flip", "brightness", "contrast", "saturation"):
            value = getattr(self, name)
            require(0 <= value <= 1, f"{name}: wanted a number in [0, 1], got {value}")
        require(0 <= self.hue <= np.pi, f"hue: wanted radians in [0, π], got {self.hue}")


@dataclass(frozen=True, kw_only=True)
class Transform:
    """One such variation of one picture: scale it, cut out, mirror, then change its colors.

    Args:
        own: (h, w) of the picture.
        scaled: (h, w) after scaling; the centers of the corner pixels stay on the corners.
        corner: (top, left) pixel of the scaled picture that becomes the first; below 0, padding comes first.
        size: (h, w) of what is cut out; what lies outside the scaled picture is padding.
        flipped: whether left and right change places, after the cut.
        jitter: what happens to colors.
    """

    own: tuple[int, int]
    scaled: tuple[int, int]
    corner: tuple[int, int]
    size: tuple[int, int]
    flipped: bool = False
    jitter: ColorJitter = field(default_factory=ColorJitter)

    def __post_init__(self) -> None:
        """Check the settings."""
        for name in ("own", "scaled", "size"):
            value = getattr(self, name)
            require(min(value) >= 1, f"{name}: wanted (h, w) of 1 or more, got {value}")

    @property
    def factors(self) -> tuple[float, float]:
        """How many pixels of the scaled picture a pixel of the picture becomes, (down, right)."""
        down, right = (
            (after - 1) / (before - 1) if before > 1 else 1.0
            for before, after in zip(self.own, self.scaled, strict=True)
        )
        return down, right

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Where the point (x, y) of the picture lies in what comes out.

        >>> mirrored = Transform(own=(4, 9), scaled=(4, 9), corner=(0, 2), size=(4, 5), flipped=True)
        >>> mirrored.point(3.0, 1.0)
        (3.0, 1.0)
        """
        down, right = self.factors
        x, y = x * right - self.corner[1], y * down - self.corner[0]
        return (self.size[1] - 1 - x if self.flipped else x), y


def whole(size: tuple[int, int]) -> Transform:
    """The transform that changes nothing, of a picture of (h, w) pixels."""
    return Transform(own=size, scaled=size, corner=(0, 0), size=size)


def draw_transform(settings: Augmentation, own: tuple[int, int], random: np.random.Generator) -> Transform:
    """Draw one variation; the same generator in the same state gives the same.

    The cut lies anywhere in the scaled picture; along an axis on which that is smaller, the picture lies
    anywhere in the cut.

    Args:
        settings: what may be drawn.
        own: (h, w) of the picture.
        random: where numbers come from.
    """
    factor = _base(settings, own) * float(random.uniform(*settings.scales))
    height, width = (max(round(length * factor), 1) for length in own)
    top, left = (_corner(*each, random) for each in zip((height, width), settings.size, strict=True))
    flipped = bool(random.random() < settings.flip)
    amounts = (settings.brightness, settings.contrast, settings.saturation, settings.hue)
    brightness, contrast, saturation, hue = (float(random.uniform(-each, each)) for each in amounts)
    return Transform(
        own=own,
        scaled=(height, width),
        corner=(top, left),
        size=settings.size,
        flipped=flipped,
        jitter=ColorJitter(
            brightness=1 + brightness, contrast=1 + contrast, saturation=1 + saturation, hue=hue
        ),
    )


def _base(settings: Augmentation, own: tuple[int, int]) -> float:
    ratios = [after / before for before, after in zip(own, settings.size, strict=True)]
    return {"own": 1.0, "fit": min(ratios), "cover": max(ratios)}[settings.base]


def _corner(scaled: int, size: int, random: np.random.Generator) -> int:
    room = scaled - size
    return int(random.integers(min(room, 0), max(room, 0), endpoint=True))
