"""A mask as one long integer: it is compared, moved and counted in a few steps over its bytes.

A disk of any size is a few shifts of all rows at once.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool


@dataclass(frozen=True)
class BitMask:
    """The pixels of a mask in reading order, the first of them in the lowest bit.

    Args:
        bits: the rows, each followed by a margin, in which what leaves a row is lost.
        stride: bits from a row to the next.
    """

    bits: int
    stride: int

    @property
    def count(self) -> int:
        """How many pixels are set."""
        return self.bits.bit_count()

    def __and__(self, other: "BitMask") -> "BitMask":
        return BitMask(self.bits & other.bits, self.stride)

    def dilated(self, radius: int) -> "BitMask":
        """All pixels whose centers are at most `radius` from one of the mask's; margins hold any.

        Args:
            radius: in pixels, at most the margin.
        """
        lines = _spread(self.bits, [math.isqrt(radius**2 - row**2) for row in range(radius + 1)])
        reached = lines[0]
        for row, line in enumerate(lines[1:], start=1):
            reached |= line << row * self.stride | line >> row * self.stride
        return BitMask(reached, self.stride)


def edge_bits(mask: Bool[np.ndarray, "h w"], *, margin: int) -> BitMask:
    """The pixels whose right, lower or lower-right neighbor differs, as `edges.label_edge` has them.

    Args:
        mask: an object.
        margin: at least 1; how far the edge may be dilated.
    """
    height, width = mask.shape
    stride = width + margin
    room = np.zeros((height + 1, stride), np.bool_)
    room[:height, :width] = mask
    room[:height, width] = mask[:, -1]  # what lies outside is as what lies beside it
    room[height] = room[height - 1]
    bits = _integer(room)
    edge = bits ^ bits >> 1 | bits ^ bits >> stride | bits ^ bits >> stride + 1
    return BitMask(edge & _without_margins(height, width, stride), stride)


def _spread(bits: int, reaches: list[int]) -> list[int]:
    """The bits, moved by up to so many places to either side."""
    spread, wide, lines = bits, 0, {}
    for reach in sorted(set(reaches)):
        while wide < reach:
            step = min(reach - wide, 2 * wide + 1)  # lines of 2 · wide + 1 bits side by side leave no gap
            spread |= spread << step | spread >> step
            wide += step
        lines[reach] = spread
    return [lines[reach] for reach in reaches]


def _integer(rows: Bool[np.ndarray, "h w"]) -> int:
    return int.from_bytes(np.packbits(rows, bitorder="little").tobytes(), "little")


@lru_cache(maxsize=16)
def _without_margins(height: int, width: int, stride: int) -> int:
    room = np.zeros((height, stride), np.bool_)
    room[:, :width] = True
    return _integer(room)
