"""A track: one object through a video, its masks packed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pycocotools import mask as coco

Packed = Mapping[str, Any]
"""A mask as pycocotools packs it."""


@dataclass(frozen=True, kw_only=True)
class Track:
    """One object through a video.

    Args:
        masks: its mask in every frame, as pycocotools packs them; None where it is out of sight.
        score: how sure a found track is; unused in the truth.
        crowd: of the truth: a group of objects, which nobody has to find.
    """

    masks: Sequence[Packed | None]
    score: float = 1.0
    crowd: bool = False

    @property
    def area(self) -> float:
        """The mean over the frames that show it, in pixels; 0 if none does."""
        sizes = [size for mask in self.masks if mask is not None and (size := int(coco.area(mask)))]
        return sum(sizes) / len(sizes) if sizes else 0.0
