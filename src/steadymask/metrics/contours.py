"""Outlines of a mask, traced along the cracks between pixels."""

import numpy as np
from jaxtyping import Bool, Int

Outline = Int[np.ndarray, "_ 2"]
"""A closed line through corners of pixels, (x, y), its first point repeated at its end."""

_NORTH, _WEST, _SOUTH, _EAST = 1, 2, 4, 8
_WAYS = (_NORTH, _WEST, _SOUTH, _EAST)  # in the order in which a start tries them
_BACK = {_NORTH: _SOUTH, _SOUTH: _NORTH, _WEST: _EAST, _EAST: _WEST}
_CROSSING = _NORTH | _WEST | _SOUTH | _EAST


def outlines(mask: Bool[np.ndarray, "h w"]) -> list[Outline]:
    """Every outline of a mask, those of its holes too; none passes a corner twice.

    An outline starts at its first corner in reading order and goes down. Where pixels touch only at a corner,
    outlines meet and turn; there they are cut into pieces, which join to loops that start where they meet.

    Args:
        mask: the object.

    Returns:
        Those that meet no other, the lowest first by the corner at which they start; then the rest.

    Source: the tracer of the DAVIS 2016 evaluation (Perazzi et al.; J. Pont-Tuset, 2015).
    """
    cracks = _Cracks(mask)
    crossings = cracks.crossings()
    pieces = [piece for start in crossings[::-1] for piece in cracks.leave(start, set(crossings))]
    loops = _joined(pieces)
    single = [loop for start in cracks.corners() for loop in cracks.leave(start, set())]
    return [cracks.points(loop) for loop in [*reversed(single), *loops]]


class _Cracks:
    """Which of its four cracks each corner still has; corners are numbered in reading order."""

    def __init__(self, mask: Bool[np.ndarray, "h w"]) -> None:
        padded = np.pad(mask, 1)
        self._corners_a_row = mask.shape[1] + 1
        upright = (padded[1:, :-1] != padded[1:, 1:]).astype(np.uint8)  # from a corner down
        level = (padded[:-1, 1:] != padded[1:, 1:]).astype(np.uint8)  # from a corner to the right
        cracks = _SOUTH * upright + _EAST * level
        cracks[1:] += _NORTH * upright[:-1]
        cracks[:, 1:] += _WEST * level[:, :-1]
        self._cracks = bytearray(cracks.tobytes())
        self._step = {_NORTH: -self._corners_a_row, _SOUTH: self._corners_a_row, _WEST: -1, _EAST: 1}

    def corners(self) -> list[int]:
        """Those that still have cracks."""
        found: list[int] = np.flatnonzero(np.frombuffer(self._cracks, np.uint8)).tolist()
        return found

    def crossings(self) -> list[int]:
        """Those where four cracks meet."""
        found: list[int] = np.flatnonzero(np.frombuffer(self._cracks, np.uint8) == _CROSSING).tolist()
        return found

    def leave(self, start: int, stops: set[int]) -> list[list[int]]:
        """Follow every crack that a corner still has until it comes back, or to one of `stops`."""
        return [self._follow(start, way, stops) for way in _WAYS if self._cracks[start] & way]

    def points(self, corners: list[int]) -> Outline:
        """Where corners lie."""
        y, x = np.divmod(np.array(corners), self._corners_a_row)
        return np.stack([x, y], axis=1)

    def _follow(self, start: int, way: int, stops: set[int]) -> list[int]:
        cracks, corner, passed = self._cracks, start, [start]
        while True:
            cracks[corner] ^= way
            corner += self._step[way]
            cracks[corner] ^= _BACK[way]
            passed.append(corner)
            if corner == start or corner in stops:
                return passed
            way = cracks[corner]


def _joined(pieces: list[list[int]]) -> list[list[int]]:
    """Join pieces between crossings to loops that turn at every crossing.

    A walk begins at the last crossing that has pieces left; at each it goes on with the first piece that does
    not lead straight on. Whenever it is back at a crossing, what lies between is a loop and leaves the walk.
    """
    at: dict[int, list[int]] = {}
    for number, piece in enumerate(pieces):
        for crossing in {piece[0], piece[-1]}:
            at.setdefault(crossing, []).append(number)
    loops = []
    for start in sorted(at, reverse=True):
        while at[start]:
            corner, number = start, at[start][0]
            walk: list[list[int]] = []
            while True:
                piece = pieces[number] if pieces[number][0] == corner else pieces[number][::-1]
                for crossing in {piece[0], piece[-1]}:
                    at[crossing].remove(number)
                walk.append(piece)
                corner = piece[-1]
                back = next((n for n, each in enumerate(walk) if each[0] == corner), None)
                if back is not None:
                    loops.append([corner] + [passed for each in walk[back:] for passed in each[1:]])
                    del walk[back:]
                if not walk:
                    break
                straight_on = 2 * corner - walk[-1][-2]
                first, *others = at[corner]
                leads_to = pieces[first][1 if pieces[first][0] == corner else -2]
                number = others[0] if leads_to == straight_on else first
    return loops
