"""Lines of pixels kept over time, in blocks that are taken once."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int16, UInt8
from torch import Tensor


@dataclass(frozen=True)
class Lines:
    """The candidate lines at one time."""

    picture: UInt8[Tensor, "3 r n"]
    labels: Int16[Tensor, "s r n"]
    occluded: Bool[Tensor, "r n"]


class Columns:
    """The candidate lines at several times.

    They stand in one block that is taken once: lines that come and go one by one, between the far larger
    arrays of a frame, leave holes in the heap that nothing fits into.
    """

    def __init__(self, most: int, like: Lines) -> None:
        self._blocks = [torch.empty(most, *each.shape, dtype=each.dtype) for each in _parts(like)]
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def append(self, lines: Lines) -> None:
        """Keep the lines of one more time."""
        for block, part in zip(self._blocks, _parts(lines), strict=True):
            block[self._count] = part
        self._count += 1

    def last(self) -> Lines:
        """The lines of the latest time."""
        return Lines(*(block[self._count - 1] for block in self._blocks))

    def thin_out(self) -> None:
        """Keep every second one, the first included."""
        for block in self._blocks:
            every_second = block[: self._count : 2].clone()
            block[: len(every_second)] = every_second
        self._count = -(-self._count // 2)

    def line(self, line: int) -> Lines:
        """One line through time, `… n t`."""
        return Lines(*(block[: self._count, ..., line, :].movedim(0, -1) for block in self._blocks))


def _parts(lines: Lines) -> tuple[Tensor, Tensor, Tensor]:
    return lines.picture, lines.labels, lines.occluded
