"""The temporal stability T of one set of masks, gathered while a clip streams by."""

from collections.abc import Collection

from steadymask.arrays import PictureLabels
from steadymask.metrics.temporal_stability import (
    TemporalStabilityStream,
    TemporalStabilitySums,
    temporal_stability,
)


class OutlineStability:
    """Fed with every frame that has masks; pairs do not reach across a cut or a frame that was left out.

    Args:
        classes: how many classes there are, background included.
        leave_out: frames that count nothing, such as the first and the last in DAVIS 2016.
    """

    def __init__(self, *, classes: int, leave_out: Collection[int] = ()) -> None:
        self._classes, self._leave_out = classes, leave_out
        self._stream: TemporalStabilityStream | None = None
        self._due = -1
        self._sums = TemporalStabilitySums(total=0.0, pairs=0)

    def frame(self, index: int, labels: PictureLabels, *, starts_scene: bool) -> None:
        """Look at frame `index`."""
        if index in self._leave_out:
            return
        if self._stream is None or starts_scene or index != self._due:
            self._stream = TemporalStabilityStream(classes=self._classes)
        self._sums += self._stream.push(labels)
        self._due = index + 1

    def overall(self) -> dict[str, float]:
        """By the name of the contract; NaN without a pair that shows an object twice."""
        return {"temporal_stability": temporal_stability(self._sums)}
