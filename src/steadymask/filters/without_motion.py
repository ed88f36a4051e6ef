"""What filters have in common that know no motion: each pixel is filtered where it is."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from steadymask.arrays import PictureProbs
from steadymask.filters.run import State, Window


class WithoutMotion(ABC):
    """A filter that asks for no flow, and looks as far back as it looks ahead."""

    @property
    @abstractmethod
    def delay(self) -> int:
        """Frames of look-ahead."""

    @property
    def memory(self) -> int:
        """Frames of the past that the window keeps: as many."""
        return self.delay

    @property
    def reach(self) -> int:
        """Frames of the past that a result depends on: as many."""
        return self.delay

    @property
    def flow_memory(self) -> int:
        """None: there is no flow."""
        return 0

    def pairs(self, t: int, indices: Sequence[int]) -> list[tuple[int, int]]:
        """None: there is no flow."""
        return []

    def init(self) -> State:
        """Nothing is carried along at the start of a scene."""
        return ()

    @abstractmethod
    def step(self, state: State, window: Window) -> tuple[State, PictureProbs]:
        """Filter frame `window.t`."""
