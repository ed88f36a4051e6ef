"""The frames that flicker most, kept as thumbnails while the clip streams by."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from jaxtyping import Bool
from torch import Tensor

from steadymask.arrays import Picture, PictureLabels
from steadymask.errors import require
from steadymask.report.pictures import encoded, nearest, size_within, smaller, with_flicker, with_masks


@dataclass(frozen=True, kw_only=True)
class WorstFrame:
    """One frame that flickers.

    Args:
        index: position in the clip, from 0.
        seconds: time of the frame.
        value: its flicker.
        thumbnails: JPEG files by what they show: "before" (the masks one frame earlier), "masks", "compare",
            "truth" and "flicker" (the flickering pixels).
    """

    index: int
    seconds: float
    value: float
    thumbnails: Mapping[str, bytes]


@dataclass(frozen=True, kw_only=True)
class WorstFramesSettings:
    """How many frames to keep.

    Args:
        keep: frames kept, at most.
        apart: two kept frames lie at least this many frames apart; of closer ones the worse stays.
        width: of a thumbnail, in pixels, at most.
    """

    keep: int = 6
    apart: int = 8
    width: int = 360

    def __post_init__(self) -> None:
        """Check the settings."""
        for name in ("keep", "apart", "width"):
            require(getattr(self, name) >= 1, f"{name}: wanted at least 1, got {getattr(self, name)}")


@dataclass
class WorstFrames:
    """Collects the worst frames of a stream in constant memory; only frames that stay are drawn."""

    settings: WorstFramesSettings = field(default_factory=WorstFramesSettings)
    _kept: list[WorstFrame] = field(default_factory=list, init=False)
    _before: tuple[Picture, PictureLabels] | None = field(default=None, init=False)

    def add(
        self,
        index: int,
        seconds: float,
        value: float | None,
        picture: Picture,
        labels: Mapping[str, PictureLabels],
        *,
        flicker: Bool[Tensor, "h w"] | None = None,
    ) -> None:
        """Look at the next frame.

        Args:
            index: position in the clip, from 0.
            seconds: time of the frame.
            value: its flicker, larger is worse; None or NaN: undefined, never kept.
            picture: the frame.
            labels: label maps by role: "masks", and where there are "compare" and "truth".
            flicker: the pixels of `labels["masks"]` that flicker here.
        """
        if value is not None and not math.isnan(value) and self._stays(index, value):
            thumbnails = self._thumbnails(picture, labels, flicker)
            self._kept.append(WorstFrame(index=index, seconds=seconds, value=value, thumbnails=thumbnails))
        self._before = picture, labels["masks"]

    def frames(self) -> tuple[WorstFrame, ...]:
        """The kept frames, worst first."""
        return tuple(sorted(self._kept, key=lambda frame: (-frame.value, frame.index)))

    def _stays(self, index: int, value: float) -> bool:
        """Whether the frame is kept; makes room for it if so."""
        near = [frame for frame in self._kept if abs(frame.index - index) < self.settings.apart]
        if any(frame.value >= value for frame in near):
            return False
        if not near and len(self._kept) == self.settings.keep:
            near = [min(self._kept, key=lambda frame: frame.value)]
            if near[0].value >= value:
                return False
        self._kept = [frame for frame in self._kept if frame not in near]
        return value > 0

    def _thumbnails(
        self, picture: Picture, labels: Mapping[str, PictureLabels], flicker: Bool[Tensor, "h w"] | None
    ) -> dict[str, bytes]:
        size = size_within(picture, self.settings.width)
        small = smaller(picture, size)
        drawn = {
            role: with_masks(small, nearest(labels[role], size))
            for role in ("masks", "compare", "truth")
            if role in labels
        }
        if self._before is not None:
            earlier, masks = self._before
            drawn["before"] = with_masks(smaller(earlier, size), nearest(masks, size))
        if flicker is not None:
            drawn["flicker"] = with_flicker(small, flicker)
        return {name: encoded(each, "jpeg") for name, each in drawn.items()}
