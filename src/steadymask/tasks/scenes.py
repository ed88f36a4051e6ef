"""Which frames begin a new scene: those of a list, or those a detector finds."""

from collections.abc import Collection
from dataclasses import dataclass, field

from steadymask.arrays import Picture
from steadymask.flow.cuts import CutDetector, thumbnail


@dataclass
class SceneStarts:
    """Asked frame by frame, in order.

    Args:
        given: the frames that begin a scene; None: they are detected.
        found: those found so far; begin with what is known already to go on in the middle.
    """

    given: Collection[int] | None = None
    found: list[int] = field(default_factory=list)
    _detector: CutDetector = field(default_factory=CutDetector, init=False)
    _before: Picture | None = field(default=None, init=False)  # a thumbnail where cuts are detected

    def __call__(self, index: int, picture: Picture) -> bool:
        """Whether frame `index` begins a new scene (frame 0 begins one, but is no cut)."""
        small = thumbnail(picture) if self.given is None else picture
        starts = index in self.found or index == 0
        if not starts:
            starts = index in self.given if self.given is not None else self._detected(small)
            if starts:
                self.found.append(index)
        self._before = small
        return starts

    def _detected(self, small: Picture) -> bool:
        return self._before is not None and self._detector(self._before, small)
