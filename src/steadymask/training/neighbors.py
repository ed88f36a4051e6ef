"""The frames of a batch that lie near each other in time, whichever part of it they stand in."""

from dataclasses import dataclass

from steadymask.data.batch import Batch, Motion, Pictures
from steadymask.errors import InputError, require


@dataclass(frozen=True, kw_only=True, eq=False)
class Neighbors:
    """Two parts of a batch whose frames belong together, one by one.

    Args:
        i: the part with the first frames (see `Outputs`).
        j: the part with the second.
        pictures_i: the first frames, RGB in [0, 1].
        pictures_j: the second.
        motion: between them.
    """

    i: str
    j: str
    pictures_i: Pictures
    pictures_j: Pictures
    motion: Motion


def neighbors(batch: Batch) -> tuple[Neighbors, ...]:
    """Pairs (i, j), and of triplets (center, before) and (center, after).

    Raises:
        InputError: there are neither, or their flow was not given.
    """
    found: list[tuple[str, str, Pictures, Pictures, Motion | None]] = []
    if (pairs := batch.pairs) is not None:
        found.append(("i", "j", pairs.pictures_i, pairs.pictures_j, pairs.motion))
    if (triplets := batch.triplets) is not None:
        found.append(("center", "before", triplets.pictures, triplets.before, triplets.to_before))
        found.append(("center", "after", triplets.pictures, triplets.after, triplets.to_after))
    require(bool(found), "pairs, triplets: wanted frames near each other in time, got none")
    return tuple(
        Neighbors(i=i, j=j, pictures_i=pictures_i, pictures_j=pictures_j, motion=_known(motion))
        for i, j, pictures_i, pictures_j, motion in found
    )


def sequences(batch: Batch) -> tuple[tuple[str, ...], ...]:
    """The parts whose frames follow each other, in order of time: (i, j), and (before, center, after).

    Raises:
        InputError: there are neither.
    """
    found: list[tuple[str, ...]] = []
    if batch.pairs is not None:
        found.append(("i", "j"))
    if batch.triplets is not None:
        found.append(("before", "center", "after"))
    require(bool(found), "pairs, triplets: wanted frames near each other in time, got none")
    return tuple(found)


def _known(motion: Motion | None) -> Motion:
    if motion is None:
        raise InputError("flows: wanted the flow of pairs for a loss along the motion, got none")
    return motion
